"""What a hostile server can cost: no disk, no time, and not the good mirror behind it."""

import contextlib
import hashlib
import os
import shutil
import socketserver
import threading

import pytest
import servers

from hubcore.errors import DownloadError, NotEnoughSpaceError
from hubcore.sizes import published_size
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(300_001)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("HUBCORE_TIMEOUT", "0.5")
    monkeypatch.setenv("HUBCORE_RETRIES", "2")
    monkeypatch.setenv("HUBCORE_MAX_SIZE", "20000000")


def assert_nothing_is_left(store):
    assert not list(store.root.glob("partial/*"))
    assert not list(store.root.glob("blobs/*/*"))


@pytest.mark.parametrize("body", [servers.endless, servers.gzip_bomb])
@pytest.mark.parametrize(
    ("about", "reason"), [(None, "HUBCORE_MAX_SIZE"), (200_000, "as the catalogue says")]
)
def test_a_body_without_end_stops_at_the_bound_and_leaves_nothing(
    server, store, body, about, reason
):
    """By the published size where there is one, by the setting where there is none."""
    url = server.serve("/n.pth", DATA, always=body)
    with pytest.raises(DownloadError, match=reason):
        store.get(RemoteFile((url,), DIGEST, about=about))
    assert_nothing_is_left(store)


@pytest.mark.parametrize("body", [servers.endless, servers.gzip_bomb])
def test_a_body_of_unknown_length_never_fills_the_disk(server, store, body, monkeypatch):
    usage = shutil.disk_usage(store.root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=3_000_000))
    url = server.serve("/n.pth", DATA, always=body)
    with pytest.raises(DownloadError, match="for which the disk has room"):
        store.get(RemoteFile((url,), DIGEST))
    assert_nothing_is_left(store)


def test_a_stated_length_beyond_the_bound_is_refused_before_the_body(server, store):
    url = server.serve("/n.pth", DATA, always=servers.stated("30000000"))
    with pytest.raises(DownloadError, match=r"30000000 bytes long.*HUBCORE_MAX_SIZE"):
        store.get(RemoteFile((url,), DIGEST))
    assert_nothing_is_left(store)


def test_a_rounded_size_is_no_obstacle(server, store):
    """The catalogues publish some sizes in MiB with two digits."""
    url = server.serve("/n.pth", DATA)
    about = published_size({"_file_size": 0.28})
    assert store.get(RemoteFile((url,), DIGEST, about=about)).read_bytes() == DATA


HOSTILE = {
    "superscript two": servers.stated("²"),
    "negative": servers.stated("-5"),
    "a sign": servers.stated("+300001"),
    "underscores": servers.stated("300_001"),
    "a word": servers.stated("many"),
    "empty": servers.stated(""),
    "two": servers.stated("300001, 5"),
    "twice": servers.stated("300001, 300001"),
    "huge": servers.stated("9" * 18),
    "beyond integers": servers.stated("9" * 5000),
    "as large as any disk": servers.stated("19000000"),
    "endless headers": servers.trickled_headers(),
    "silent": servers.silent(),
    "endless": servers.endless,
    "bomb": servers.gzip_bomb,
    "an unknown encoding": lambda exchange: exchange.send_head(Content_Encoding="gzip, gzip"),
    "retry after superscript": servers.status(503, Retry_After="²"),
    "retry after an age": servers.status(503, Retry_After="9" * 400),
    "a range that is none": lambda exchange: exchange.head(
        206, {"Content-Range": f"bytes 0-{'9' * 5000}/{'9' * 5000}", "Content-Length": "0"}
    ),
    "a range beyond the end": lambda exchange: exchange.head(
        206, {"Content-Range": "bytes 0-999999/5", "Content-Length": "1000000"}
    ),
    "a page": servers.page(b"<!DOCTYPE html><title>Sign in</title>"),
    "no port": servers.redirect("http://127.0.0.1:99999999/"),
}


@pytest.mark.parametrize("fault", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_mirror_does_not_stop_the_good_one_behind_it(server, store, fault, monkeypatch):
    usage = shutil.disk_usage(store.root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=9_000_000))
    bad = server.serve("/bad.pth", DATA, always=fault)
    good = server.serve("/good.pth", DATA)
    path = store.get(RemoteFile((bad, good), DIGEST))
    assert path.read_bytes() == DATA
    assert not list(store.root.glob("partial/*"))
    assert len(server.asked("/bad.pth")) <= 2


@pytest.mark.parametrize(
    "first",
    [
        lambda exchange: servers.longer(50_000)(exchange),
        servers.cut(100_000),
        servers.stall(1),
        lambda exchange: (exchange.send_head(Content_Length="400000"), exchange.write(b"x" * 99)),
    ],
    ids=["longer", "cut", "one byte, then nothing", "another file's beginning"],
)
def test_a_mirror_that_begins_and_never_ends_gives_way(server, store, first):
    """What it sent is taken on or dropped, but the next one has its turn in the same round."""

    def end(exchange):
        first(exchange)
        exchange.end()

    bad = server.serve("/bad.pth", DATA, always=end)
    good = server.serve("/good.pth", DATA)
    assert store.get(RemoteFile((bad, good), DIGEST)).read_bytes() == DATA
    assert len(server.asked("/bad.pth")) <= 2


