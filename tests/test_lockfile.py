"""hub lock, hub sync and HUBCORE_LOCK: exactly these weights and no others."""

import json
import os
import subprocess
import sys

import pytest
from store_samples import DIGESTS, TRANSFORMS, digests, write_catalog

pytest_plugins = ["store_fixtures"]


def test_lock_and_sync_frozen(hub, urls, home, tmp_path):
    """The lock has full digests, versions and a fingerprint; another machine gets just that."""
    hub("lock", "anet", "bnet", check=0)
    lock = json.loads((tmp_path / "hub.lock").read_text())
    entry = lock["weights"]["acme/Anet_Weights.TWO"]
    assert entry["sha256"] == DIGESTS["two"]
    assert len(entry["preprocessing"]) == 64
    assert lock["plugins"] == {"acme": ""}
    other = tmp_path / "other"
    write_catalog(other, urls)
    away = {"HUBCORE_HOME": str(other)}
    hub("sync", "--frozen", check=0, **away)
    assert digests(other) == sorted([DIGESTS["two"], DIGESTS["three"]])


@pytest.mark.parametrize("change", ["preprocessing", "digest", "file", "gone"])
def test_sync_frozen_fails_where_anything_differs(hub, urls, home, tmp_path, server, change):
    hub("lock", "anet", check=0)
    other = tmp_path / "other"
    if change == "preprocessing":
        write_catalog(other, urls, transforms=[TRANSFORMS[0], {"crop_size": 225}])
    elif change == "digest":
        write_catalog(other, urls, digests={**DIGESTS, "two": "0" * 64})
    elif change == "gone":
        other.mkdir()
    else:
        write_catalog(other, urls)
        server.serve("/two.pth", b"other bytes")
    result = hub("sync", "--frozen", check=1, HUBCORE_HOME=str(other))
    assert "Anet_Weights.TWO" in result.stderr
    assert digests(other) == []
    if change == "preprocessing":
        told = hub("sync", check=0, HUBCORE_HOME=str(other)).stderr
        assert "locked again" in told
        hub("sync", "--frozen", check=0, HUBCORE_HOME=str(other))


def test_a_lock_needs_full_digests(hub, urls, home, tmp_path):
    """Where the catalogue has a prefix, the file is fetched to learn the rest."""
    write_catalog(home, urls, digests={name: digest[:8] for name, digest in DIGESTS.items()})
    hub("lock", "anet", "-o", "my.lock", check=0)
    lock = json.loads((tmp_path / "my.lock").read_text())
    assert lock["weights"]["acme/Anet_Weights.TWO"]["sha256"] == DIGESTS["two"]


