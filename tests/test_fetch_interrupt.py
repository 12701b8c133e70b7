"""Ctrl-C ends a download soon, whatever it waits for, and keeps what arrived.

The server stalls for ten minutes, so an interrupt that is not noticed would show.
"""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import servers

from hubcore.download.cancellation import Cancel, CancelledError
from hubcore.download.http import new_session, open_url
from hubcore.download.parallel import in_threads

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(2_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
STALL = 600.0
SOON = 10.0  # seconds; far less than a stall, and more than a busy machine needs

ONE = """
import sys; from pathlib import Path; from hubcore.store import *
Store(Path(sys.argv[1])).get(RemoteFile(tuple(sys.argv[2:]), '%s'))
"""
MANY = """
import sys; from pathlib import Path; from hubcore.store import *
files = [RemoteFile((url,), f'{n:064x}') for n, url in enumerate(sys.argv[2:])]
Store(Path(sys.argv[1])).get_many(files)
"""


def interrupted(code, arguments, waits):
    """Runs a program, interrupts it when it waits; its standard error, and seconds to its end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "HUBCORE_TIMEOUT": str(STALL)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 30
        while not waits():
            assert time.monotonic() < until, "it never waited"
            time.sleep(0.01)
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        return err, time.monotonic() - began
    finally:
        process.kill()
        process.communicate()


WAITS = {
    "for headers": servers.silent(STALL),
    "for more headers": servers.trickled_headers(STALL),
    "for the body": servers.stall(0, STALL),
    "for more of the body": servers.stall(500_000, STALL),
    "before the next try": servers.status(503, Retry_After="100"),
}


@pytest.mark.parametrize("fault", WAITS.values(), ids=WAITS.keys())
@pytest.mark.parametrize("mirrors", [1, 3])
def test_ctrl_c_ends_one_download(server, tmp_path, fault, mirrors):
    """Three mirrors that stall do not take three times as long: none is asked any more."""
    urls = [server.serve(f"/{n}.pth", DATA, always=fault) for n in range(mirrors)]
    asked = 3 if fault is WAITS["before the next try"] and mirrors == 3 else 1
    err, seconds = interrupted(
        ONE % DIGEST, [tmp_path, *urls], lambda: len(server.requests) >= asked
    )
    assert "KeyboardInterrupt" in err
    assert seconds < SOON
    assert len(server.requests) == asked


def test_ctrl_c_ends_many_downloads(server, tmp_path):
    urls = [server.serve(f"/{n}.pth", DATA, always=servers.silent(STALL)) for n in range(6)]
    err, seconds = interrupted(MANY, [tmp_path, *urls], lambda: len(server.requests) == 4)
    assert "KeyboardInterrupt" in err
    assert seconds < SOON
    assert len(server.requests) == 4  # the others were not begun


def test_ctrl_c_ends_a_wait_for_a_connection(tmp_path):
    """A host that takes no connection: its queue is full, and it answers nothing."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        queue = [socket.socket() for _ in range(3)]
        for client in queue:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        err, seconds = interrupted(
            ONE % DIGEST,
            [tmp_path, f"http://127.0.0.1:{port}/n.pth"],
            lambda: time.monotonic() - began > 2,
        )
        for client in queue:
            client.close()
    assert "KeyboardInterrupt" in err
    assert seconds < SOON


@pytest.mark.parametrize("fault", [servers.silent(STALL), servers.trickled_headers(STALL)])
def test_another_thread_ends_a_wait_for_headers(server, fault, monkeypatch):
    monkeypatch.setenv("HUBCORE_TIMEOUT", str(STALL))
    url = server.serve("/n.pth", DATA, always=fault)
    cancel = Cancel()
    caught = []

    def ask():
        try:
            open_url(new_session(), url, {}, cancel)
        except CancelledError as error:
            caught.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    cancel.set()
    thread.join(SOON)
    assert caught


def test_a_task_that_does_not_end_is_left_behind():
    """A look-up of a name cannot be cancelled; the program ends all the same."""
    code = (
        "import time\n"
        "from hubcore.download.parallel import in_threads\n"
        "print('waits', flush=True)\n"
        "in_threads([lambda: time.sleep(600)], 1, lambda: None)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SOON)
    assert "KeyboardInterrupt" in err


def test_tasks_give_their_results_in_order_and_the_first_error():
    assert in_threads([lambda n=n: n * n for n in range(9)], 3, lambda: None) == [
        n * n for n in range(9)
    ]
    done = []

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_threads([fail, lambda: done.append(1)], 1, lambda: None)
    assert done == [1]
    assert in_threads([], 4, lambda: None) == []
