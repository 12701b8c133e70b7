"""What is believed of a file, and from where: full digests, some first digits, and nothing."""

import hashlib
import os
import shutil

import pytest
import servers
from store_samples import overwrite

import hubcore
from hubcore.cli import main
from hubcore.errors import (
    ChangedUpstreamError,
    DigestMismatchError,
    DownloadError,
    HubError,
    MissingDigestError,
    OfflineError,
)
from hubcore.store import RemoteFile, Store
from hubcore.store.ownership import is_ours_alone

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(10_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
NAME = f"net-{DIGEST[:8]}.pth"
FORGED = b"other bytes, which would have the same first digits"


@pytest.fixture
def same_digits(monkeypatch):
    """Every file counts as having the first 8 digits: forging real ones takes minutes."""
    real = hashlib.sha256

    class Forged:
        def __init__(self, data=b""):
            self._hash = real(data)

        def update(self, data):
            self._hash.update(data)

        def hexdigest(self):
            return DIGEST[:8] + self._hash.hexdigest()[8:]

        def copy(self):
            made = Forged()
            made._hash = self._hash.copy()
            return made

    for module in ("hubcore.store.copying", "hubcore.download.hashing"):
        monkeypatch.setattr(f"{module}.hashlib.sha256", Forged)


# -- Some first digits


def test_a_prefix_is_believed_from_its_own_address_and_pinned_in_full(server, store):
    file = RemoteFile((server.serve(f"/{NAME}", DATA),))
    assert store.get(file).read_bytes() == DATA
    assert store.pinned(file.urls[0]) == (DIGEST, "first use")
    shutil.rmtree(store.root / "blobs")
    server.serve(f"/{NAME}", FORGED)
    with pytest.raises(DigestMismatchError):
        store.get(file)


def test_a_pinned_file_that_changes_under_the_same_digits_is_refused(server, store, same_digits):
    url = server.serve(f"/{NAME}", DATA)
    store.get(RemoteFile((url,)))
    shutil.rmtree(store.root / "blobs")
    server.serve(f"/{NAME}", FORGED)
    with pytest.raises(ChangedUpstreamError, match="hub cache forget"):
        store.get(RemoteFile((url,)))


@pytest.mark.parametrize("way", ["mirror of the settings", "mirror of the catalogue", "package"])
def test_a_prefix_makes_nothing_from_elsewhere_acceptable(
    way, server, store, monkeypatch, same_digits, tmp_path
):
    """Whoever serves there may have forged the digits; the file's own address does not answer."""
    own = f"{server.url}/own/{NAME}"
    elsewhere = server.serve(f"/mirror/{NAME}", FORGED)
    urls = (own,)
    if way == "mirror of the settings":
        monkeypatch.setenv("HUBCORE_MIRRORS", f"{server.url}/own/={server.url}/mirror/")
    elif way == "mirror of the catalogue":
        urls = (own, elsewhere)
    else:
        monkeypatch.setenv("HUBCORE_MIRRORS", f"{server.url}/own/=package:foolbox/foolbox/")
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    with pytest.raises(DownloadError):
        store.get(RemoteFile(urls))
    assert not server.asked(f"/mirror/{NAME}")


@pytest.mark.parametrize("place", ["plain folder", "other store", "own store"])
def test_a_prefix_makes_no_file_of_this_machine_acceptable(
    place, tmp_path, monkeypatch, same_digits
):
    """Neither torch.hub's folder nor what another package brought into the store."""
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    overlay = tmp_path / "overlay"
    store = Store(tmp_path / "store", [overlay])
    if place == "plain folder":
        overlay.mkdir()
        (overlay / NAME).write_bytes(FORGED)
    else:
        (tmp_path / NAME).write_bytes(FORGED)
        (store if place == "own store" else Store(overlay)).add(tmp_path / NAME)
    with pytest.raises(OfflineError):
        store.get(RemoteFile((f"https://weights.invalid/{NAME}",)))


def test_another_packages_claim_of_the_address_pins_nothing(server, store, same_digits):
    """It has a full digest of its own making for our address, and a mirror that serves it."""
    own = server.serve(f"/{NAME}", DATA)
    forged = server.serve(f"/theirs/{NAME}", FORGED)
    digest = DIGEST[:8] + hashlib.sha256(FORGED).hexdigest()[8:]
    store.get(RemoteFile((forged, own), digest))
    assert store.get(RemoteFile((own,))).read_bytes() == DATA


def test_a_prefix_at_an_address_that_is_not_secure_is_refused(store):
    with pytest.raises(MissingDigestError, match=r"not https.*hub cache pin"):
        store.get(RemoteFile((f"http://weights.invalid/{NAME}",)))


def test_what_the_user_pins_is_found_anywhere(store, tmp_path, monkeypatch):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    store = Store(store.root, [tmp_path / "overlay"])
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / NAME).write_bytes(DATA)
    file = RemoteFile((f"https://weights.invalid/{NAME}",))
    store.pin(file.urls[0], DIGEST)
    assert store.get(file).read_bytes() == DATA


