"""Where the store takes files from: addresses, mirrors and roots, and what it tells them."""

import hashlib
import os
from pathlib import Path

import pytest
import servers
from store_samples import DATA, DIGEST, NAME

from hubcore.errors import (
    DigestMismatchError,
    DownloadError,
    HubError,
    OfflineError,
    UnsafeAddressError,
)
from hubcore.store import RemoteFile, Store, default_store

pytest_plugins = ["store_fixtures"]
pytestmark = pytest.mark.usefixtures("store_environment")


# -- Hostile and odd addresses


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://example.invalid/x",
        "/etc/passwd",
        "../x.pth",
        "C:\\x.pth",
        "https://",
        "https:///x",
        "http://[::1/x",
        "http://a:b:c/x",
        "https://example.invalid/a\r\nHost: evil",
        "https://example.invalid/a b",
        "",
    ],
)
def test_an_address_that_no_catalogue_may_give_is_refused(store, url):
    with pytest.raises(UnsafeAddressError):
        store.get(RemoteFile((url,), DIGEST))
    assert not store.root.exists()


def test_a_local_file_is_allowed_where_the_user_wrote_it(store, tmp_path):
    file = tmp_path / "my file.pth"
    file.write_bytes(DATA)
    path = store.get(RemoteFile((file.as_uri(),), DIGEST, allow_file=True))
    assert path.read_bytes() == DATA


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fescape.pth",
        "/%2e%2e",
        "/a/..",
        "/%00.pth",
        "/a%5c..%5cb.pth",
        "/ünï%20cödé%0a%22.pth",
        "/" + "x" * 300 + ".pth",
        "/",
        "/-.pth",
        "/%F0%9F%98%80.pth?x=../../y",
    ],
)
def test_odd_names_stay_inside_the_store(server, store, tmp_path, path):
    """A name is only ever noted, never used as one."""
    server.serve("*", DATA)
    got = store.get(RemoteFile((server.url + path,), DIGEST))
    assert got == store.blob_path(DIGEST)
    inside = {item.parts[len(tmp_path.parts)] for item in tmp_path.rglob("*")}
    assert inside == {"store"}
    assert [entry.sha256 for entry in store.entries()] == [DIGEST]


def test_no_overlay_file_outside_of_its_folder_is_read(tmp_path):
    (tmp_path / "secret.pth").write_bytes(DATA)
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    store = Store(tmp_path / "store", [overlay])
    file = RemoteFile(("https://example.invalid/..%2fsecret.pth",), DIGEST)
    assert store.find(file) is None


# -- Secrets


def test_secrets_are_in_no_message_log_or_file(server, store, caplog, tmp_path, monkeypatch):
    """Users, passwords, queries and configured headers: sent, and never told."""
    caplog.set_level("DEBUG", logger="hubcore")
    monkeypatch.setenv("TOKEN", "t0ken")
    Path(os.environ["HUBCORE_CONFIG"]).write_text(
        f'[headers."{server.url}/"]\nX-Private = "${{TOKEN}}"\n', "utf-8"
    )
    address = server.serve("/n.pth?sig=s1gnature", DATA, [servers.status(404)])
    url = address.replace("http://", "http://user:passw0rd@")
    with pytest.raises(DownloadError) as caught:
        store.get(RemoteFile((url,), DIGEST))
    store.get(RemoteFile((url,), DIGEST))
    _, headers = server.requests[-1]
    assert headers["X-Private"] == "t0ken"
    assert headers["Authorization"].startswith("Basic ")
    told = str(caught.value) + repr(caught.value.attempts) + caplog.text
    told += "".join(
        path.read_text("utf-8") for path in store.root.rglob("*.json") if path.is_file()
    )
    assert "n.pth" in told
    for secret in ("passw0rd", "user:", "s1gnature", "t0ken"):
        assert secret not in told


def test_configured_headers_go_to_their_own_prefix_only(server, store, tmp_path, monkeypatch):
    """Not to where a redirect leads, nor to a host whose name begins alike."""
    with servers.FaultyServer() as other:
        target = other.serve("/n.pth", DATA)
        url = server.serve("/n.pth", DATA, always=servers.redirect(target))
        Path(os.environ["HUBCORE_CONFIG"]).write_text(
            f'[headers."{server.url}"]\nAuthorization = "Bearer t0ken"\n', "utf-8"
        )
        store.get(RemoteFile((url,), DIGEST))
        assert server.requests[-1][1]["Authorization"] == "Bearer t0ken"
        assert "Authorization" not in other.requests[-1][1]
    from hubcore.settings import headers_for

    assert headers_for(server.url + "/x")
    assert not headers_for(server.url + "0/x")
    assert not headers_for(server.url + ".evil.example/x")


