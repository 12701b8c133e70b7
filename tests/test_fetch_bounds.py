"""What a hostile server can cost: no disk, no time, and not the good mirror behind it."""

import hashlib
import os
import shutil

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
    """A scheme of a hook's that is not installed here, or that declined."""
    monkeypatch.setattr("hubcore.packages.hooks.installed", lambda: True)
    with pytest.raises(DownloadError, match=r"acme://bucket/n\.pth\?\.\.\.: no hook .*acme"):
        Store(tmp_path).get(RemoteFile(("acme://key:secret@bucket/n.pth?sig=s",), DIGEST))


@pytest.mark.parametrize("connections", ["1", "2"])
def test_the_fewest_connections_are_enough(server, store, monkeypatch, connections):
    monkeypatch.setenv("HUBCORE_CONNECTIONS", connections)
    url = server.serve("/n.pth", DATA, rate=300_000)
    assert store.get(RemoteFile((url,), DIGEST)).read_bytes() == DATA
