"""The store by itself: what is found and what is trusted."""

import hashlib
import os
import subprocess
import sys

import pytest
from store_samples import DATA, DIGEST, NAME, blobs, overwrite

from hubcore.errors import (
    ChangedUpstreamError,
    DigestMismatchError,
    DownloadError,
    MissingDigestError,
)
from hubcore.store import RemoteFile

pytest_plugins = ["store_fixtures"]
pytestmark = pytest.mark.usefixtures("store_environment")


# -- What decides that a file is the right one


def test_the_prefix_in_the_name_is_checked(server, store):
    """As torch.hub does it, and for names with an underscore too."""
    for name in (f"/net-{DIGEST[:8]}.pth", f"/net_{DIGEST[:10]}.pth.tar", f"/x-{DIGEST}.bin"):
        assert store.get(RemoteFile((server.serve(name, DATA),))).read_bytes() == DATA
    url = server.serve("/net-00000000.pth", DATA)
    with pytest.raises(DigestMismatchError):
        store.get(RemoteFile((url,)))


@pytest.mark.parametrize(
    "name", ["net.pth", "net-20230101.pth", "net_20231231.pth", "a-1234567.pt"]
)
def test_nothing_to_check_against_is_an_error(server, store, name):
    """A date is no digest; and check_hash=True does not quietly check nothing."""
    url = server.serve(f"/{name}", DATA)
    with pytest.raises(MissingDigestError, match="check_hash=False"):
        store.get(RemoteFile((url,)))
    assert server.requests == []
    assert store.get(RemoteFile((url,)), check_hash=False).read_bytes() == DATA


def test_a_digest_that_is_none_is_an_error(server, store):
    with pytest.raises(MissingDigestError, match="'xyz'"):
        store.get(RemoteFile((server.serve("/n.pth", DATA),), sha256="xyz"))


def test_a_change_under_the_same_prefix_names_the_way_out(server, store, monkeypatch):
    """Two files with one 8-digit prefix cannot be made in a test, so the trusted digest is set."""
    url = server.serve(f"/{NAME}", DATA)
    store.pin(url, DIGEST[:8] + "0" * 56, "first use")
    with pytest.raises(ChangedUpstreamError, match=f"hub cache forget {url}"):
        store.get(RemoteFile((url,)))
    assert blobs(store) == []
    store.forget(url)
    assert store.get(RemoteFile((url,))).read_bytes() == DATA


def test_a_new_digest_in_the_catalogue_is_followed(server, store):
    """The publisher's word stands above what was seen before."""
    url = server.serve("/net.pth", DATA)
    store.get(RemoteFile((url,), sha256=DIGEST))
    server.serve("/net.pth", b"new")
    new = hashlib.sha256(b"new").hexdigest()
    assert store.get(RemoteFile((url,), sha256=new)).read_bytes() == b"new"


# -- Files by content


def test_files_of_one_name_do_not_collide_and_equal_files_are_stored_once(server, store):
    """Two packages' weights.pth (torchgeo#4037)."""
    other = os.urandom(100)
    a = store.get(RemoteFile((server.serve("/a/weights.pth", DATA),), sha256=DIGEST))
    b = store.get(
        RemoteFile((server.serve("/b/weights.pth", other),), hashlib.sha256(other).hexdigest())
    )
    again = store.get(RemoteFile((server.serve("/c/same.pth", DATA),), sha256=DIGEST))
    assert (a.read_bytes(), b.read_bytes(), again) == (DATA, other, a)
    assert len(blobs(store)) == 2


