"""One fetch a cluster: a store that is offered to others, and stores that ask others first."""

import base64
import hashlib
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
import servers
from servers import FaultyServer

from hubcore.errors import DigestMismatchError, DownloadError, OfflineError, StoreError
from hubcore.store import RemoteFile, Store
from hubcore.store import serving as serving_module
from hubcore.store.serving import BlobServer, blob_address

pytest_plugins = ["store_fixtures"]
pytestmark = pytest.mark.usefixtures("store_environment")

DATA = random.Random(0).randbytes(700_001)
DIGEST = hashlib.sha256(DATA).hexdigest()
TOKEN = "a-token-of-some-length"


@pytest.fixture
def other(tmp_path):
    """A store that has the file."""
    file = tmp_path / "w.pth"
    file.write_bytes(DATA)
    store = Store(tmp_path / "other")
    store.add(file)
    return store


@pytest.fixture
def peer(other):
    with BlobServer(other) as server:
        yield server


def ask(server, path=f"/sha256/{DIGEST}", method="GET", **headers):
    """The status, headers and body of one answer."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=10)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def remote(*urls, sha256=DIGEST, **fields):
    return RemoteFile(urls, sha256=sha256, **fields)


# -- What is offered


def test_a_file_is_served_by_its_digest_with_ranges(peer):
    status, headers, body = ask(peer)
    assert (status, body) == (200, DATA)
    assert headers["ETag"] == f'"{DIGEST}"'
    status, headers, body = ask(peer, Range="bytes=100-199")
    assert (status, body) == (206, DATA[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(DATA)}"
    assert ask(peer, Range="bytes=700000-")[2] == DATA[-1:]
    assert ask(peer, Range="bytes=100-", If_Range=f'"{DIGEST}"')[0] == 206
    assert ask(peer, Range="bytes=100-", If_Range='"another"')[2] == DATA
    assert ask(peer, Range=f"bytes={len(DATA)}-")[0] == 416
    assert ask(peer, method="HEAD")[1]["Content-Length"] == str(len(DATA))
    for odd in ("bytes=-5", "bytes=0-1,5-6", "lines=0-1", "bytes=x-"):
        assert ask(peer, Range=odd)[2] == DATA


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sha256/",
        "/sha256",
        f"/sha256/{DIGEST[:8]}",
        f"/sha256/{DIGEST}.json",
        f"/sha256/{DIGEST}/",
        f"/sha256/{DIGEST.upper()}",
        f"/sha256/{DIGEST}?x=1",
        f"/sha256//{DIGEST}",
        f"/sha256/../sha256/{DIGEST}",
        f"/sha256/%2e%2e/{DIGEST}",
        f"/blobs/{DIGEST[:2]}/{DIGEST}",
        f"/{DIGEST}",
        f"http://127.0.0.1/sha256/{DIGEST}",
        "/../../../../etc/passwd",
        "/sha256/" + "0" * 64,
        "/sha256/" + "é".encode().hex() * 16,
    ],
)
def test_nothing_but_whole_digests_of_files_is_an_address(peer, path):
    status, _, body = ask(peer, path)
    assert (status, body) == (404, b"")


def test_no_request_changes_anything(peer, other):
    before = {path: path.stat().st_mtime_ns for path in other.root.rglob("*")}
    for method in ("PUT", "POST", "DELETE", "PATCH", "OPTIONS"):
        assert ask(peer, method=method)[0] == 501
    ask(peer)
    assert {path: path.stat().st_mtime_ns for path in other.root.rglob("*")} == before


def test_only_what_is_as_it_was_when_verified_is_offered(peer, other, tmp_path):
    """Not a file that changed, nor a link, nor a file without a record."""
    path, record = other.blob_path(DIGEST), other.record_path(DIGEST)
    path.chmod(0o644)
    path.write_bytes(DATA[::-1])
    assert ask(peer)[0] == 404
    path.unlink()
    path.symlink_to(tmp_path / "w.pth")
    assert ask(peer)[0] == 404
    path.unlink()
    os.mkfifo(path)
    assert ask(peer)[0] == 404
    path.unlink()
    other.add(tmp_path / "w.pth")
    assert ask(peer)[0] == 200
    record.unlink()
    assert ask(peer)[0] == 404


def test_of_a_store_that_others_can_write_to_nothing_is_offered(peer, other):
    folder = other.blob_path(DIGEST).parent
    folder.chmod(0o777)
    assert ask(peer)[0] == 404
    folder.chmod(0o755)
    other.root.chmod(0o777)
    with pytest.raises(StoreError, match="chmod -R go-w"):
        BlobServer(other)


def test_without_the_token_nothing_is_told(other):
    with BlobServer(other, token=TOKEN) as server:
        right = base64.b64encode(f"hub:{TOKEN}".encode()).decode()
        for shown in (None, "Basic", "Basic eDp5", f"Bearer {TOKEN}", f"Basic {right[:-2]}"):
            for digest in (DIGEST, "0" * 64):
                headers = {"Authorization": shown} if shown else {}
                assert ask(server, f"/sha256/{digest}", **headers)[0] == 401
        assert ask(server, Authorization=f"Basic {right}")[2] == DATA


def test_other_machines_need_a_token(other):
    for host in ("0.0.0.0", "", "10.0.0.1", "example.invalid"):
        with pytest.raises(StoreError, match="HUBCORE_PEER_TOKEN"):
            BlobServer(other, host=host)
    BlobServer(other, host="0.0.0.0", token=TOKEN).close()


def test_more_connections_than_the_limit_are_told_to_come_back(other):
    with BlobServer(other, connections=2) as server:
        place = (urlsplit(server.address).hostname, urlsplit(server.address).port)
        held = [socket.create_connection(place) for _ in range(2)]
        time.sleep(0.2)
        status, headers, _ = ask(server)
        assert (status, headers["Retry-After"]) == (503, "1")
        for connection in held:
            connection.close()
        until = time.monotonic() + 5
        while ask(server)[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_request_that_does_not_end_and_a_reader_that_takes_nothing_are_hung_up_on(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(serving_module, "_REQUEST", 0.5)
    monkeypatch.setattr(serving_module._Handler, "timeout", 0.5)
    (tmp_path / "big").write_bytes(bytes(32 * 2**20))  # more than the sockets' buffers hold
    store = Store(tmp_path / "big store")
    digest = store.add(tmp_path / "big").name
    with BlobServer(store, connections=2) as server:
        place = (urlsplit(server.address).hostname, urlsplit(server.address).port)
        with socket.create_connection(place) as slow, socket.create_connection(place) as deaf:
            deaf.sendall(f"GET /sha256/{digest} HTTP/1.1\r\n\r\n".encode())
            until = time.monotonic() + 5
            gone = False
            while not gone and time.monotonic() < until:
                try:
                    slow.sendall(b"G")  # a letter now and then
                except OSError:
                    gone = True
                time.sleep(0.05)
            assert gone
            time.sleep(0.6)
            assert ask(server, f"/sha256/{digest}", method="HEAD")[0] == 200  # there is room again


# -- Who is asked


def test_a_peer_is_asked_before_the_origin(peer, server, store, monkeypatch):
    monkeypatch.setenv("HUBCORE_PEERS", peer.address)
    url = server.serve("/w.pth", DATA)
    assert store.get(remote(url)).read_bytes() == DATA
    assert not server.requests
    entry = next(store.entries())
    assert entry.sources == (url,)  # the address that it is of, as with a mirror


def test_peers_are_read_from_a_file_that_may_grow(peer, server, store, monkeypatch, tmp_path):
    listed = tmp_path / "peers"
    monkeypatch.setenv("HUBCORE_PEERS", str(listed))
    url = server.serve("/w.pth", DATA)
    listed.write_text(f"http://127.0.0.1:9\n{peer.address}\n")
    store.get(remote(url))
    assert not server.requests


def test_a_prefix_is_never_asked_for_at_a_peer(server, store, monkeypatch):
    """Whoever can forge eight digits would choose what is pinned."""
    with FaultyServer() as other:
        other.serve("*", b"forged")
        monkeypatch.setenv("HUBCORE_PEERS", other.url)
        url = server.serve(f"/w-{DIGEST[:8]}.pth", DATA)
        assert store.get(remote(url, sha256=None)).read_bytes() == DATA
        assert not other.requests
        store.blob_path(DIGEST).unlink()  # the pin stays, and is a full digest
        store.get(remote(url, sha256=None))
        assert other.requests


def test_an_unchecked_file_is_not_asked_for_at_a_peer(server, store, monkeypatch):
    with FaultyServer() as other:
        other.serve("*", b"forged")
        monkeypatch.setenv("HUBCORE_PEERS", other.url)
        url = server.serve("/w.pth", DATA)
        assert store.get(remote(url, sha256=None), check_hash=False).read_bytes() == DATA
        assert not other.requests


def test_a_peer_that_lies_costs_one_try_and_is_named(server, store, monkeypatch, caplog):
    with FaultyServer() as liar:
        liar.serve("*", DATA[::-1])
        monkeypatch.setenv("HUBCORE_PEERS", liar.url)
        url = server.serve("/w.pth", DATA)
        assert store.get(remote(url)).read_bytes() == DATA
        assert len([1 for path, _ in liar.requests]) == 2  # HEAD and one GET
        assert len(server.requests) == 1
        warning = [r for r in caplog.records if r.levelname == "WARNING"]
        assert [liar.url in r.getMessage() for r in warning] == [True]


def test_what_a_peer_began_goes_on_at_the_origin(server, store, monkeypatch):
    with FaultyServer() as other:
        other.serve("*", DATA, [servers.good, servers.cut(300_000)], always=servers.status(404))
        monkeypatch.setenv("HUBCORE_PEERS", other.url)
        url = server.serve("/w.pth", DATA)
        assert store.get(remote(url)).read_bytes() == DATA
        assert [headers.get("Range") for headers in server.asked("/w.pth")] == ["bytes=300000-"]


def test_if_all_lie_the_error_names_the_digests_and_nothing_is_kept(server, store, monkeypatch):
    with FaultyServer() as liar:
        liar.serve("*", DATA[::-1])
        monkeypatch.setenv("HUBCORE_PEERS", liar.url)
        url = server.serve("/w.pth", DATA[1:])
        with pytest.raises(DigestMismatchError):
            store.get(remote(url))
        assert not list(store.entries())
        assert not list((store.root / "partial").iterdir())


def test_a_peer_is_not_blamed_for_what_another_one_sent(server, store, peer, monkeypatch, caplog):
    """It finished what a liar began: it is asked once more, for all of it."""
    with FaultyServer() as liar:
        faults = [servers.good, servers.cut(400_000)]
        liar.serve("*", DATA[::-1], faults, always=servers.status(404))
        monkeypatch.setenv("HUBCORE_PEERS", liar.url)
        gone = server.serve("/w.pth", DATA, always=servers.status(404))
        with pytest.raises(DownloadError):
            store.get(remote(gone))
    assert list((store.root / "partial").iterdir())
    monkeypatch.setenv("HUBCORE_PEERS", peer.address)
    caplog.clear()
    assert store.get(remote(gone)).read_bytes() == DATA
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


@pytest.mark.parametrize(
    "fault",
    [
        servers.status(404),
        servers.status(503),
        servers.nothing,
        servers.garbage,
        servers.cut(300_000),
        servers.reset(300_000),
        servers.stall(300_000),
        servers.longer(1000),
        servers.redirect("file:///etc/hostname"),
    ],
)
def test_a_peer_in_trouble_costs_a_little_time_and_no_file(server, store, monkeypatch, fault):
    monkeypatch.setenv("HUBCORE_TIMEOUT", "0.5")
    with FaultyServer() as other:
        other.serve("*", DATA, [servers.good], always=fault)
        monkeypatch.setenv("HUBCORE_PEERS", f"{other.url} http://127.0.0.1:9")
        url = server.serve("/w.pth", DATA)
        assert store.get(remote(url)).read_bytes() == DATA


def test_peers_that_do_not_answer_cost_two_seconds_at_most(server, store, monkeypatch):
    with FaultyServer() as other:
        other.serve("*", DATA, always=servers.silent(20))
        monkeypatch.setenv("HUBCORE_PEERS", " ".join(f"{other.url}/{n}" for n in range(30)))
        url = server.serve("/w.pth", DATA)
        done = threading.Event()

        def get():
            store.get(remote(url))
            done.set()

        threading.Thread(target=get, daemon=True).start()
        assert done.wait(15)  # and not thirty times the time limit of an answer


def test_the_token_goes_to_peers_and_is_told_nowhere(
    server, store, other, monkeypatch, caplog, tmp_path
):
    """Not to the origin, nor to where a peer's redirect leads; and netrc does not replace it."""
    caplog.set_level("DEBUG")
    netrc = tmp_path / "netrc"
    netrc.write_text("default login user password fromnetrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HUBCORE_PEER_TOKEN", TOKEN)
    shown = base64.b64encode(f"hub:{TOKEN}".encode()).decode()
    with BlobServer(other, token=TOKEN) as peer:
        monkeypatch.setenv("HUBCORE_PEERS", f"{peer.address} http://127.0.0.1:9")
        store.get(remote("https://example.invalid/w.pth"))
    store.blob_path(DIGEST).unlink()
    with FaultyServer() as moved:
        target = moved.serve("/elsewhere", DATA)
        server.serve("*", DATA, always=servers.redirect(target.replace("127.0.0.1", "localhost")))
        monkeypatch.setenv("HUBCORE_PEERS", server.url)
        store.get(remote("https://example.invalid/w.pth"))
        assert server.requests[-1][1]["Authorization"] == f"Basic {shown}"
        assert all(shown not in str(headers) for _, headers in moved.requests)
    written = "".join(path.read_text("utf-8") for path in store.root.rglob("*.json"))
    logged = "".join(r.getMessage() for r in caplog.records if r.name.startswith("hubcore"))
    assert "/sha256/" in logged
    for secret in (TOKEN, shown):
        assert secret not in logged + written