def test_hubcore_lock_refuses_anything_else(hub, urls, home, tmp_path):
    """In get_state_dict and get_model alike, and for weights of no catalogue."""
    hub("lock", "Anet_Weights.ONE", check=0)
    locked = {"HUBCORE_LOCK": "hub.lock"}
    hub("download", "Anet_Weights.ONE", check=0, **locked)
    result = hub("download", "anet", check=1, **locked)
    assert "Anet_Weights.TWO is not in it" in result.stderr
    assert DIGESTS["two"] not in digests(home)
    script = (
        "import hubcore\n"
        "from hubcore.weights.lockfile import LockError\n"
        "class Foreign:\n"
        "    url = ''; transforms = staticmethod(len); meta = {}\n"
        "    def get_state_dict(self, *args, **kwargs): return {}\n"
        "for weights in ('DEFAULT', Foreign()):\n"
        "    try: hubcore.get_model('anet', weights=weights)\n"
        "    except LockError as error: print('refused')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "HUBCORE_HOME": str(home), **locked},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.stdout == "refused\nrefused\n", result.stderr


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"lock": 99}', '{"lock": 1, "weights": 3}'])
def test_a_lock_file_that_is_none_is_one_clear_line(hub, tmp_path, content):
    (tmp_path / "hub.lock").write_text(content)
    result = hub("sync", "--frozen", check=1)
    assert result.stderr.startswith("hub: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_lock_is_not_replaced_unasked(hub, urls, home, tmp_path):
    """What vanishes or changes is shown; --add keeps all, --yes replaces, and only that."""
    hub("lock", "Anet_Weights.ONE", check=0)
    before = (tmp_path / "hub.lock").read_bytes()
    refused = hub("lock", "bnet", check=1)
    assert "- acme/Anet_Weights.ONE" in refused.stderr
    assert "--add" in refused.stderr
    assert (tmp_path / "hub.lock").read_bytes() == before
    hub("lock", "--add", "bnet", check=0)
    assert len(json.loads((tmp_path / "hub.lock").read_text())["weights"]) == 2
    hub("lock", "bnet", "--yes", check=0)
    assert len(json.loads((tmp_path / "hub.lock").read_text())["weights"]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs terminals")
@pytest.mark.parametrize(
    ("keys", "code"),
    [("y\n", 0), (" YES \n", 0), ("\n", 1), ("n\n", 1), ("yesterday\n", 1), ("\x1b[A\n", 1),
     ("\xe9\n", 1), ("\x04", 1), ("\x03", 130)],
    ids=["y", "yes", "return", "n", "another word", "arrow", "no UTF-8", "end", "interrupt"],
)  # fmt: skip
def test_on_a_terminal_it_is_asked(keys, code, hub, urls, home, tmp_path):
    """Only a yes replaces the lock; an input that ends, or Ctrl-C, does not."""
    import pty

    hub("lock", "Anet_Weights.ONE", check=0)
    before = (tmp_path / "hub.lock").read_bytes()
    pid, terminal = pty.fork()
    if pid == 0:  # only exec may follow in a child of a process with threads
        os.chdir(tmp_path)
        environment = {**os.environ, "HUBCORE_HOME": str(home), "HUBCORE_CONFIG": os.devnull}
        os.execve(
            sys.executable, [sys.executable, "-m", "hubcore.cli", "lock", "bnet"], environment
        )
    shown = b""
    with os.fdopen(terminal, "r+b", buffering=0) as stream:
        while True:
            try:
                part = stream.read(4096)
            except OSError:  # Linux's way of saying that the other side is closed
                break
            if not part:
                break
            shown += part
            if shown.endswith(b"Replace it? [y/N] "):
                stream.write(keys.encode("latin-1"))
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == code, shown
    assert b"- acme/Anet_Weights.ONE" in shown
    assert b"Traceback" not in shown
    assert ((tmp_path / "hub.lock").read_bytes() == before) == (code != 0)


def test_the_command_that_the_lock_error_prints_adds_and_keeps_the_rest(hub, urls, home, tmp_path):
    hub("lock", "Anet_Weights.ONE", check=0)
    told = hub("download", "bnet", check=1, HUBCORE_LOCK="hub.lock").stderr
    command = told.rpartition("hub lock ")[2].split()
    hub("lock", *command, check=0, HUBCORE_LOCK="hub.lock")
    names = json.loads((tmp_path / "hub.lock").read_text())["weights"]
    assert "acme/Anet_Weights.ONE" in names
    assert len(names) == 2
    hub("download", "bnet", check=0, HUBCORE_LOCK="hub.lock")


@pytest.mark.parametrize("known", ["full", "prefix"])
def test_a_lock_says_what_was_published_of_a_digest(hub, urls, home, tmp_path, known):
    if known == "prefix":
        write_catalog(home, urls, digests={name: digest[:8] for name, digest in DIGESTS.items()})
    hub("lock", "anet", check=0)
    entry = json.loads((tmp_path / "hub.lock").read_text())["weights"]["acme/Anet_Weights.TWO"]
    assert entry["published"] == known
    assert entry["pinned_by"] == ("first use" if known == "prefix" else "")


def test_the_remedy_for_a_bad_digest_keeps_all_that_the_file_names(hub, tmp_path):
    path = tmp_path / "hub.lock"
    hub("lock", "resnet18", "resnet50", "-o", path, check=0)
    document = json.loads(path.read_text())
    names = list(document["weights"])
    document["weights"][names[0]]["sha256"] = "zz"
    path.write_text(json.dumps(document))
    told = hub("sync", path, check=1).stderr
    assert all(name in told.partition("hub lock ")[2] for name in names)