def test_full_digests_can_be_required(server, store, monkeypatch):
    """Then what was pinned on first use does not count, and what the user pinned does."""
    file = RemoteFile((server.serve(f"/{NAME}", DATA),))
    store.get(file)
    monkeypatch.setenv("HUBCORE_REQUIRE", "full")
    with pytest.raises(MissingDigestError, match="HUBCORE_REQUIRE=full"):
        store.get(file)
    assert store.get(file._replace(sha256=DIGEST)).read_bytes() == DATA
    store.pin(file.urls[0], DIGEST)
    assert store.get(file).read_bytes() == DATA
    monkeypatch.setenv("HUBCORE_REQUIRE", "half")
    with pytest.raises(HubError, match="HUBCORE_REQUIRE"):
        store.get(file)


def test_notes_of_older_versions_are_not_believed(server, store):
    """They do not say whether what they are of was checked."""
    file = RemoteFile((server.serve("/net.pth", DATA),))
    store.get(file, check_hash=False)
    (note,) = store.root.glob("urls/*/*.json")
    note.write_text(f'{{"sha256": "{DIGEST}"}}')
    with pytest.raises(MissingDigestError):
        store.get(file)


def test_full_digests_can_be_required_of_those_that_do_not_check(server, store, monkeypatch):
    url = server.serve(f"/{NAME}", DATA)
    monkeypatch.setenv("HUBCORE_REQUIRE", "full")
    for digest in (None, DIGEST):
        with pytest.raises(MissingDigestError, match="check_hash=False"):
            store.get(RemoteFile((url,), digest), check_hash=False)
    with pytest.raises(MissingDigestError, match="no SHA-256 is published"):
        store.get(RemoteFile((server.serve("/net.pth", DATA),)))


def test_what_a_mirror_began_is_not_finished_as_the_addresss_own(server, store, monkeypatch):
    """The half of a mirror would be pinned with the other half."""
    own = server.serve(f"/own/{NAME}", DATA)
    server.serve(f"/mirror/{NAME}", DATA, [servers.cut(5000)], always=servers.status(404))
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    with monkeypatch.context() as patch:
        patch.setenv("HUBCORE_MIRRORS", f"{server.url}/own/={server.url}/mirror/")
        server.resources[f"/own/{NAME}"].always = servers.status(404)
        with pytest.raises(DownloadError):
            store.get(RemoteFile((own,)), check_hash=False)
    assert any((store.root / "partial").iterdir())
    server.serve(f"/own/{NAME}", DATA)
    assert store.get(RemoteFile((own,))).read_bytes() == DATA
    assert "Range" not in server.asked(f"/own/{NAME}")[-1]


# -- Nothing


def test_what_came_unchecked_is_never_served_to_a_call_that_checks(server, store):
    file = RemoteFile((server.serve("/net.pth", FORGED),))
    assert store.get(file, check_hash=False).read_bytes() == FORGED
    assert store.trusted(file.urls[0]) == ""
    with pytest.raises(MissingDigestError):
        store.get(file)
    assert isinstance(store.get_many([file])[0], MissingDigestError)
    assert store.get(file, check_hash=False).read_bytes() == FORGED
    assert len(server.requests) == 1


def test_the_genuine_file_is_not_called_the_false_one(server, store):
    url = server.serve(f"/{NAME}", FORGED)
    store.get(RemoteFile((url,)), check_hash=False)
    server.serve(f"/{NAME}", DATA)
    assert store.get(RemoteFile((url,))).read_bytes() == DATA
    assert store.get(RemoteFile((url,), DIGEST)).read_bytes() == DATA


def test_unchecked_bytes_under_a_known_digest_are_fetched_once(server, store):
    file = RemoteFile((server.serve("/net.pth", FORGED),), DIGEST)
    for _ in range(2):
        assert store.get(file, check_hash=False).read_bytes() == FORGED
    assert len(server.requests) == 1
    assert store.find(file) is None


# -- Folders and links of others


def test_a_forged_record_in_another_store_is_not_believed(tmp_path, monkeypatch):
    """Its size and time are right, and its bytes are not."""
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    (tmp_path / "f").write_bytes(DATA)
    theirs = Store(tmp_path / "theirs")
    path = theirs.add(tmp_path / "f")
    record = theirs.record_path(DIGEST)
    overwrite(path, bytes(len(DATA)))
    status = path.stat()
    record.write_text(f'{{"size": {status.st_size}, "mtime_ns": {status.st_mtime_ns}}}')
    with pytest.raises(OfflineError):
        Store(tmp_path / "mine", [theirs.root]).get(RemoteFile(("https://x.invalid/f",), DIGEST))