def test_offline_asks_no_peer(store, monkeypatch):
    with FaultyServer() as other:
        monkeypatch.setenv("HUBCORE_PEERS", other.url)
        monkeypatch.setenv("HUBCORE_OFFLINE", "1")
        with pytest.raises(OfflineError):
            store.get(remote("https://example.invalid/w.pth"))
        assert not other.requests


def test_a_file_that_names_no_peers_is_an_error_in_words(store, monkeypatch, tmp_path):
    (tmp_path / "peers").write_text("10.0.0.1:8470")
    monkeypatch.setenv("HUBCORE_PEERS", str(tmp_path / "peers"))
    with pytest.raises(Exception, match=r"must hold addresses such as http://"):
        store.get(remote("https://example.invalid/w.pth"))


def test_the_address_of_a_file_holds_the_token_unless_there_is_one():
    assert blob_address("http://h:1/", "d") == "http://h:1/sha256/d"
    assert blob_address("http://h:1", "d", "a/b") == "http://hub:a%2Fb@h:1/sha256/d"
    assert blob_address("https://u:p@h/x", "d", "t") == "https://u:p@h/x/sha256/d"


# -- The command


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_hub_store_serve_offers_the_store_until_it_is_interrupted(other, store, monkeypatch):
    process = subprocess.Popen(
        [sys.executable, "-m", "hubcore.cli", "store", "serve", "--port", "0"],
        env={**os.environ, "HUBCORE_HOME": str(other.root)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        monkeypatch.setenv("HUBCORE_PEERS", address)
        assert store.get(remote("https://example.invalid/w.pth")).read_bytes() == DATA
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)[1]
    finally:
        process.kill()
    assert process.returncode == 0
    assert "700.0 kB" in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--host", "0.0.0.0"], 1, "HUBCORE_PEER_TOKEN"),
        (["--port", "99999"], 2, "not a port"),
        (["--host", "192.0.2.1"], 1, "HUBCORE_PEER_TOKEN"),
        (["--connections", "0"], 2, "less than 1"),
    ],
)
def test_a_wrong_argument_is_an_error_in_words(hub, arguments, code, said):
    assert said in hub("store", "serve", *arguments, check=code).stderr


def test_a_port_in_use_is_an_error_in_words(hub, peer):
    port = urlsplit(peer.address).port
    assert "in use" in hub("store", "serve", "--port", port, check=1).stderr
    assert (
        "192.0.2.1"
        in hub(*("store", "serve", "--host", "192.0.2.1"), check=1, HUBCORE_PEER_TOKEN=TOKEN).stderr
    )
