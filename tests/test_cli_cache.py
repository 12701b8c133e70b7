"""hub download and hub cache, as a person runs them: real processes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import servers
from store_samples import CONTENT, DIGESTS, digests, overwrite, write_catalog

from hubcore.cli import main
from hubcore.cli.streams import say
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]


# -- hub download


def test_download_by_model_by_weights_and_all(hub, urls, home):
    hub("download", "anet", check=0)
    assert digests(home) == [DIGESTS["two"]]
    hub("download", "acme/Bnet_Weights.THREE", check=0)
    hub("download", "anet", "bnet", "--all", check=0)
    assert digests(home) == sorted(DIGESTS.values())
    rows = json.loads(hub("download", "anet", "--all", "--json", check=0).stdout)
    assert [row["status"] for row in rows] == ["here", "here"]
    assert rows[0]["path"].endswith(DIGESTS["one"])


def test_one_failure_of_several_is_told_and_the_others_are_done(hub, urls, home, server):
    del server.resources["/one.pth"]
    result = hub("download", "anet", "bnet", "--all", check=1)
    assert "Anet_Weights.ONE" in result.stderr
    assert "404" in result.stderr
    assert digests(home) == sorted([DIGESTS["two"], DIGESTS["three"]])


def test_download_of_an_unknown_name_is_one_line(hub, urls):
    result = hub("download", "annet", check=1)
    assert result.stderr.startswith("hub: Unknown model 'annet'. Did you mean 'anet'")
    assert len(result.stderr.splitlines()) == 1
    assert hub("download", check=2).stderr
    assert hub("download", "x*", check=1).stderr.startswith("hub: ")


def test_interrupting_a_download_is_clean(hub, urls, home, server):
    """Ctrl-C: no traceback, exit code 130, and the next try resumes."""
    server.serve("/two.pth", CONTENT["two"], [servers.stall(5000)])
    process = subprocess.Popen(
        [sys.executable, "-m", "hubcore.cli", "download", "anet"],
        env={**os.environ, "HUBCORE_HOME": str(home), "HUBCORE_TIMEOUT": "20"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 20
    while not any(p.stat().st_size == 5000 for p in home.glob("partial/*/data")):
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "the next try resumes" in err
    assert "hub: interrupted" in err
    assert digests(home) == []
    hub("download", "anet", check=0)
    assert server.asked("/two.pth")[-1]["Range"] == "bytes=5000-"


def test_downloads_are_quiet_where_no_terminal_is(hub, urls):
    assert hub("download", "anet", check=0).stderr == ""


def test_a_terminal_sees_one_overall_line(urls, home):
    """In a real pseudo-terminal: bytes, rate, remaining time."""
    pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    terminal, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "hubcore.cli", "download", "anet", "--all"],
        env={**os.environ, "HUBCORE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    assert process.wait(timeout=60) == 0
    os.close(theirs)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert "2 files: " in shown
    assert "B/s" in shown


# -- hub cache


def test_list_says_what_uses_a_file(hub, urls, home, tmp_path):
    hub("download", "anet", check=0)
    (tmp_path / "stray.bin").write_bytes(b"\x80stray")
    hub("cache", "import", tmp_path / "stray.bin", check=0)
    rows = json.loads(hub("cache", "list", "--json", check=0).stdout)
    by_digest = {row["sha256"]: row for row in rows}
    used = by_digest[DIGESTS["two"]]
    assert used["used_by"] == ["Anet_Weights.TWO"]
    assert used["size"] == len(CONTENT["two"])
    assert abs(used["last_use"] - time.time()) < 600
    assert used["sources"] == [urls["two"]]
    assert by_digest[hashlib.sha256(b"\x80stray").hexdigest()]["used_by"] == []
    table = hub("cache", "list", check=0).stdout
    for part in ("Anet_Weights.TWO", "20.0 kB", "two.pth", "just now", "2 files"):
        assert part in table


def test_import_verifies_what_it_can(hub, urls, home, tmp_path):
    """By --sha256, by a digest in the name, or as the catalogue's file of that name."""
    good = tmp_path / "two.pth"
    good.write_bytes(CONTENT["two"])
    assert "Anet_Weights.TWO" in hub("cache", "import", good, check=0).stdout
    good.write_bytes(b"tampered")
    assert "Wrong SHA-256" in hub("cache", "import", good, check=1).stderr
    named = tmp_path / "x-00000000.pth"
    named.write_bytes(b"x")
    hub("cache", "import", named, check=1)
    other = tmp_path / "y"
    other.write_bytes(b"y")
    hub("cache", "import", other, "--sha256", "0" * 64, check=1)
    hub("cache", "import", tmp_path / "absent", check=1)
    assert digests(home) == [DIGESTS["two"]]


