"""Many processes, killed ones, and locks that do not work: real processes, no mocks."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import servers

from hubcore.download.partial import Partial
from hubcore.store import RemoteFile, Store
from hubcore.store.locks import one_at_a_time

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(2_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()

GET = """
import sys
from pathlib import Path
from hubcore.store import RemoteFile, Store
root, url, digest = sys.argv[1:4]
path = Store(Path(root)).get(RemoteFile((url,), digest))
print(path)
"""

# As on file systems without locks: refused, or granted to everybody.
LOCKS_REFUSED = """
import fcntl, errno
def flock(fd, flags): raise OSError(errno.ENOLCK, "No locks available")
fcntl.flock = flock
"""
FORK_LATER = """
import os, threading, time
def fork():
    time.sleep(1)
    if not os.fork():
        open({0!r}, "w").close()
        time.sleep(100)
        os._exit(0)
threading.Thread(target=fork).start()
"""
LOCKS_GRANTED_TO_ALL = """
import fcntl
fcntl.flock = lambda fd, flags: None
"""


def start(root, url, digest=DIGEST, before="", **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBCORE_")}
    return subprocess.Popen(
        [sys.executable, "-c", before + GET, str(root), url, digest],
        env={**environment, "HUBCORE_TIMEOUT": "20", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return Path(out.strip())


def blobs(root):
    return [path for path in Path(root).glob("blobs/*/*") if path.suffix != ".json"]


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)


def partial_bytes(root):
    total = 0
    for path in Path(root).glob("partial/*/data"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


@pytest.mark.parametrize("after", [0, 1, 65_536, 1_000_000, len(DATA) - 1])
def test_a_process_killed_at_any_byte_loses_and_spoils_nothing(server, tmp_path, after):
    """kill -9: nothing is visible, and the next process resumes at the byte."""
    url = server.serve("/n.pth", DATA, [servers.stall(after)])
    process = start(tmp_path, url)
    wait_for(lambda: server.requests and partial_bytes(tmp_path) == after)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert blobs(tmp_path) == []
    path = Store(tmp_path).get(RemoteFile((url,), DIGEST))
    assert path.read_bytes() == DATA
    expected = f"bytes={after}-" if after else None
    assert server.requests[-1][1].get("Range") == expected
    assert not list(tmp_path.glob("partial/*"))


def test_a_process_killed_while_hashing_what_is_complete(server, tmp_path):
    """All bytes are there and nothing is published: the next process needs no network."""
    url = server.serve("/n.pth", DATA)
    before = "import os, hubcore.store as s\ns.Store.publish = lambda *a: os.kill(os.getpid(), 9)\n"
    process = start(tmp_path, url, before=before)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert blobs(tmp_path) == []
    asked = len(server.requests)
    assert finished(start(tmp_path, url)).read_bytes() == DATA
    assert len(server.requests) == asked


@pytest.mark.parametrize("count", [2, 16])
def test_processes_that_want_one_file_download_it_once(server, tmp_path, count):
    """One of them downloads, all get it (pytorch#68320)."""
    url = server.serve("/n.pth", DATA, rate=4_000_000)
    processes = [start(tmp_path, url) for _ in range(count)]
    paths = {finished(process) for process in processes}
    assert paths == {Store(tmp_path).blob_path(DIGEST)}
    assert [headers.get("Range") for headers in server.asked("/n.pth")] == [None]
    assert blobs(tmp_path)[0].read_bytes() == DATA


def test_threads_that_want_one_file_download_it_once(server, tmp_path):
    url = server.serve("/n.pth", DATA, rate=8_000_000)
    files = [RemoteFile((url,), DIGEST)] * 8
    paths = Store(tmp_path).get_many(files, at_once=8)
    assert set(paths) == {Store(tmp_path).blob_path(DIGEST)}
    assert len(server.requests) == 1


@pytest.mark.parametrize("locks", [LOCKS_REFUSED, LOCKS_GRANTED_TO_ALL])
def test_without_locks_each_downloads_and_all_are_right(server, tmp_path, locks):
    """NFS without a lock service: bandwidth is lost, nothing else."""
    url = server.serve("/n.pth", DATA, rate=8_000_000)
    processes = [start(tmp_path, url, before=locks) for _ in range(6)]
    paths = {finished(process) for process in processes}
    assert paths == {Store(tmp_path).blob_path(DIGEST)}
    assert blobs(tmp_path)[0].read_bytes() == DATA
    assert len(blobs(tmp_path)) == 1
    assert not list(tmp_path.glob("partial/*"))


def test_two_different_files_do_not_wait_for_each_other(server, tmp_path):
    """The second one arrives while the first one still stalls."""
    other = os.urandom(1000)
    slow = start(tmp_path, server.serve("/slow.pth", DATA, [servers.stall(10)]))
    try:
        wait_for(lambda: server.requests)
        digest = hashlib.sha256(other).hexdigest()
        url = server.serve("/quick.pth", other)
        assert finished(start(tmp_path, url, digest)).read_bytes() == other
        assert slow.poll() is None
    finally:
        slow.kill()
        slow.communicate()


def test_a_waiting_process_goes_on_when_the_downloading_one_is_killed(server, tmp_path):
    """It takes over the dead one's bytes; its lock ended with it."""
    url = server.serve("/n.pth", DATA, [servers.stall(700_000)])
    first = start(tmp_path, url)
    wait_for(lambda: partial_bytes(tmp_path) == 700_000)
    second = start(tmp_path, url)
    time.sleep(0.5)
    assert len(server.requests) == 1
    first.kill()
    first.communicate()
    assert finished(second).read_bytes() == DATA
    assert server.requests[-1][1]["Range"] == "bytes=700000-"


def test_a_lock_file_left_behind_by_a_dead_process_does_not_hinder(server, tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / f"{DIGEST}.lock").write_text("12345\nsome-host\n")
    url = server.serve("/n.pth", DATA)
    assert Store(tmp_path).get(RemoteFile((url,), DIGEST)).read_bytes() == DATA


def test_a_holder_that_hangs_is_not_waited_for_forever(tmp_path):
    """A stopped process keeps its lock: after a while without progress, go on without."""
    lock = tmp_path / "x.lock"
    entered = threading.Event()
    leave = threading.Event()

    def hang():
        with one_at_a_time(lock, done=lambda: False, progress=lambda: 0):
            entered.set()
            leave.wait(20)

    thread = threading.Thread(target=hang)
    thread.start()
    entered.wait(20)
    with one_at_a_time(lock, done=lambda: False, progress=lambda: 0, patience=0.3):
        assert thread.is_alive()
    leave.set()
    thread.join()


def test_the_children_of_a_killed_process_hold_nobody_up(server, tmp_path):
    """They have its lock as long as they live, and nobody works on the file."""
    forked = tmp_path / "forked"
    url = server.serve("/n.pth", DATA, [servers.stall(100_000)])
    process = start(tmp_path, url, before=FORK_LATER.format(str(forked)))
    try:
        wait_for(lambda: partial_bytes(tmp_path) == 100_000 and forked.exists())
        process.kill()
        process.wait()
        began = time.monotonic()
        Store(tmp_path).get(RemoteFile((url,), DIGEST))
        assert time.monotonic() - began < 60  # a holder that may work is waited for longer
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_stopped_processs_bytes_are_not_taken_from_it(server, tmp_path):
    """It may go on any moment, so what it works on is its own."""
    url = server.serve("/n.pth", DATA, [servers.stall(1000)])
    process = start(tmp_path, url)
    try:
        wait_for(lambda: partial_bytes(tmp_path) == 1000)
        os.kill(process.pid, signal.SIGSTOP)
        partial = Partial.claim(tmp_path / "partial", DIGEST)
        assert partial.size == 0
        partial.discard()
    finally:
        process.kill()
        process.communicate()


def test_a_reused_process_number_is_no_sign_of_life(tmp_path):
    """The owner's start is noted with its number."""
    partial = Partial.claim(tmp_path, "key")
    partial.write(b"12345", 0)
    partial.save()
    host, pid, _, token = partial.folder.name.partition(".")[2].split("-")
    partial.folder.rename(tmp_path / f"key.{host}-{pid}-1-{token}")
    again = Partial.claim(tmp_path, "key")
    assert again.size == 5


def test_another_hosts_partial_is_taken_only_when_long_untouched(tmp_path):
    """By the file system's clock: ours may be wrong."""
    partial = Partial.claim(tmp_path, "key")
    partial.write(b"12345", 0)
    partial.save()
    theirs = tmp_path / "key.0123456789ab-1-1-00"
    partial.folder.rename(theirs)
    assert Partial.claim(tmp_path, "key").size == 0
    for path in (*theirs.iterdir(), theirs):
        os.utime(path, (0, 0))
    assert Partial.claim(tmp_path, "key").size == 5


def test_smaller_partials_of_the_same_file_are_cleared_away(tmp_path):
    """Two killed processes left one each: the larger is resumed, the other is of no use."""
    for size in (10, 30, 20):
        partial = Partial.claim(tmp_path, "key")
        partial.write(bytes(size), 0)
        partial.save()
        host, pid, _, token = partial.folder.name.partition(".")[2].split("-")
        partial.folder.rename(tmp_path / f"x.{host}-{pid}-1-{token}")
    for folder in list(tmp_path.iterdir()):
        folder.rename(folder.with_name(f"key{folder.name[1:]}"))
    assert Partial.claim(tmp_path, "key").size == 30
    assert len(list(tmp_path.iterdir())) == 1


def test_a_partial_that_vanishes_is_one_clear_error(server, tmp_path):
    """Somebody empties the store's folder while a download runs."""
    import shutil

    from hubcore.errors import StoreError

    def vanish(exchange):
        start, end = exchange.send_head()
        exchange.write(exchange.data[start:1000])
        wait_for(lambda: partial_bytes(tmp_path) >= 1000)
        shutil.rmtree(tmp_path / "partial")
        exchange.write(exchange.data[1000:end])

    url = server.serve("/n.pth", DATA, [vanish])
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path).get(RemoteFile((url,), DIGEST))
    assert Store(tmp_path).get(RemoteFile((url,), DIGEST)).read_bytes() == DATA


