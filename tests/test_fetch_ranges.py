"""Several connections for one file: where they help, and that nothing depends on them."""

import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import servers

from hubcore.download import ranges
from hubcore.download.intervals import Intervals
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(3_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
RATE = 750_000  # bytes a second and connection: 4 seconds for one


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Small pieces and short measurements, so that a small file has many."""
    monkeypatch.setattr(ranges, "_SMALLEST", 128 * 1024)
    monkeypatch.setattr(ranges, "_MEASURE", 0.15)
    monkeypatch.setattr(ranges, "_WORTH_IT", 0.3)
    monkeypatch.setenv("HUBCORE_TIMEOUT", "5")
    monkeypatch.setenv("HUBCORE_CONNECTIONS", "16")


def get(store, url):
    path = store.get(RemoteFile((url,), DIGEST))
    assert path.read_bytes() == DATA
    assert not list(store.root.glob("partial/*"))


def slowly(fault):
    """The same fault, but not before the client has measured."""

    def slow(exchange):
        time.sleep(0.1)
        fault(exchange)

    return slow


def asked_ranges(server):
    return [headers["Range"] for headers in server.asked("/n.pth") if "Range" in headers]


def test_a_slow_connection_gets_company(server, store):
    """Each piece is asked for once, and the first connection stops where they begin."""
    get(store, server.serve("/n.pth", DATA, rate=RATE))
    pieces = asked_ranges(server)
    assert len(pieces) > 3
    assert len(set(pieces)) == len(pieces)
    assert all(headers.get("If-Range") for headers in server.asked("/n.pth")[1:])


def test_a_fast_connection_stays_alone(server, store):
    get(store, server.serve("/n.pth", DATA))
    assert len(server.requests) == 1


def test_one_connection_if_the_user_says_so(server, store, monkeypatch):
    monkeypatch.setenv("HUBCORE_CONNECTIONS", "1")
    get(store, server.serve("/n.pth", DATA, rate=4 * RATE))
    assert len(server.requests) == 1


def test_the_user_sets_the_most(server, store, monkeypatch):
    """Never more at once than HUBCORE_CONNECTIONS."""
    monkeypatch.setenv("HUBCORE_CONNECTIONS", "3")
    counts = {"now": 0, "most": 0}
    lock = threading.Lock()

    def counted(exchange):
        with lock:
            counts["now"] += 1
            counts["most"] = max(counts["most"], counts["now"])
        try:
            servers.good(exchange)
        finally:
            with lock:
                counts["now"] -= 1

    get(store, server.serve("/n.pth", DATA, rate=RATE, always=counted))
    # The first connection may still be closing when its successor opens.
    assert 2 <= counts["most"] <= 4


def first_good_then(fault):
    """Serves what streams from the start, and answers requests from further on with a fault."""

    def choose(exchange):
        (servers.good if exchange.start == 0 else fault)(exchange)

    return choose


@pytest.mark.parametrize(
    "fault",
    [
        servers.ignore_range,
        servers.wrong_range,
        servers.status(429),
        servers.status(503),
        servers.status(403),
        servers.nothing,
    ],
    ids=["200", "wrong Content-Range", "429", "503", "403", "no answer"],
)
def test_a_server_that_does_not_serve_pieces_costs_nothing(server, store, fault):
    """The first connection reads on to the end, as if nobody had asked."""
    url = server.serve("/n.pth", DATA, rate=2 * RATE, always=first_good_then(fault))
    get(store, url)
    assert [h.get("Range") for h in server.asked("/n.pth")].count(None) == 1


def test_pieces_of_another_file_are_not_mixed_in(server, store):
    """A replica behind the same address that has another version: told by its ETag."""

    def replica(exchange):
        exchange.etag = '"another"'
        exchange.data = bytes(len(DATA))
        start = int(exchange.handler.headers["Range"][6:].partition("-")[0])
        end = int(exchange.handler.headers["Range"].partition("-")[2]) + 1
        exchange.head(
            206,
            {
                "ETag": '"another"',
                "Content-Length": str(end - start),
                "Content-Range": f"bytes {start}-{end - 1}/{len(DATA)}",
            },
        )
        exchange.write(bytes(end - start))

    url = server.serve("/n.pth", DATA, rate=2 * RATE, always=first_good_then(replica))
    get(store, url)


def test_wrong_bytes_in_a_piece_are_found_by_the_digest(server, store):
    """One clean restart, then the right file."""
    faults = [servers.good, servers.lying_range]
    get(store, server.serve("/n.pth", DATA, faults, rate=RATE))
    assert [h.get("Range") for h in server.asked("/n.pth")].count(None) == 2


@pytest.mark.parametrize("fault", [servers.cut(50_000), servers.reset(50_000), servers.stall(9)])
def test_pieces_that_break_off_are_finished(server, store, fault, monkeypatch):
    monkeypatch.setenv("HUBCORE_TIMEOUT", "0.5")
    faults = [servers.good, fault, fault, fault]
    get(store, server.serve("/n.pth", DATA, faults, rate=RATE))


def test_the_first_connection_breaking_off_does_not_matter(server, store):
    def good_then_reset(exchange):
        start, _ = exchange.send_head()
        for position in range(start, start + 300_000, 10_000):
            exchange.write(exchange.data[position : position + 10_000])
            time.sleep(0.015)
        exchange.reset()

    get(store, server.serve("/n.pth", DATA, [good_then_reset], rate=RATE))


def pieces_there(folder):
    """The parts of the file, with gaps between them, that a partial says are there."""
    for state in folder.glob("partial/*/state.json"):
        return len(json.loads(state.read_text()).get("have", ()))
    return 0


def test_a_process_killed_with_pieces_all_over_is_resumed(server, tmp_path):
    """Only what lacks is asked for again."""
    url = server.serve("/n.pth", DATA, rate=RATE / 2)
    script = (
        "import sys; from pathlib import Path; from hubcore.download import ranges\n"
        "ranges._SMALLEST, ranges._MEASURE = 128 * 1024, 0.15\n"
        "from hubcore.store import *\n"
        "Store(Path(sys.argv[1])).get(RemoteFile((sys.argv[2],), sys.argv[3]))\n"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path), url, DIGEST]
    process = subprocess.Popen(arguments)
    until = time.monotonic() + 20
    while pieces_there(tmp_path) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list(Path(tmp_path).glob("blobs/*/*"))
    assert pieces_there(tmp_path) > 1
    before = len(asked_ranges(server))
    server.resources["/n.pth"].rate = None
    get(Store(tmp_path), url)
    again = sum(
        int(end or len(DATA) - 1) + 1 - int(start)
        for start, end in (r[6:].split("-") for r in asked_ranges(server)[before:])
    )
    assert 0 < again < len(DATA)


def test_interrupting_with_pieces_under_way_ends_soon(server, tmp_path):
    """Ctrl-C while helpers wait for a server that stalls."""
    url = server.serve("/n.pth", DATA, rate=RATE, always=first_good_then(servers.stall(10)))
    script = (
        "import sys; from pathlib import Path; from hubcore.download import ranges\n"
        "ranges._SMALLEST, ranges._MEASURE = 128 * 1024, 0.15\n"
        "from hubcore.store import *\n"
        "Store(Path(sys.argv[1])).get(RemoteFile((sys.argv[2],), sys.argv[3]))\n"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path), url, DIGEST]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not asked_ranges(server) and time.monotonic() < until:
        time.sleep(0.01)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert time.monotonic() - began < 10
    assert (tmp_path / "partial" / DIGEST / "data").exists()


def test_stopping_one_download_leaves_the_others_alone():
    """Downloads under way at once share what stops all of them, and each can end by itself."""
    from hubcore.download.cancellation import Cancel, CancelledError

    everything = Cancel()
    one, other = everything.child(), everything.child()
    one.set()
    with pytest.raises(CancelledError):
        one.check()
    other.check()
    everything.check()
    everything.set()
    with pytest.raises(CancelledError):
        other.check()
    with pytest.raises(CancelledError):
        everything.child().check()


def test_intervals_count_each_byte_once():
    """Against a plain set of numbers, for random intervals."""
    import random

    chance = random.Random(1)
    for _ in range(200):
        intervals, truth = Intervals(), set()
        for _ in range(20):
            start = chance.randrange(60)
            end = start + chance.randrange(12)
            new = set(range(start, end)) - truth
            assert intervals.add(start, end) == len(new)
            truth |= new
        assert intervals.count() == len(truth)
        assert intervals.prefix() == next(n for n in range(99) if n not in truth)
        missing = {n for a, b in intervals.missing(70, 5) for n in range(a, b)}
        assert missing == set(range(5, 70)) - truth
        pieces = intervals.as_list()
        assert all(a[1] < b[0] for a, b in itertools.pairwise(pieces))