@pytest.mark.parametrize("loose", ["root", "blobs", "shard", "file"])
def test_in_a_store_that_others_may_write_each_use_hashes(loose, tmp_path):
    """They could have put size and time back."""
    (tmp_path / "f").write_bytes(DATA)
    store = Store(tmp_path / "store")
    path = store.add(tmp_path / "f")
    part = {"root": store.root, "blobs": path.parent.parent, "shard": path.parent, "file": path}
    part[loose].chmod(0o777 if loose != "file" else 0o666)
    assert not is_ours_alone(path, store.root)
    assert store.find(RemoteFile(("https://x.invalid/f",), DIGEST)) == path
    status = path.stat()
    overwrite(path, bytes(len(DATA)))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.find(RemoteFile(("https://x.invalid/f",), DIGEST)) is None


def test_the_stores_folders_are_not_writable_by_others_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        (tmp_path / "f").write_bytes(DATA)
        path = Store(tmp_path / "store").add(tmp_path / "f")
    finally:
        os.umask(before)
    assert is_ours_alone(path, tmp_path / "store")
    assert path.stat().st_mode & 0o222 == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two users")
@pytest.mark.parametrize("folder", ["partial", "urls", "blobs", "derived"])
def test_a_link_that_another_user_planted_leads_us_nowhere(folder, tmp_path, server):
    store = Store(tmp_path / "store")
    store.root.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    link = store.root / folder
    link.symlink_to(outside)
    os.chown(link, 65534, 65534, follow_symlinks=False)
    file = RemoteFile((server.serve(f"/{NAME}", DATA),))
    if folder == "derived":
        with pytest.raises(HubError, match="symbolic link of another user"):
            store.derived(DIGEST, "zip", lambda path: path.write_bytes(b"z"))
    else:
        with pytest.raises(HubError, match="symbolic link of another user"):
            store.get(file)
    assert not list(outside.iterdir())


def test_a_link_in_place_of_a_file_is_not_followed(store, tmp_path):
    (tmp_path / "f").write_bytes(DATA)
    path = store.add(tmp_path / "f")
    path.unlink()
    path.symlink_to(tmp_path / "f")
    assert store.find(RemoteFile(("https://x.invalid/f",), DIGEST)) is None


def test_a_file_from_a_folder_is_a_copy_that_later_changes_do_not_reach(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / NAME).write_bytes(DATA)
    path = Store(tmp_path / "s", [folder]).find(RemoteFile((f"https://x.invalid/{NAME}",), DIGEST))
    (folder / NAME).write_bytes(b"")
    assert path.read_bytes() == DATA
    assert path.stat().st_ino != (folder / NAME).stat().st_ino


# -- Files made from others


@pytest.mark.parametrize("harm", ["changed", "empty", "longer", "record"])
def test_a_damaged_derived_file_is_made_anew(harm, store, tmp_path):
    (tmp_path / "f").write_bytes(DATA)
    store.add(tmp_path / "f")
    made = store.derived(DIGEST, "zip", lambda path: path.write_bytes(b"zip" * 1000))
    if harm == "record":
        made.with_name(f"{made.name}.json").write_text("{")
    else:
        overwrite(made, {"changed": b"zap" * 1000, "empty": b"", "longer": b"zip" * 1001}[harm])
    again = store.derived(DIGEST, "zip", lambda path: path.write_bytes(b"new"))
    assert again.read_bytes() == b"new"


def test_cache_verify_and_prune_cover_derived_files(store, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HUBCORE_HOME", str(store.root))
    (tmp_path / "f").write_bytes(DATA)
    store.add(tmp_path / "f")
    made = store.derived(DIGEST, "zip", lambda path: path.write_bytes(b"zip" * 1000))
    overwrite(made, b"zap" * 1000)
    assert main(["cache", "verify"]) == 0
    assert not made.exists()
    store.derived(DIGEST, "zip", lambda path: path.write_bytes(b"zip"))
    assert main(["cache", "prune", "--unused", "--yes"]) == 0
    assert not list((store.root / "derived").glob("*/*"))


# -- What is said


def test_the_state_of_a_digest_is_shown(capsys, monkeypatch):
    assert main(["show", "ResNet18_Weights.IMAGENET1K_V1"]) == 0
    assert "(full)" in capsys.readouterr().out
    assert main(["show", "SqueezeNet1_0_Weights.IMAGENET1K_V1"]) == 0
    assert "only a prefix is published" in capsys.readouterr().out
    from hubcore.store import default_store

    member = hubcore.get_weight("SqueezeNet1_0_Weights.IMAGENET1K_V1")
    default_store().pin(member.url, member.value.file.digest + "0" * 56)
    assert main(["show", "SqueezeNet1_0_Weights.IMAGENET1K_V1"]) == 0
    assert "0000 (user)" in capsys.readouterr().out