def test_netrc_is_used_and_a_configured_header_wins(server, store, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    url = server.serve("/n.pth", DATA)
    store.get(RemoteFile((url,), DIGEST)).unlink()
    assert server.requests[-1][1]["Authorization"].startswith("Basic ")
    Path(os.environ["HUBCORE_CONFIG"]).write_text(
        f'[headers."{server.url}"]\nAuthorization = "Bearer t0ken"\n', "utf-8"
    )
    store.get(RemoteFile((url,), DIGEST))
    assert server.requests[-1][1]["Authorization"] == "Bearer t0ken"


def test_a_proxy_is_used_as_requests_does(server, store, monkeypatch):
    """The request goes to the proxy, with the whole address."""
    monkeypatch.setenv("http_proxy", server.url)
    server.serve("http://weights.invalid/n.pth", DATA)
    assert store.get(RemoteFile(("http://weights.invalid/n.pth",), DIGEST)).read_bytes() == DATA


# -- Offline


def test_offline_makes_no_connection_and_says_how_to_get_the_file(server, store, monkeypatch):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("a connection was made"))
    url = server.serve(f"/{NAME}", DATA)
    with pytest.raises(OfflineError) as caught:
        store.get(RemoteFile((url,)))
    for part in ("HUBCORE_OFFLINE", "hub bundle", "hub cache import", url, NAME):
        assert part in str(caught.value)
    assert server.requests == []


def test_offline_stops_a_download_under_way_at_its_next_request(server, store, monkeypatch):
    """No request is sent, not even the second one of a redirect."""

    def go_offline(exchange):
        monkeypatch.setenv("HUBCORE_OFFLINE", "1")
        servers.redirect("/elsewhere")(exchange)

    url = server.serve(f"/{NAME}", DATA, [go_offline])
    with pytest.raises(OfflineError):
        store.get(RemoteFile((url,)))
    assert [path for path, _ in server.requests] == [f"/{NAME}"]


def test_offline_uses_what_is_here(server, store, monkeypatch):
    url = server.serve(f"/{NAME}", DATA)
    path = store.get(RemoteFile((url,)))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    assert store.get(RemoteFile((url,))) == path


@pytest.mark.parametrize(("value", "forbidden"), [("true", True), ("0", False), ("", False)])
def test_offline_values(monkeypatch, value, forbidden):
    from hubcore import settings

    monkeypatch.setenv("HUBCORE_OFFLINE", value)
    assert settings.offline() is forbidden


def test_a_setting_that_makes_no_sense_is_one_clear_error(monkeypatch, tmp_path):
    from hubcore import settings

    monkeypatch.setenv("HUBCORE_OFFLINE", "perhaps")
    with pytest.raises(HubError, match="HUBCORE_OFFLINE"):
        settings.offline()
    monkeypatch.setenv("HUBCORE_TIMEOUT", "-1")
    with pytest.raises(HubError, match="HUBCORE_TIMEOUT"):
        settings.timeout()
    monkeypatch.setenv("HUBCORE_MIRRORS", "https://a/")
    with pytest.raises(HubError, match="HUBCORE_MIRRORS"):
        settings.mirrors()
    Path(os.environ["HUBCORE_CONFIG"]).write_text("home = ", "utf-8")
    with pytest.raises(HubError, match=r"config\.toml"):
        settings.home()


# -- Mirrors and roots


def test_configured_mirrors_come_first_and_the_address_itself_last(server, store, monkeypatch):
    server.serve("/gone/n.pth", DATA, always=servers.status(404))
    server.serve("/mirror/n.pth", DATA)
    url = server.serve("/n.pth", DATA)
    rewrites = [f"{server.url}/={server.url}/{to}/" for to in ("gone", "mirror")]
    monkeypatch.setenv("HUBCORE_MIRRORS", " ".join(rewrites))
    store.get(RemoteFile((url,), DIGEST))
    assert [path for path, _ in server.requests] == ["/gone/n.pth", "/mirror/n.pth"]


def test_mirrors_of_the_configuration_file(server, store, tmp_path):
    server.serve("/m/n.pth", DATA)
    Path(os.environ["HUBCORE_CONFIG"]).write_text(
        f'[mirrors]\n"https://weights.invalid/" = ["{server.url}/m/"]\n', "utf-8"
    )
    path = store.get(RemoteFile(("https://weights.invalid/n.pth",), DIGEST))
    assert path.read_bytes() == DATA