def test_a_file_that_is_here_needs_no_network_no_hash_and_no_lock(server, store, monkeypatch):
    url = server.serve(f"/{NAME}", DATA)
    path = store.get(RemoteFile((url,)))
    asked = len(server.requests)
    monkeypatch.setattr("hubcore.store.blobs.sha256_of", lambda _: pytest.fail("hashed again"))
    for file in (RemoteFile((url,)), RemoteFile((url,), DIGEST), RemoteFile((url,), DIGEST[:9])):
        assert store.get(file) == path
    assert len(server.requests) == asked
    script = "import sys, hubcore.store as s; from pathlib import Path;" + (
        f"s.Store(Path({str(store.root)!r})).get(s.RemoteFile(({url!r},)));"
        "print([m for m in ('requests', 'torch', 'filelock', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


@pytest.mark.parametrize("damage", ["shorter", "other bytes", "only touched"])
def test_a_file_that_was_touched_is_verified_again(server, store, damage):
    """A change of size or time costs a hash, and a damaged file is fetched anew."""
    url = server.serve(f"/{NAME}", DATA)
    path = store.get(RemoteFile((url,)))
    asked = len(server.requests)
    if damage == "shorter":
        overwrite(path, DATA[:-1])
    elif damage == "other bytes":
        overwrite(path, bytes(len(DATA)))
    else:
        os.utime(path, (1, 1))
    assert store.get(RemoteFile((url,))).read_bytes() == DATA
    assert len(server.requests) == asked + (damage != "only touched")


def test_a_crash_between_file_and_record_is_harmless(server, store):
    """The record only saves a hash."""
    url = server.serve(f"/{NAME}", DATA)
    path = store.get(RemoteFile((url,)))
    record = path.with_name(f"{path.name}.json")
    for content in (None, b"", b"{", b"[]", b'{"size": "x"}'):
        record.unlink(missing_ok=True) if content is None else record.write_bytes(content)
        assert store.find(RemoteFile((url,))) == path


def test_import_verifies(store, tmp_path):
    file = tmp_path / "from usb stick.pth"
    file.write_bytes(DATA)
    with pytest.raises(DigestMismatchError, match="from usb stick"):
        store.add(file, sha256="0" * 64)
    assert blobs(store) == []
    path = store.add(file, sha256=DIGEST[:12])
    assert path.read_bytes() == DATA
    assert file.exists()
    assert store.find(RemoteFile(("https://example.invalid/x.pth",), DIGEST)) == path


# -- Several files, derived files


def test_several_files_at_once_and_the_errors_of_some(server, store):
    files = []
    for number in range(9):
        data = os.urandom(1000 + number)
        url = server.serve(f"/{number}.pth", data)
        files.append(RemoteFile((url,), hashlib.sha256(data).hexdigest()))
    files[4] = RemoteFile((server.url + "/missing.pth",), "0" * 64)
    results = store.get_many(files)
    assert isinstance(results[4], DownloadError)
    for file, result in zip(files[:4] + files[5:], results[:4] + results[5:], strict=True):
        assert hashlib.sha256(result.read_bytes()).hexdigest() == file.sha256


def test_a_digest_that_is_none_is_the_error_of_its_own_file_only(server, store):
    """Also where sizes are known, and the progress bar asks for them first."""
    good = RemoteFile((server.serve("/n.pth", DATA),), DIGEST, len(DATA))
    bad = RemoteFile((server.serve("/m.pth", DATA),), "no digest", len(DATA))
    results = store.get_many([bad, good])
    assert isinstance(results[0], MissingDigestError)
    assert results[1] == store.blob_path(DIGEST)


def test_a_damaged_file_that_another_process_removes_is_no_error(store, tmp_path, monkeypatch):
    from hubcore.store import upkeep

    (tmp_path / "f").write_bytes(DATA)
    path = store.add(tmp_path / "f")

    def damaged_and_removed(file, on_bytes):
        file.unlink()
        return "0" * 64

    monkeypatch.setattr("hubcore.store.upkeep.sha256_of", damaged_and_removed)
    (verdict,) = upkeep.verify(store, list(store.entries()))
    assert verdict.state == "damaged"
    assert not path.exists()


def test_a_derived_file_is_made_once_and_never_seen_half_made(store, tmp_path):
    (tmp_path / "legacy.pth").write_bytes(DATA)
    store.add(tmp_path / "legacy.pth")

    def broken(target):
        target.write_bytes(b"half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.derived(DIGEST, "zip", broken)
    made = []

    def make(target):
        made.append(target)
        target.write_bytes(b"converted")

    path = store.derived(DIGEST, "zip", make)
    assert store.derived(DIGEST, "zip", make) == path
    assert path.read_bytes() == b"converted"
    assert len(made) == 1
    (entry,) = store.entries()
    assert entry.derived == (path,)


def test_importing_the_store_is_cheap():
    script = (
        "import sys, hubcore.store\n"
        "print([m for m in ('requests', 'torch', 'numpy', 'tqdm', 'filelock')"
        " if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.strip() == "[]"
