"""The store by itself: what is found, what is trusted, what is refused."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import servers
from store_samples import overwrite

from hubcore.errors import (
    ChangedUpstreamError,
    DigestMismatchError,
    DownloadError,
    HubError,
    MissingDigestError,
    NotEnoughSpaceError,
    OfflineError,
    StoreError,
    UnsafeAddressError,
)
from hubcore.store import RemoteFile, Store, default_store

DATA = os.urandom(10_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
NAME = f"net-{DIGEST[:8]}.pth"


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path, tmp_path_factory):
    for name in list(os.environ):
        if name.startswith("HUBCORE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    config = tmp_path_factory.mktemp("config")
    (config / "config.toml").touch()
    monkeypatch.setenv("HUBCORE_CONFIG", str(config / "config.toml"))
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # no netrc of the developer's


@pytest.fixture
def server():
    with servers.FaultyServer() as server:
        yield server


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def blobs(store: Store) -> list[Path]:
    return [path for path in store.root.glob("blobs/*/*") if path.suffix != ".json"]


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


# -- Disks


def test_too_little_space_is_told_before_the_body(server, store, monkeypatch):
    import collections
    import shutil

    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6, 10**6, 5000))
    url = server.serve("/n.pth", DATA)
    with pytest.raises(NotEnoughSpaceError, match="10000 more bytes are needed") as caught:
        store.get(RemoteFile((url,), DIGEST))
    assert (caught.value.needed, caught.value.free) == (10_000, 5000)
    monkeypatch.undo()
    assert blobs(store) == []


def test_a_full_disk_publishes_nothing_and_the_next_try_resumes(server, tmp_path):
    """The kernel refuses to write on, as at a quota (a limit on the size of files)."""
    data = os.urandom(3_000_000)
    digest = hashlib.sha256(data).hexdigest()
    url = server.serve("/n.pth", data)
    script = (
        "import resource, sys; from pathlib import Path; from hubcore.store import *\n"
        "from hubcore.errors import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        f"try: Store(Path({str(tmp_path / 'store')!r})).get(RemoteFile(({url!r},), {digest!r}))\n"
        "except NotEnoughSpaceError as error: print(error.needed, error)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.startswith("2000000 2000000 more bytes are needed"), result
    store = Store(tmp_path / "store")
    assert blobs(store) == []
    path = store.get(RemoteFile((url,), digest))
    assert path.read_bytes() == data
    assert server.asked("/n.pth")[-1]["Range"] == "bytes=1000000-"


def test_a_disk_that_fills_up_while_importing_is_one_clear_error(store, tmp_path, monkeypatch):
    import errno
    import io

    class Full(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NotEnoughSpaceError, match="hub cache prune"):
        store.add_stream(Full(), sha256="", name="x")
    assert not list((store.root / "partial").iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_a_read_only_store_serves_and_says_so_when_it_cannot(server, tmp_path, monkeypatch):
    """Another user's store: what is there is found, what is not is one clear error."""
    monkeypatch.setenv("HUBCORE_CONFIG", os.devnull)  # which the other user can read
    root = tmp_path / "store"
    kept = Store(root).get(RemoteFile((server.serve(f"/{NAME}", DATA),)))
    other = server.serve("/other.pth", b"other")
    digest = hashlib.sha256(b"other").hexdigest()
    script = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from pathlib import Path; from hubcore.store import *\n"
        "from hubcore.errors import *\n"
        "import hubcore.store.acquire, requests, filelock, platformdirs\n"
        "from hubcore import settings; settings.check()\n"
        "import hubcore.download.parallel\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        f"store = Store(Path({str(root)!r}))\n"
        f"print(store.get(RemoteFile(('https://x.invalid/{NAME}',), {DIGEST!r})))\n"
        f"try: store.get(RemoteFile(({other!r},), {digest!r}))\n"
        "except StoreError as error: print(error)\n"
    )
    for folder, _, files in os.walk(root):
        for name in files:
            (Path(folder) / name).chmod(0o444)
        Path(folder).chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    lines = result.stdout.splitlines()
    assert lines[0] == str(kept), result
    assert "cannot be written" in lines[1]
    assert "HUBCORE_HOME" in lines[1]


def test_a_store_that_is_no_folder_is_one_clear_error(server, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="HUBCORE_HOME"):
        Store(tmp_path / "file" / "store").get(RemoteFile((server.serve("/n.pth", DATA),), DIGEST))


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