def test_torch_hubs_checkpoints_are_copied_verified_and_never_written(tmp_path, monkeypatch):
    """A later change of the original is no change of the copy."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    file = RemoteFile((f"https://download.pytorch.org/models/{NAME}",), DIGEST)
    (folder / NAME).write_bytes(b"tampered")
    with pytest.raises(OfflineError):
        default_store().get(file)
    assert (folder / NAME).read_bytes() == b"tampered"
    (folder / NAME).write_bytes(DATA)
    path = default_store().get(file)
    assert path == default_store().blob_path(DIGEST)
    (folder / NAME).write_bytes(b"changed later")
    assert path.read_bytes() == DATA
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_file_of_another_store_is_hashed_once(server, tmp_path, monkeypatch):
    """And again once it has changed, though its size and time are put back."""
    shared = Store(tmp_path / "shared")
    path = shared.get(RemoteFile((server.serve("/n.pth", DATA),), DIGEST))
    store = Store(tmp_path / "store", [shared.root])
    file = RemoteFile(("https://example.invalid/n.pth",), DIGEST)
    assert store.find(file) == path
    with monkeypatch.context() as patch:
        patch.setattr("hubcore.store.contents.sha256_of", lambda path: pytest.fail("hashed again"))
        assert store.find(file) == path
    status = path.stat()
    path.chmod(0o644)
    path.write_bytes(bytes(len(DATA)))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.find(file) is None


def test_roots_are_searched_by_digest_too(server, tmp_path, monkeypatch):
    """In another store, and in a plain folder under another name where the size is known."""
    shared = Store(tmp_path / "shared")
    shared.get(RemoteFile((server.serve("/n.pth", DATA),), DIGEST))
    plain = tmp_path / "plain"
    plain.mkdir()
    other = os.urandom(333)
    (plain / "renamed.bin").write_bytes(other)
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("HUBCORE_ROOTS", f"{shared.root}{os.pathsep}{plain}")
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    store = default_store()
    assert store.get(RemoteFile(("https://x.invalid/y",), DIGEST)) == shared.blob_path(DIGEST)
    digest = hashlib.sha256(other).hexdigest()
    found = store.get(RemoteFile(("https://x.invalid/z",), digest, size=333))
    assert found == store.blob_path(digest)
    assert found.read_bytes() == other


def test_a_root_is_never_written(server, tmp_path, monkeypatch):
    """Not a note, not a time, and a damaged file of another's store is left to its owner."""
    shared = Store(tmp_path / "shared")
    good = shared.get(RemoteFile((server.serve(f"/{NAME}", DATA),)))
    damaged = shared.get(RemoteFile((server.serve("/x", b"x"),), hashlib.sha256(b"x").hexdigest()))
    damaged.chmod(0o644)
    damaged.write_bytes(b"rot")
    for path in shared.root.rglob("*"):
        os.utime(path, (1000, 1000))

    def state():
        return {
            str(path): (path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
            for path in shared.root.rglob("*")
        }

    before = state()
    store = Store(tmp_path / "mine", [shared.root])
    assert store.find(RemoteFile((f"https://x.invalid/{NAME}",), DIGEST)) == good
    assert store.find(RemoteFile(("https://x.invalid/x",), damaged.name)) is None
    assert state() == before


def test_roots_that_cannot_be_searched_are_skipped(tmp_path):
    file = RemoteFile((f"https://x.invalid/{'n' * 300}.pth", "http://[::1/x"), None)
    (tmp_path / "file").write_text("x")
    overlays = [tmp_path / "absent", tmp_path / "file", tmp_path]
    assert Store(tmp_path / "store", overlays).find(file, check_hash=False) is None


def test_a_file_of_an_installed_distribution(store, tmp_path, monkeypatch):
    """Verified, taken into the store, and found again when the package is gone."""
    info = tmp_path / "site" / "acme_weights-1.0.dist-info"
    data = tmp_path / "site" / "acme_weights" / "net.pth"
    for folder in (info, data.parent):
        folder.mkdir(parents=True)
    data.write_bytes(DATA)
    (tmp_path / "site" / "unlisted.pth").write_bytes(DATA)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-weights\nVersion: 1.0\n")
    (info / "RECORD").write_text("acme_weights/net.pth,,\nacme_weights/../unlisted.pth,,\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    address = "package:acme-weights/acme_weights/net.pth"
    with pytest.raises(DigestMismatchError):
        store.get(RemoteFile((address,), "0" * 64))
    path = store.get(RemoteFile((address,), DIGEST))
    assert path.read_bytes() == DATA
    for bad in ("acme-weights/unlisted.pth", "acme-weights/acme_weights/../unlisted.pth", "no/x"):
        other = RemoteFile((f"package:{bad}",), "1" * 64)
        with pytest.raises(DownloadError, match="no installed package ships it"):
            store.get(other)
    data.unlink()
    assert store.get(RemoteFile((address,), DIGEST)) == path
