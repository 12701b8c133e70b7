"""Folders that others can write to: what stands there is not believed, and leads us nowhere."""

import hashlib
import os
import subprocess
import sys

import pytest

from hubcore.errors import HubError, StoreError
from hubcore.store import RemoteFile, Store, ownership
from hubcore.store.ownership import is_ours_alone

pytest_plugins = ["store_fixtures"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")

DATA = os.urandom(10_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
NAME = f"net-{DIGEST[:8]}.pth"
FILE = RemoteFile((f"https://x.invalid/{NAME}",), DIGEST)
NOBODY = 65534

needs_two_users = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two users"
)


@pytest.fixture(autouse=True)
def other_process():
    """What is looked at once in a process is looked at in each test."""
    ownership._above.cache_clear()
    ownership._warn.cache_clear()


@pytest.fixture
def store(tmp_path):
    (tmp_path / "f").write_bytes(DATA)
    store = Store(tmp_path / "store")
    store.add(tmp_path / "f")
    return store


# -- Who can write


@pytest.mark.parametrize(
    ("mode", "ours"), [(0o755, True), (0o700, True), (0o777, False), (0o1777, True)]
)
def test_folders_above_the_store_count(mode, ours, tmp_path):
    """Who can write there can exchange the whole store; not in a folder such as /tmp, though."""
    above = tmp_path / "above"
    root = above / "between" / "store"
    root.mkdir(parents=True)
    above.chmod(mode)
    assert is_ours_alone(root, root) is ours


@needs_two_users
def test_folders_of_another_user_are_not_ours(tmp_path):
    root = tmp_path / "theirs" / "store"
    root.mkdir(parents=True)
    assert is_ours_alone(root, root)
    os.chown(root.parent, NOBODY, NOBODY)
    ownership._above.cache_clear()
    assert not is_ours_alone(root, root)


def test_a_store_behind_a_link_of_this_user_is_as_good(store, tmp_path, monkeypatch):
    """Many keep their caches on another disk."""
    link = tmp_path / "link"
    link.symlink_to(store.root)
    monkeypatch.setattr("hubcore.store.blobs.sha256_of", lambda _: pytest.fail("hashed again"))
    assert Store(link).find(FILE) == link / store.blob_path(DIGEST).relative_to(store.root)


@needs_two_users
def test_a_store_behind_a_link_of_another_user_is_not(store, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(store.root)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    assert not is_ours_alone(link / "blobs", link)


# -- Notes of others


@pytest.mark.parametrize("loose", ["root", "urls", "shard", "note"])
def test_pins_that_others_could_have_written_are_not_believed(loose, store, caplog):
    url = FILE.urls[0]
    store.pin(url, DIGEST)
    (note,) = store.root.glob("urls/*/*.json")
    assert store.trusted(url) == DIGEST
    parts = {"root": store.root, "urls": note.parents[1], "shard": note.parent, "note": note}
    parts[loose].chmod(0o777)
    assert store.trusted(url) == ""
    assert store.find(FILE._replace(sha256=None)) is None
    assert f"chmod -R go-w {store.root}" in caplog.text


def test_the_warning_comes_once_and_says_what_to_do(store, caplog):
    store.root.chmod(0o777)
    for _ in range(3):
        assert store.find(FILE) is not None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"chmod -R go-w {store.root}" in caplog.text


def test_the_note_of_an_overlays_digest_is_not_believed_either(store, tmp_path):
    mine = Store(tmp_path / "mine", [store.root])
    assert mine.find(FILE) == store.blob_path(DIGEST)
    (note,) = mine.root.glob("seen/*.json")
    assert mine._seen.digest(store.blob_path(DIGEST)) == DIGEST
    note.chmod(0o666)
    assert mine._seen.digest(store.blob_path(DIGEST)) is None


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_whatever_the_umask_a_store_is_its_owners(umask, tmp_path, server):
    """Pins are believed, nothing is hashed twice, and a converted copy is made once."""
    before = os.umask(umask)
    try:
        store = Store(tmp_path / "store")
        file = RemoteFile((server.serve(f"/{NAME}", DATA),))
        store.get(file)
        for _ in range(2):
            made = store.derived(DIGEST, "zip", lambda path: path.write_bytes(os.urandom(9)))
            content = made.read_bytes()
    finally:
        os.umask(before)
    assert store.get(file) == store.blob_path(DIGEST)
    assert len(server.requests) == 1
    assert store.derived(DIGEST, "zip", lambda path: pytest.fail("made anew")) == made
    assert made.read_bytes() == content
    for path in store.root.rglob("*"):
        if "locks" not in path.parts:
            assert path.stat().st_mode & 0o022 == 0, path


# -- What others planted


@needs_two_users
@pytest.mark.parametrize("planted", ["data", "state.json", "state.tmp"])
def test_a_partial_that_another_user_planted_is_left_alone(planted, tmp_path, server):
    """Its files may be links to ours."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    partial = tmp_path / "store" / "partial" / DIGEST
    partial.mkdir(parents=True)
    (partial / planted).symlink_to(victim)
    os.chown(partial, NOBODY, NOBODY)
    url = server.serve(f"/{NAME}", DATA)
    path = Store(tmp_path / "store").get(RemoteFile((url,), DIGEST))
    assert path.read_bytes() == DATA
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("folder", "way"), [("partial", "get"), ("partial", "add"), ("locks", "get")]
)
def test_nothing_is_written_where_others_can_plant_links(folder, way, tmp_path, server):
    store = Store(tmp_path / "store")
    (store.root / folder).mkdir(parents=True)
    (store.root / folder).chmod(0o777)
    (tmp_path / "f").write_bytes(DATA)
    url = server.serve(f"/{NAME}", DATA)
    with pytest.raises(StoreError, match=f"others can write.*{folder}"):
        store.get(RemoteFile((url,), DIGEST)) if way == "get" else store.add(tmp_path / "f")
    assert list((store.root / folder).iterdir()) == []


@needs_two_users
@pytest.mark.parametrize("folder", ["blobs", "urls", "derived"])
def test_a_shard_that_another_user_planted_leads_nowhere(folder, tmp_path, server):
    outside = tmp_path / "outside"
    outside.mkdir()
    store = Store(tmp_path / "store")
    (store.root / folder).mkdir(parents=True)
    file = RemoteFile((server.serve(f"/{NAME}", DATA),))
    shard = DIGEST[:2]
    if folder == "urls":
        store.pin(file.urls[0], DIGEST)
        (note,) = store.root.glob("urls/*/*.json")
        shard = note.parent.name
        note.unlink()
        note.parent.rmdir()
    link = store.root / folder / shard
    link.symlink_to(outside)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    if folder == "derived":
        with pytest.raises(HubError, match="symbolic link of another user"):
            store.derived(DIGEST, "zip", lambda path: path.write_bytes(b"z"))
    else:
        with pytest.raises(HubError, match="symbolic link of another user"):
            store.get(file)
    assert list(outside.iterdir()) == []


@needs_two_users
@pytest.mark.parametrize("place", ["blobs/ab", "derived/ab", "urls/ab", "partial", "blobs", "seen"])
def test_cleaning_removes_nothing_behind_a_link_that_another_user_planted(place, tmp_path, hub):
    """In a store that others may write to, such a link may lead to any folder of ours."""
    mine = tmp_path / "mine"
    for name in ("notes.txt", ".hidden", "project/notes.txt", ".removed-x/a"):
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text("mine")
    paths = [mine, *mine.rglob("*")]
    for path in paths:
        os.utime(path, (0, 0))
    link = tmp_path / "home" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(mine)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    for options in (["prune"], ["prune", "--unused"], ["rm", "--partial"]):
        hub("cache", *options, "--yes", check=0)
    hub("cache", "verify", check=0)
    assert all(path.exists() for path in paths)


# -- Files of overlays


@pytest.mark.parametrize("harm", ["written over", "truncated", "removed"])
def test_a_mapped_file_of_an_overlay_stays_as_it_was(harm, tmp_path):
    import mmap

    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / NAME).write_bytes(DATA)
    path = Store(tmp_path / "s", [folder]).find(FILE)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        if harm == "written over":
            (folder / NAME).write_bytes(bytes(len(DATA)))
        elif harm == "truncated":
            os.truncate(folder / NAME, 0)
        else:
            (folder / NAME).unlink()
        assert mapped[:] == DATA


def test_a_copy_that_cannot_be_made_is_an_error_that_says_so(tmp_path, monkeypatch):
    """And not one that says the file is not there."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / NAME).write_bytes(DATA)
    (tmp_path / "s").write_text("no folder")
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / "s", [folder]).get(FILE)


# -- Power cuts


@needs_two_users
def test_files_are_flushed_for_ordinary_users_too(tmp_path):
    """They cannot open a protected file for writing."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from hubcore import atomic_write\n"
        "import hubcore.store\n"
        "import fcntl  # what follows may not read what is imported\n"
        "flushed = []\n"
        "real = os.fsync\n"
        "os.fsync = lambda fd: (flushed.append(os.readlink(f'/proc/self/fd/{fd}')), real(fd))\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "store = hubcore.store.Store(Path(sys.argv[1]) / 'store')\n"
        "store.add(Path(sys.argv[1]) / 'f')\n"
        "print(*flushed, sep='\\n')\n"
    )
    place = tmp_path / "place"
    place.mkdir()
    (place / "f").write_bytes(DATA)
    (place / "f").chmod(0o644)
    place.chmod(0o777)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    result = subprocess.run(
        [sys.executable, "-c", script, str(place)], capture_output=True, text=True
    )
    assert any("/partial/.add-" in line for line in result.stdout.splitlines()), result
