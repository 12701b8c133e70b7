"""Partials that several processes know: nobody writes to another's file, and what arrived stays."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import servers

from hubcore.download import partial as partials
from hubcore.download.abandoned import abandoned
from hubcore.download.partial import Partial
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]

DATA = os.urandom(3_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()

DOWNLOAD = """
import sys; from pathlib import Path
from hubcore.download import partial, ranges
ranges._SMALLEST, ranges._MEASURE, ranges._WORTH_IT = 1024 * 1024, 0.1, 0.2
from hubcore.store import RemoteFile, Store
print(Store(Path(sys.argv[1])).get(RemoteFile((sys.argv[2],), sys.argv[3])))
"""


def start(root, url, digest=DIGEST, **variables):
    return subprocess.Popen(
        [sys.executable, "-c", DOWNLOAD, str(root), url, digest],
        env={**os.environ, "HUBCORE_TIMEOUT": "20", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.01)


def on_disk(root):
    return sum(path.stat().st_size for path in Path(root).glob("partial/*/data"))


def noted(root):
    """The bytes that a partial's state says are there."""
    for path in Path(root).glob("partial/*/state.json"):
        state = json.loads(path.read_text())
        if "have" in state:
            return sum(end - start for start, end in state["have"])
    return 0


def as_another_hosts(partial, parent):
    theirs = parent / "key.0123456789ab-1-1-00"
    partial.folder.rename(theirs)
    for path in (*theirs.iterdir(), theirs):
        os.utime(path, (0, 0))
    return theirs


def test_a_published_file_is_not_written_to_by_an_owner_that_slept(server, tmp_path):
    """It sleeps, its partial ages, another process publishes the file, and the server, which
    ignores ranges, makes the sleeper begin anew when it wakes."""
    url = server.serve(
        "/n.pth", DATA, [servers.stall(1_000_000, 2.0), servers.good], always=servers.ignore_range
    )
    sleeper = start(tmp_path, url)
    try:
        wait_for(lambda: on_disk(tmp_path) == 1_000_000)
        os.kill(sleeper.pid, signal.SIGSTOP)
        for folder in tmp_path.glob("partial/*"):
            for path in (*folder.iterdir(), folder):
                os.utime(path, (0, 0))
        for lock in tmp_path.glob("locks/*"):
            lock.unlink()  # as if its patience with the sleeping one were at an end
        path = Store(tmp_path).get(RemoteFile((url,), DIGEST))
        before = path.stat()
        with path.open("rb") as reader:
            os.kill(sleeper.pid, signal.SIGCONT)
            out, err = sleeper.communicate(timeout=60)
            assert out.strip() == str(path), err
            assert reader.read() == DATA
        after = path.stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    finally:
        sleeper.kill()
        sleeper.communicate()
    assert not list(tmp_path.glob("partial/*"))


@pytest.mark.parametrize("act", ["write", "restart", "release", "discard"])
def test_another_hosts_owner_that_wakes_does_not_touch_what_was_taken_over(tmp_path, act):
    """Whether it still lives cannot be known, so the bytes are copied, and it keeps its file."""
    first = Partial.claim(tmp_path, "key")
    first.write(b"12345", 0)
    first.save()
    as_another_hosts(first, tmp_path)
    second = Partial.claim(tmp_path, "key")
    assert second.size == 5
    published = tmp_path / "published"
    second.write(b"67", 5)
    second.seal()
    second.data.rename(published)
    actions = {
        "write": lambda: first.write(b"xxxxxxxxxx", 0),
        "restart": first.restart,
        "release": first.release,
        "discard": first.discard,
    }
    try:
        actions[act]()
    except FileNotFoundError:
        assert act == "restart"
    assert first.is_lost
    assert published.read_bytes() == b"1234567"


def test_without_a_digest_what_was_taken_over_is_not_joined(tmp_path):
    """The other owner may have begun another version meanwhile: no validator vouches for it."""
    first = Partial.claim(tmp_path, "key")
    first.write(b"12345", 0)
    first.state = {"source": "x", "etag": '"1"', "modified": "then", "total": 9}
    first.save()
    as_another_hosts(first, tmp_path)
    state = Partial.claim(tmp_path, "key").state
    assert not state["etag"]
    assert not state["modified"]


def test_a_copy_that_fails_is_a_fresh_beginning(tmp_path, monkeypatch):
    first = Partial.claim(tmp_path, "key")
    first.write(b"12345", 0)
    first.save()
    as_another_hosts(first, tmp_path)

    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(partials.shutil, "copyfile", full)
    assert Partial.claim(tmp_path, "key").size == 0


