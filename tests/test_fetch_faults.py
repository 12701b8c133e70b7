"""What a network can do to a download, and that nothing is lost, wrong or half-written.

Each fault happens on a real server. After each: the store holds the right file or none, and the
next try succeeds.
"""

import hashlib
import os
import socket
from pathlib import Path

import pytest
import servers
from servers import FaultyServer

from hubcore.errors import DigestMismatchError, DownloadError
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(700_001)
DIGEST = hashlib.sha256(DATA).hexdigest()
PATH = "/weights.pth"


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("HUBCORE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HUBCORE_CONFIG", os.devnull)
    monkeypatch.setenv("HUBCORE_TIMEOUT", "0.5")
    monkeypatch.setenv("HUBCORE_RETRIES", "2")


def remote(*urls, **fields):
    return RemoteFile(urls, **{"sha256": DIGEST, **fields})


def blobs(store: Store) -> list[Path]:
    return [path for path in store.root.glob("blobs/*/*") if path.suffix != ".json"]


def partial_bytes(store: Store) -> int:
    return sum(path.stat().st_size for path in store.root.glob("partial/*/data"))


def assert_right(path: Path, store: Store) -> None:
    assert path.read_bytes() == DATA
    assert blobs(store) == [path]
    assert not list(store.root.glob("partial/*"))


SURVIVED = {
    "truncated at the first byte": servers.cut(0),
    "truncated": servers.cut(300_000),
    "truncated before the last byte": servers.cut(len(DATA) - 1),
    "reset before the body": servers.reset(0),
    "reset in the body": servers.reset(300_000),
    "no answer": servers.nothing,
    "no HTTP": servers.garbage,
    "stalls before the body": servers.stall(0),
    "stalls in the body": servers.stall(300_000),
    "trickles": servers.trickle(),
    "chunked, broken off": servers.chunked(300_000),
    "408": servers.status(408),
    "429": servers.status(429, Retry_After="0"),
    "500": servers.status(500),
    "502": servers.status(502),
    "503": servers.status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "504": servers.status(504),
    "416": servers.status(416),
    "other bytes once": servers.other_bytes,
    "more bytes than promised": servers.beyond_length(1000),
    "compressed on the way": servers.gzipped,
    "compressed, and cut": servers.gzipped_and_cut(),
    "unknown length": servers.until_close(),
    "chunked": servers.chunked(),
}


@pytest.mark.parametrize("fault", SURVIVED.values(), ids=SURVIVED.keys())
def test_a_passing_fault_is_survived(server, store, fault):
    """One call gives the file although the first answer was bad."""
    url = server.serve(PATH, DATA, [fault])
    assert_right(store.get(remote(url)), store)


def _empty_range(exchange):
    """Claims to send a range, and sends none of it."""
    size = len(exchange.data)
    exchange.head(206, {"Content-Range": f"bytes 0-0/{size}", "Content-Length": "0"})


LASTING = {
    "truncated at the first byte": servers.cut(0),
    "reset in the body": servers.reset(0),
    "no answer": servers.nothing,
    "no HTTP": servers.garbage,
    "stalls": servers.stall(0),
    "trickles": servers.trickle(),
    "429": servers.status(429),
    "429 for an hour": servers.status(429, Retry_After="3600"),
    "500": servers.status(500),
    "404": servers.status(404),
    "403": servers.status(403),
    "410": servers.status(410),
    "204": servers.status(204),
    "300": servers.status(300),
    "wrong digest": servers.other_bytes,
    "longer than promised": servers.longer(1000),
    "never ends": servers.endless,
    "206 with nothing": _empty_range,
    "endless redirects": servers.redirect(PATH),
    "redirect to a file": servers.redirect("file:///etc/hostname"),
    "redirect to nowhere": servers.redirect("http://"),
    "redirect that is none": servers.redirect("http://[1::2/"),
}


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_a_lasting_fault_is_one_clear_error_and_the_next_try_succeeds(server, store, fault):
    """Nothing wrong is visible meanwhile, and what is left behind does not hinder."""
    url = server.serve(PATH, DATA, always=fault)
    with pytest.raises(DownloadError) as caught:
        store.get(remote(url, size=len(DATA)))
    assert url in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert blobs(store) == []
    server.serve(PATH, DATA)
    assert_right(store.get(remote(url, size=len(DATA))), store)


