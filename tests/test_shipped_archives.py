"""Files inside zip archives that installed distributions ship."""

import hashlib
import zipfile

import pytest

from hubcore.download.remote import RemoteFile
from hubcore.errors import DigestMismatchError, DownloadError
from hubcore.packages.shipped_files import shipped
from hubcore.store import Store

DATA = b"tensors " * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
ADDRESS = "package:acme-zipped/acme_zipped/weights.zip!/"


@pytest.fixture(autouse=True)
def acme(tmp_path, monkeypatch):
    """An installed distribution that ships an archive."""
    site = tmp_path / "site"
    folder = site / "acme_zipped"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "weights.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/net.pth", DATA)
        archive.writestr("../evil.pth", DATA)
    info = site / "acme_zipped-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-zipped\nVersion: 1.0\n")
    (info / "RECORD").write_text("acme_zipped/weights.zip,,\n")
    monkeypatch.syspath_prepend(str(site))
    return folder


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def test_it_is_verified_as_itself_and_kept_under_its_digest(store):
    path = store.get(RemoteFile((f"{ADDRESS}deep/net.pth",), DIGEST), progress=False)
    assert path.read_bytes() == DATA
    assert path.name == DIGEST


def test_another_file_than_was_stated_is_refused(store):
    with pytest.raises(DigestMismatchError):
        store.get(RemoteFile((f"{ADDRESS}deep/net.pth",), "0" * 64), progress=False)


@pytest.mark.parametrize("member", ["no.pth", "deep", "", "deep/../deep/net.pth"])
def test_a_member_that_is_not_there_is_said_to_be_missing(store, member):
    with pytest.raises(DownloadError, match="no installed package ships it"):
        store.get(RemoteFile((f"{ADDRESS}{member}",), DIGEST), progress=False)


def test_the_name_of_a_member_is_never_used_as_a_path(store, tmp_path):
    path = store.get(RemoteFile((f"{ADDRESS}../evil.pth",), DIGEST), progress=False)
    assert path.is_relative_to(tmp_path / "home")
    assert not list(tmp_path.rglob("evil.pth"))


def test_more_bytes_than_were_stated_are_not_unpacked(store):
    file = RemoteFile((f"{ADDRESS}deep/net.pth",), DIGEST, size=100)
    with pytest.raises(DownloadError, match="more than 100 bytes"):
        store.get(file, progress=False)


def test_a_damaged_archive_is_an_error_in_words_and_nothing_is_left(acme, tmp_path, monkeypatch):
    (acme / "weights.zip").write_bytes(b"PK no archive")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    opened = shipped(f"{ADDRESS}deep/net.pth", 10**9)
    with pytest.raises(DownloadError, match="cannot be unpacked"):
        opened.__enter__()
    assert list((tmp_path / "temporary").iterdir()) == []