def test_no_room_is_said_if_no_mirror_needs_less(server, store, monkeypatch):
    usage = shutil.disk_usage(store.root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    first = server.serve("/a.pth", DATA)
    second = server.serve("/b.pth", DATA, always=servers.status(404))
    with pytest.raises(NotEnoughSpaceError, match="hub cache prune"):
        store.get(RemoteFile((first, second), DIGEST))


def test_headers_without_end_have_a_time_limit(server, store):
    url = server.serve("/n.pth", DATA, [servers.trickled_headers(), servers.trickled_headers()])
    with pytest.raises(DownloadError, match="no whole answer for 1 seconds"):
        store.get(RemoteFile((url,), DIGEST))


def test_an_address_that_nothing_fetches_is_named_with_the_reason(tmp_path, monkeypatch):
    """A scheme of a package's that is not installed here, or of a hook's that declined."""
    monkeypatch.setattr("hubcore.packages.hooks.installed", lambda: True)
    with pytest.raises(DownloadError, match=r"acme://bucket/n\.pth\?\.\.\.: no package .*acme"):
        Store(tmp_path).get(RemoteFile(("acme://key:secret@bucket/n.pth?sig=s",), DIGEST))


@pytest.mark.parametrize("connections", ["1", "2"])
def test_the_fewest_connections_are_enough(server, store, monkeypatch, connections):
    monkeypatch.setenv("HUBCORE_CONNECTIONS", connections)
    url = server.serve("/n.pth", DATA, rate=300_000)
    assert store.get(RemoteFile((url,), DIGEST)).read_bytes() == DATA


OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 300001\r\n"
PART = b"HTTP/1.1 206 Partial Content\r\n"
LATER = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: "
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
ANSWERS = {
    "lengths that differ": OK + b"Content-Length: 5\r\n" + LENGTH + b"\r\nabcde",
    "a length of thousands of digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabcde",
    "a chunk without end": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 50 + b"\r\nabcde",
    "a chunk of no number": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabcde",
    "encoded twelve times": OK + b"Content-Encoding: " + b"gzip," * 11 + b"gzip\r\n\r\nabcde",
    "an encoding nobody asked for": OK + b"Content-Encoding: br\r\n\r\nabcde",
    "a status of no number": "HTTP/1.1 2\xb20 OK\r\n\r\n".encode("latin1"),
    "a status beyond all": b"HTTP/1.1 99999 OK\r\n\r\n",
    "nothing has changed": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabcde",
    "a part of no number": "Content-Range: bytes 0-\xb2/\xb2\r\n\r\n".encode("latin1"),
    "a part of thousands of digits": b"Content-Range: bytes 0-%b/%b\r\n\r\n" % ((b"9" * 5000,) * 2),
    "a part that ends before it begins": b"Content-Range: bytes 9-3/100\r\n\r\n",
    "a pause of no number": LATER + b"nan\r\n\r\n",
    "a pause beyond all": LATER + b"9" * 5000 + b"\r\n\r\n",
    "a pause until a year beyond all": LATER + b"Fri, 31 Dec 9999 23:59:59 -9999\r\n\r\n",
    "moved to a broken address": MOVED + b"http://[\r\n\r\n",
    "moved to a port beyond all": MOVED + b"http://h:99999999/\r\n\r\n",
    "moved to a file": MOVED + b"file:///etc/passwd\r\n\r\n",
    "moved to a name that is too long": MOVED + b"http://" + b"a" * 300 + b"/\r\n\r\n",
    "moved to nowhere": MOVED + b"\r\n\r\n",
    "a name of a header with a zero": OK + b"A\0b: c\r\n" + LENGTH + b"\r\nabcde",
    "no protocol": b"abcde" * 1000,
    "nothing": b"",
}


@contextlib.contextmanager
def answering(answer):
    """The address of a server that sends these bytes, whatever it is asked."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/n.pth"
        finally:
            server.shutdown()


@pytest.mark.parametrize("name", ANSWERS)
def test_no_answer_of_a_mirror_stops_the_good_one_behind_it(server, store, name, monkeypatch):
    """Nor does it end in anything but an error in words where there is no other mirror."""
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    answer = ANSWERS[name]
    with answering(PART + answer if answer.startswith(b"Content-Range") else answer) as url:
        with pytest.raises(DownloadError):
            store.get(RemoteFile((url,), DIGEST))
        good = server.serve("/n.pth", DATA)
        assert store.get(RemoteFile((url, good), DIGEST)).read_bytes() == DATA