def test_interrupting_keeps_what_arrived(server, tmp_path):
    """Ctrl-C: the partial is free at once, for whoever tries next."""
    url = server.serve("/n.pth", DATA, [servers.stall(900_000)])
    process = start(tmp_path, url)
    wait_for(lambda: partial_bytes(tmp_path) == 900_000)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in err
    assert time.monotonic() - began < 10  # and not only after the stalled server's timeout
    assert (tmp_path / "partial" / DIGEST / "data").stat().st_size == 900_000
    assert Store(tmp_path).get(RemoteFile((url,), DIGEST)).read_bytes() == DATA
    assert server.requests[-1][1]["Range"] == "bytes=900000-"


def test_interrupting_several_downloads_at_once_ends_soon(server, tmp_path):
    """Threads that wait for a stalled server are woken."""
    script = (
        "import sys; from pathlib import Path; from hubcore.store import *\n"
        "store = Store(Path(sys.argv[1]))\n"
        "store.get_many([RemoteFile((url,), '0' * 64) for url in sys.argv[2:]])\n"
    )
    urls = [server.serve(f"/{n}.pth", DATA, always=servers.stall(1000 + n)) for n in range(3)]
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), *urls], stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(server.requests) == 1)  # equal digests: one at a time
    time.sleep(0.3)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert time.monotonic() - began < 10


def test_jumping_clocks_do_not_matter(server, tmp_path):
    """Files from the future or the past are neither doubted for it nor lost."""
    url = server.serve("/n.pth", DATA)
    store = Store(tmp_path)
    path = store.get(RemoteFile((url,), DIGEST))
    record = path.with_name(f"{path.name}.json")
    for moment in (0, 4_000_000_000):
        os.utime(record, (moment, moment))
        assert store.get(RemoteFile((url,), DIGEST)) == path
        assert abs(record.stat().st_mtime - time.time()) < 60  # the last use is now
    assert len(server.requests) == 1


def test_a_soak_of_killed_downloaders(server, tmp_path):
    """Killed at random moments, many times: nothing wrong is ever visible, nothing is lost.

    `scripts/soak.py` does the same hundreds of times.
    """
    sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
    try:
        import soak
    finally:
        sys.path.pop(0)
    report = soak.soak(tmp_path, kills=20, size=3_000_000, at_once=2, seed=4)
    assert report.kills == 20
    assert report.corrupt == 0
    assert report.lost == 0
    assert report.failed == 0, (tmp_path / "errors").read_text()