def test_a_living_owners_partial_is_never_taken_nor_pruned_however_old(tmp_path):
    """As if it had slept for years."""
    partial = Partial.claim(tmp_path, "key")
    partial.write(b"12345", 0)
    partial.save()
    for path in (*partial.folder.iterdir(), partial.folder):
        os.utime(path, (0, 0))
    assert abandoned(tmp_path) == []
    assert Partial.claim(tmp_path, "key").size == 0
    assert not partial.is_lost


def test_starting_over_never_truncates(tmp_path):
    """Whoever has the old file open keeps its bytes."""
    partial = Partial.claim(tmp_path, "key")
    partial.write(b"12345", 0)
    with partial.data.open("rb") as reader:
        partial.restart()
        assert reader.read() == b"12345"
    assert partial.size == 0
    assert partial.data.stat().st_size == 0


def test_after_sealing_nothing_is_written(tmp_path):
    """A thread that wakes late holds no descriptor, not even one that was given out again."""
    partial = Partial.claim(tmp_path, "key")
    partial.write(b"12345", 0)
    data = partial.data
    partial.seal()
    with (tmp_path / "another").open("wb") as another:  # has the number that was freed
        assert partial.write(b"x" * 10, 0) is None
        another.write(b"ok")
    assert data.read_bytes() == b"12345"
    assert (tmp_path / "another").read_bytes() == b"ok"


def test_a_writer_that_was_told_to_stop_writes_nothing(tmp_path):
    partial = Partial.claim(tmp_path, "key")
    assert partial.write(b"12345", 0, unless=lambda: True) is None
    assert partial.size == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forks_copy_of_a_partial_leaves_it_alone(tmp_path):
    partial = Partial.claim(tmp_path, "key")
    partial.write(b"12345", 0)
    child = os.fork()
    if not child:
        partial.release()
        partial.discard()
        os._exit(0)
    os.waitpid(child, 0)
    assert not partial.is_lost
    partial.write(b"6", 5)
    partial.release()
    assert (tmp_path / "key" / "data").read_bytes() == b"123456"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_keeps_the_pieces_in_flight(server, tmp_path, end):
    """No piece is complete: what each connection received counts all the same."""
    url = server.serve("/n.pth", DATA, rate=300_000)
    process = start(tmp_path, url, HUBCORE_CONNECTIONS="4")
    try:
        wait_for(lambda: len(server.requests) >= 3 and noted(tmp_path) > 900_000)
    finally:
        process.send_signal(end)
        process.communicate()
    kept = noted(tmp_path)
    before = len(server.requests)
    server.resources["/n.pth"].rate = None
    path = Store(tmp_path).get(RemoteFile((url,), DIGEST))
    assert path.read_bytes() == DATA
    first = server.requests[before][1]
    assert first["Range"] != "bytes=0-"
    assert kept > 900_000


def test_a_state_that_lies_costs_one_fresh_start(server, tmp_path):
    """Torn by a power cut, say: the digest tells, and the second download is from the beginning."""
    parent = tmp_path / "partial"
    partial = Partial.claim(parent, DIGEST)
    partial.write(bytes(1_000_000), 0)
    partial.state = {"source": "x", "etag": None, "modified": None, "total": len(DATA)}
    partial.scatter()
    partial.release()
    url = server.serve("/n.pth", DATA)
    assert Store(tmp_path).get(RemoteFile((url,), DIGEST)).read_bytes() == DATA
    assert len(server.requests) == 2


@pytest.mark.parametrize("state", ['{"have": [[0, 99999999]]}', '{"have": 5}', "[]", "{", ""])
def test_a_broken_state_does_not_hinder(server, tmp_path, state):
    folder = tmp_path / "partial" / DIGEST
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"junk")
    (folder / "state.json").write_text(state)
    url = server.serve("/n.pth", DATA)
    assert Store(tmp_path).get(RemoteFile((url,), DIGEST)).read_bytes() == DATA


def test_no_record_holds_a_signed_query(server, tmp_path):
    """Nor a password: of an address, a partial notes a digest."""
    url = server.serve("/n.pth?signature=s3cret", DATA, [servers.cut(1000)], always=servers.nothing)
    url = url.replace("http://", "http://user:passw0rd@")
    with pytest.raises(Exception, match="resumes"):
        Store(tmp_path).get(RemoteFile((url,), DIGEST))
    text = "".join(path.read_text() for path in tmp_path.glob("partial/*/state.json"))
    assert text
    assert not any(secret in text for secret in ("s3cret", "passw0rd", "user"))