def test_a_folder_is_imported_and_used_offline(hub, urls, home, tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, data in CONTENT.items():
        (folder / f"{name}.pth").write_bytes(data)
    hub("cache", "import", folder, check=0)
    hub("download", "--all", "acme/anet", "bnet", check=0, HUBCORE_OFFLINE="1")


def test_verify_repairs_by_downloading_again(hub, urls, home, tmp_path):
    hub("download", "anet", "--all", check=0)
    assert "2 files verified, 0 were damaged" in hub("cache", "verify", check=0).stdout
    damaged = Store(home).blob_path(DIGESTS["one"])
    status = damaged.stat()
    overwrite(damaged, bytes(status.st_size))
    os.utime(damaged, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a disk's rot leaves it
    assert "repaired: one.pth" in hub("cache", "verify", check=0).stdout
    assert damaged.read_bytes() == CONTENT["one"]


def test_verify_removes_what_it_cannot_repair(hub, urls, home):
    """A wrong file is worse than none."""
    hub("download", "anet", check=0)
    path = Store(home).blob_path(DIGESTS["two"])
    overwrite(path, b"rot")
    result = hub("cache", "verify", check=1, HUBCORE_OFFLINE="1")
    assert "HUBCORE_OFFLINE" in result.stderr
    assert digests(home) == []


def test_prune_says_before_it_does(hub, urls, home, tmp_path):
    hub("download", "anet", "bnet", "--all", check=0)
    store = Store(home)
    for age, name in enumerate(("one", "two", "three"), 1):
        moment = time.time() - age * 40 * 86400
        os.utime(store.record_path(DIGESTS[name]), (moment, moment))
    result = hub("cache", "prune", "--older-than", "100d", check=0)
    assert "three.pth" in result.stdout
    assert "two.pth" not in result.stdout
    assert "--yes" in result.stdout
    assert len(digests(home)) == 3
    hub("cache", "prune", "--older-than", "100d", "--yes", check=0)
    assert digests(home) == sorted([DIGESTS["one"], DIGESTS["two"]])
    hub("cache", "prune", "--max-size", "30kB", "--yes", check=0)  # the longest unused goes
    assert digests(home) == [DIGESTS["one"]]


def test_prune_by_use_takes_partials_and_derived_files_along(hub, urls, home, tmp_path):
    hub("download", "anet", check=0)
    (tmp_path / "stray").write_bytes(b"\x80stray")
    hub("cache", "import", tmp_path / "stray", check=0)
    store = Store(home)
    stray = hashlib.sha256(b"\x80stray").hexdigest()
    derived = store.derived(stray, "zip", lambda path: path.write_bytes(b"z"))
    (home / "partial" / "key").mkdir()
    (home / "partial" / "key" / "data").write_bytes(b"half")
    rows = json.loads(hub("cache", "prune", "--unused", "--json", check=0).stdout)
    assert {(row["file"], row["reason"]) for row in rows} == {
        ("stray", "unused"),
        ("an interrupted download", "partial"),
    }
    hub("cache", "prune", "--unused", "--yes", check=0)
    assert digests(home) == [DIGESTS["two"]]
    assert not derived.exists()
    assert not list((home / "partial").iterdir())


@pytest.mark.parametrize("arguments", [["--older-than", "soon"], ["--max-size", "big"]])
def test_bad_values_are_usage_errors(hub, arguments):
    assert hub("cache", "prune", *arguments, check=2).stderr


def test_path(hub, urls, home):
    assert hub("cache", "path", check=0).stdout.strip() == str(home)
    assert "hub download" in hub("cache", "path", "anet", check=1).stderr
    hub("download", "anet", check=0)
    out = hub("cache", "path", "anet", check=0).stdout.strip()
    assert out == str(Store(home).blob_path(DIGESTS["two"]))


def test_pin_and_forget_the_digest_of_an_address(hub, urls, home):
    """What the user says of weights, if the catalogue does not contradict it."""
    hub("cache", "pin", "Anet_Weights.TWO", DIGESTS["two"], check=0)
    assert Store(home).trusted(urls["two"]) == DIGESTS["two"]
    assert DIGESTS["two"] in hub("cache", "forget", "anet", check=0).stdout
    assert "Nothing was noted" in hub("cache", "forget", urls["two"], check=1).stderr
    assert "not a SHA-256" in hub("cache", "pin", "anet", "1234", check=1).stderr
    assert "The catalogue says" in hub("cache", "pin", "anet", "0" * 64, check=1).stderr


# -- Weights of which only a prefix of the digest is published


@pytest.fixture
def prefixes(urls, home):
    write_catalog(home, urls, {name: digest[:8] for name, digest in DIGESTS.items()})
    return urls


def test_the_first_download_by_a_prefix_says_what_it_pins(hub, prefixes):
    first = hub("download", "anet", check=0).stderr
    assert "only the first 8 digits" in first
    assert DIGESTS["two"] in first
    assert hub("download", "anet", check=0).stderr == ""
    (row,) = json.loads(hub("cache", "list", "--json", check=0).stdout)
    assert row["known_by"] == {"Anet_Weights.TWO": "pin (first use)"}
    assert "pin (first use)" in hub("cache", "list", check=0).stdout
    shown = json.loads(hub("show", "Anet_Weights.TWO", "--json", check=0).stdout)
    assert shown["digest"] == "prefix"
    assert shown["pinned"] == {"sha256": DIGESTS["two"], "by": "first use"}


def test_offline_the_error_names_a_copy_and_its_remedy_works(hub, prefixes, tmp_path):
    """The user says once that the copy in torch.hub's folder is the right one."""
    copy = tmp_path / "torch" / "hub" / "checkpoints" / "two.pth"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CONTENT["two"])
    error = hub("download", "anet", check=1, HUBCORE_OFFLINE="1").stderr
    assert "first 8 digits" in error
    assert f"hub cache import {copy} --sha256 DIGEST" in error
    # Without the digest it is only a file with the same first digits.
    told = hub("cache", "import", copy, check=0).stderr
    assert f"hub cache pin Anet_Weights.TWO {DIGESTS['two']}" in told
    hub("download", "anet", check=1, HUBCORE_OFFLINE="1")
    told = hub("cache", "import", copy, "--sha256", DIGESTS["two"], check=0).stderr
    assert f"Anet_Weights.TWO is pinned to {DIGESTS['two']}" in told
    hub("download", "anet", check=0, HUBCORE_OFFLINE="1", HUBCORE_REQUIRE="full")


def test_import_leaves_another_pin_alone(hub, prefixes, home, tmp_path):
    pinned = DIGESTS["two"][:8] + "0" * 56
    hub("cache", "pin", "Anet_Weights.TWO", pinned, check=0)
    (tmp_path / "two.pth").write_bytes(CONTENT["two"])
    told = hub("cache", "import", "two.pth", "--sha256", DIGESTS["two"], check=0).stderr
    assert f"stays pinned to {pinned}" in told
    assert Store(home).trusted(prefixes["two"]) == pinned


def test_prune_keeps_what_only_lacks_a_pin_or_came_unchecked(hub, prefixes, home, tmp_path, server):
    (tmp_path / "two.pth").write_bytes(CONTENT["two"])
    hub("cache", "import", "two.pth", check=0)
    server.serve("/three.pth", b"not what the catalogue says")
    hub("download", "bnet", "--no-check-hash", check=0)
    (tmp_path / "stray").write_bytes(b"\x80stray")
    hub("cache", "import", "stray", check=0)
    rows = json.loads(hub("cache", "prune", "--unused", "--yes", "--json", check=0).stdout)
    assert [row["file"] for row in rows if row["reason"] == "unused"] == ["stray"]
    rows = json.loads(hub("cache", "list", "--json", check=0).stdout)
    states = [state for row in rows for state in row["known_by"].values()]
    assert states == ["not verified"]


# -- What hub cache verify finds


def test_verify_hashes_converted_copies_whatever_their_time_says(hub, urls, home):
    hub("download", "anet", check=0)
    made = Store(home).derived(DIGESTS["two"], "zip", lambda path: path.write_bytes(b"zip" * 9))
    status = made.stat()
    overwrite(made, b"zap" * 9)
    os.utime(made, ns=(status.st_atime_ns, status.st_mtime_ns))
    told = hub("cache", "verify", check=0).stdout
    assert "repaired: two.pth (its converted copy was damaged" in told
    assert not made.exists()
    assert "0 were damaged" in hub("cache", "verify", check=0).stdout


@pytest.mark.parametrize("which", ["file", "converted copy"])
def test_verify_keeps_what_it_cannot_read(which, hub, urls, home):
    """A folder in its place cannot be read by root either."""
    hub("download", "anet", check=0)
    store = Store(home)
    path = store.blob_path(DIGESTS["two"])
    if which == "converted copy":
        path = store.derived(DIGESTS["two"], "zip", lambda made: made.write_bytes(b"zip"))
    path.unlink()
    path.mkdir()
    assert f"{path} cannot be read" in hub("cache", "verify", check=1).stderr
    assert path.is_dir()


def test_an_empty_store_and_one_that_is_being_written_are_listed(hub, home, tmp_path):
    assert "is empty" in hub("cache", "list", check=0).stdout
    store = Store(home)
    (tmp_path / "f").write_bytes(b"f")
    path = store.add(tmp_path / "f")
    # As another process leaves it in the middle of its work.
    (path.parent / ".1234.tmp").write_bytes(b"{")
    (home / "partial" / "k.owner").mkdir()
    store.record_path(path.name).write_bytes(b"{")
    assert "1 file," in hub("cache", "list", check=0).stdout


@pytest.mark.parametrize("key", ["names", "sources"])
@pytest.mark.parametrize("value", [None, 3, "x", {"a": 1}, [3, None, ["a"]], ["\x1b[2Jx\n"]])
def test_a_records_wrong_value_ends_no_command(own_home, tmp_path, capsys, key, value):
    """Nor do the texts in it steer the terminal; the file stays, and can be added again."""
    (tmp_path / "x.pth").write_bytes(b"x" * 100)
    store = Store(own_home)
    path = store.add(tmp_path / "x.pth", name="x.pth")
    record = store.record_path(path.name)
    record.write_text(json.dumps({**json.loads(record.read_text()), key: value}))
    for command in ("list", "verify", "prune --unused"):
        assert main(["cache", *command.split()]) == 0
    overwrite(path, b"y" * 100)
    assert main(["cache", "verify"]) == 1
    shown = "".join(capsys.readouterr())
    assert "a fault in" not in shown
    assert "\x1b" not in shown
    assert store.add(tmp_path / "x.pth", name="x.pth", source="https://x.invalid/x") == path
    assert "x.pth" in json.loads(record.read_text())["names"]


def test_a_notice_steers_no_terminal(capsys):
    """Whatever others wrote is told by `say`, which shows it harmless."""
    say("hub: a\x1b[2J\u202e\nb")
    assert capsys.readouterr().err == "hub: a\\x1b[2J\\u202e\nb\n"


def test_verify_says_which_files_came_unchecked(hub, home, server):
    """Their bytes are as they came, which is all that can be known of them."""
    url = server.serve("/w.pth", b"anything")
    urls = {"one": url, "two": f"{url}2", "three": f"{url}3"}
    write_catalog(home, urls, {**DIGESTS, "one": hashlib.sha256(b"other").hexdigest()})
    store = Store(home)
    store.get(RemoteFile((url,)), check_hash=False)
    assert "1 of them came unchecked" in hub("cache", "verify", check=0).stdout