@pytest.mark.parametrize("fault", [servers.cut(100_000), servers.reset(100_000)])
def test_a_connection_that_always_breaks_still_ends_in_the_whole_file(server, store, fault):
    """Tries without progress are counted, not tries: each brings some bytes more."""
    url = server.serve(PATH, DATA, always=fault)
    assert_right(store.get(remote(url)), store)
    assert len(server.asked(PATH)) >= 7


def test_the_next_process_resumes(server, store):
    """What arrived before the failure is not asked for again."""
    url = server.serve(PATH, DATA, [servers.cut(300_000)], always=servers.status(500))
    with pytest.raises(DownloadError, match="the next try resumes"):
        store.get(remote(url))
    assert partial_bytes(store) == 300_000
    server.serve(PATH, DATA)
    assert_right(Store(store.root).get(remote(url)), store)
    last = server.asked(PATH)[-1]
    assert last["Range"] == "bytes=300000-"
    assert last["If-Range"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert last["Accept-Encoding"] == "identity"


def test_a_file_of_unknown_length_that_is_whole_is_noticed(server, store):
    """Killed after the last byte, before the server could say that it was the last."""
    url = server.serve("/n.pth", DATA, [servers.chunked(len(DATA))])
    assert_right(store.get(remote(url)), store)
    assert len(server.requests) == 2  # the second answer is 416: nothing after that


def test_a_server_that_leaves_the_etag_out_of_its_ranges_is_believed(server, store):
    """The size fits and the digest decides; there is no reason to begin afresh."""

    def bare(exchange):
        start, end = exchange.send_head(ETag=None)
        exchange.write(exchange.data[start:end])

    url = server.serve(PATH, DATA, [servers.cut(300_000), bare])
    assert_right(store.get(remote(url)), store)
    assert len(server.requests) == 2


def test_last_modified_serves_where_there_is_no_strong_etag(server, store):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    url = server.serve(PATH, DATA, [servers.cut(300_000)], ETag='W/"weak"', Last_Modified=date)
    assert_right(store.get(remote(url)), store)
    assert server.asked(PATH)[-1]["If-Range"] == date


@pytest.mark.parametrize(
    "second", [servers.ignore_range, servers.wrong_range, servers.lying_range, servers.other_bytes]
)
def test_a_server_bad_at_ranges_is_survived(server, store, second):
    """200 for 206, a wrong Content-Range, other bytes under the right one: begun afresh."""
    url = server.serve(PATH, DATA, [servers.cut(300_000), second])
    assert_right(store.get(remote(url)), store)


def test_an_ignored_range_costs_one_request(server, store):
    """The 200 is the whole file: it is taken as that, not asked for again."""
    url = server.serve(PATH, DATA, [servers.cut(300_000), servers.ignore_range])
    assert_right(store.get(remote(url)), store)
    assert len(server.requests) == 2


def test_a_wrong_range_is_noticed_without_a_digest_too(server, store):
    url = server.serve(PATH, DATA, [servers.cut(300_000), servers.wrong_range])
    assert store.get(RemoteFile((url,)), check_hash=False).read_bytes() == DATA


@pytest.mark.parametrize("kept", [0, 18, -1])
def test_a_compressed_body_that_is_cut_short_is_never_taken_for_the_file(server, store, kept):
    """Without a digest and a length, only the compression itself tells that there was more."""
    url = server.serve(PATH, DATA, always=servers.gzipped_and_cut(kept))
    with pytest.raises(DownloadError, match="end of the gzip data"):
        store.get(RemoteFile((url,)), check_hash=False)
    server.serve(PATH, DATA, always=servers.gzipped)
    assert store.get(RemoteFile((url,)), check_hash=False).read_bytes() == DATA


@pytest.mark.parametrize("known_size", [True, False])
def test_a_file_that_changes_between_two_tries_is_never_joined(server, store, known_size):
    """The old half and the new half do not meet, whether or not the server minds If-Range."""
    old = os.urandom(len(DATA) if known_size else len(DATA) + 5000)
    url = server.serve(PATH, old, always=servers.cut(300_000))
    server.resources[PATH].always = None
    server.resources[PATH].faults = [servers.cut(300_000), servers.status(500), servers.status(500)]
    with pytest.raises(DownloadError):
        store.get(remote(url))
    server.serve(PATH, DATA)
    assert_right(store.get(remote(url)), store)


def test_a_changed_file_behind_a_server_that_ignores_if_range_is_not_joined(server, store):
    """Without a digest, only the ETag tells the halves apart."""

    def careless(exchange):
        del exchange.handler.headers["If-Range"]
        servers.good(exchange)

    old = bytes(len(DATA))
    url = server.serve(PATH, old, always=servers.cut(300_000))
    server.resources[PATH].always = servers.status(500)
    server.resources[PATH].faults = [servers.cut(300_000)]
    with pytest.raises(DownloadError):
        store.get(RemoteFile((url,)), check_hash=False)
    server.serve(PATH, DATA, always=careless)
    assert store.get(RemoteFile((url,)), check_hash=False).read_bytes() == DATA


def test_without_a_digest_only_what_surely_belongs_together_is_joined(server, store):
    """No ETag and no date: a resumed half could be another file's, so it is begun afresh."""
    url = server.serve(PATH, DATA, [_cut_without_validators])
    path = store.get(RemoteFile((url,)), check_hash=False)
    assert path.read_bytes() == DATA
    assert "Range" not in server.asked(PATH)[-1]


def _cut_without_validators(exchange):
    start, _ = exchange.send_head(ETag=None)
    exchange.write(exchange.data[start : start + 1000])
    exchange.end()


def test_a_gz_file_that_is_labelled_as_an_encoding_is_kept_as_it_is(server, store):
    """Decoding would break its digest; the second try takes it literally."""
    import gzip

    packed = gzip.compress(DATA)
    url = server.serve(PATH, packed, always=servers.mislabelled_gzip)
    path = store.get(RemoteFile((url,), sha256=hashlib.sha256(packed).hexdigest()))
    assert path.read_bytes() == packed


def test_a_digest_that_stays_wrong_names_both_and_leaves_nothing(server, store):
    """One clean restart, then an error; the store is as empty as before."""
    url = server.serve(PATH, DATA)
    with pytest.raises(DigestMismatchError) as caught:
        store.get(remote(url, sha256="0" * 64))
    assert "0" * 64 in str(caught.value)
    assert DIGEST in str(caught.value)
    assert (caught.value.expected, caught.value.actual) == ("0" * 64, DIGEST)
    assert isinstance(caught.value, RuntimeError)  # as torch.hub's
    assert len(server.asked(PATH)) == 2
    assert blobs(store) == []
    assert partial_bytes(store) == 0


def test_a_wrong_size_is_noticed_before_the_body(server, store):
    """The catalogue's size is not the server's: 3 GB need not be read to see it."""
    url = server.serve(PATH, DATA)
    with pytest.raises(DownloadError, match=f"it is {len(DATA)} bytes long.*says 10"):
        store.get(remote(url, size=10))
    assert partial_bytes(store) == 0


def test_retry_after_is_waited_for(server, store, monkeypatch):
    waits = []
    monkeypatch.setattr(
        "hubcore.download.cancellation.Cancel.sleep", lambda self, seconds: waits.append(seconds)
    )
    url = server.serve(PATH, DATA, [servers.status(429, Retry_After="7")])
    store.get(remote(url))
    assert waits == [7.0]


def test_retry_after_as_a_date_goes_by_the_servers_clock(server, store, monkeypatch):
    """Our own clock may be years off."""
    waits = []
    monkeypatch.setattr(
        "hubcore.download.cancellation.Cancel.sleep", lambda self, seconds: waits.append(seconds)
    )

    def fault(exchange):
        exchange.handler.date_time_string = lambda timestamp=None: "Wed, 21 Oct 2015 07:28:00 GMT"
        servers.status(503, Retry_After="Wed, 21 Oct 2015 07:28:09 GMT")(exchange)

    store.get(remote(server.serve(PATH, DATA, [fault])))
    assert waits == [9.0]


def test_waits_grow_and_are_jittered(server, store, monkeypatch):
    waits = []
    monkeypatch.setenv("HUBCORE_RETRIES", "5")
    monkeypatch.setattr(
        "hubcore.download.cancellation.Cancel.sleep", lambda self, seconds: waits.append(seconds)
    )
    url = server.serve(PATH, DATA, always=servers.status(500))
    with pytest.raises(DownloadError, match="HTTP 500"):
        store.get(remote(url))
    assert len(waits) == 4
    assert waits == sorted(waits)
    assert all(0.25 * 2**n <= wait <= 0.25 * 2**n + 0.25 for n, wait in enumerate(waits))


def test_a_refused_connection_is_named(store):
    with servers.silent_port() as port, pytest.raises(DownloadError, match="was refused"):
        store.get(remote(f"http://127.0.0.1:{port}/x.pth"))


def test_a_host_without_an_address_is_named(store, monkeypatch):
    """DNS fails (made to, since a resolver's answer is not ours to promise)."""

    def fail(*args, **kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(DownloadError, match="name could not be resolved"):
        store.get(remote("http://weights.invalid/x.pth"))


def test_dns_that_fails_once_is_survived(server, store, monkeypatch):
    url = server.serve(PATH, DATA).replace("127.0.0.1", "localhost")
    resolve = socket.getaddrinfo
    calls = []

    def fail_once(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", fail_once)
    assert_right(store.get(remote(url)), store)


def test_redirects_are_followed_and_the_original_is_asked_again(server, store):
    """Signed addresses expire: a resumed download starts from the catalogue's own."""
    server.serve("/signed-1", DATA, [servers.cut(300_000)])
    server.serve("/signed-2", DATA)
    url = server.serve(
        PATH, DATA, [servers.redirect("/signed-1")], always=servers.redirect("/signed-2")
    )
    assert_right(store.get(remote(url)), store)
    assert [path for path, _ in server.requests] == [PATH, "/signed-1", PATH, "/signed-2"]


@pytest.fixture
def secure(monkeypatch, tmp_path):
    """An https server whose authority is trusted through REQUESTS_CA_BUNDLE."""
    import ssl

    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    with FaultyServer(context) as server:
        yield server


def test_https_with_an_own_authority(secure, store):
    assert_right(store.get(remote(secure.serve(PATH, DATA, [servers.cut(1000)]))), store)


def test_an_untrusted_certificate_is_refused_at_once(secure, store, monkeypatch):
    url = secure.serve(PATH, DATA)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(DownloadError, match="REQUESTS_CA_BUNDLE"):
        store.get(remote(url))
    assert secure.requests == []


def test_a_redirect_from_https_to_http_is_refused_before_it_is_followed(secure, server, store):
    plain = server.serve(PATH, DATA)
    url = secure.serve(PATH, DATA, always=servers.redirect(plain))
    with pytest.raises(DownloadError, match="plain http"):
        store.get(remote(url))
    assert server.requests == []


def test_the_next_mirror_is_tried(server, store):
    """Whatever is wrong with the first address, the second one serves."""
    faults = [servers.status(404), servers.other_bytes, servers.nothing, servers.longer(9)]
    for number, fault in enumerate(faults):
        mirrors = (
            server.serve(f"/bad-{number}", DATA, always=fault),
            server.serve(f"/good-{number}", DATA),
        )
        path = store.get(remote(*mirrors))
        assert path.read_bytes() == DATA
        path.unlink()


def test_a_mirror_goes_on_where_the_first_address_broke_off(server, store):
    """The digest says that it is the same file, so its bytes are as good."""
    first = server.serve("/a", DATA, [servers.cut(300_000)], always=servers.status(500))
    second = server.serve("/b", DATA, ETag='"other"')
    assert_right(store.get(remote(first, second)), store)
    assert server.asked("/b")[0]["Range"] == "bytes=300000-"
    assert "If-Range" not in server.asked("/b")[0]


def test_all_addresses_failing_lists_each_with_its_reason(server, store):
    first = server.serve("/a", DATA, always=servers.status(404))
    second = server.serve("/b", DATA, always=servers.status(500))
    with pytest.raises(DownloadError) as caught:
        store.get(remote(first, second))
    assert f"{first}: HTTP 404" in str(caught.value)
    assert f"{second}: HTTP 500" in str(caught.value)
