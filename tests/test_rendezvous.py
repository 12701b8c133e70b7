"""One fetch a job: its processes, each with its own store, take turns and serve one another."""

import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import servers
import torch.distributed as dist

from hubcore.download.partial import Partial
from hubcore.errors import DownloadError
from hubcore.store import RemoteFile, Store, rendezvous
from hubcore.store.growing import Growing

pytest_plugins = ["store_fixtures"]
pytestmark = pytest.mark.usefixtures("store_environment")

DATA = random.Random(1).randbytes(3_000_001)
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def shared(monkeypatch):
    """The shared store of a job whose processes are this one's threads."""
    kv = dist.HashStore()
    monkeypatch.setattr(rendezvous, "_of_this_job", lambda: kv)
    monkeypatch.setattr(rendezvous, "_QUIET", 0.0)
    monkeypatch.setattr(rendezvous, "_servers", {})
    monkeypatch.setenv("HUBCORE_PEERS", "torch.distributed")
    monkeypatch.setenv("HUBCORE_CONNECTIONS", "1")
    yield kv
    for server in rendezvous._servers.values():
        server.close()


def get_all(folder, url, count):
    """What each of so many stores gets, at once: a path or an error."""
    results = [None] * count

    def get(number):
        store = Store(folder / f"node{number}")
        try:
            results[number] = store.get(RemoteFile((url,), DIGEST), progress=False)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=get, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_the_origin_sends_a_file_once_to_eight_stores(shared, server, tmp_path):
    url = server.serve("/w.pth", DATA, rate=len(DATA) / 0.5)
    got = get_all(tmp_path, url, 8)
    assert len(set(got)) == 8
    assert all(path.read_bytes() == DATA for path in got)
    assert len(server.asked("/w.pth")) == 1


def held_back(after, release):
    """Sends so many bytes, and the rest when it is told to."""

    def fault(exchange):
        start, end = exchange.send_head()
        exchange.write(exchange.data[start : start + after])
        assert release.wait(60)
        exchange.write(exchange.data[start + after : end])

    return fault


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def arrived(folder):
    """The bytes that each store has of the file so far."""
    return [path.stat().st_size for path in folder.glob("node*/partial/*/data")]


@pytest.fixture
def fetching(shared, server, tmp_path):
    """Four stores of which one fetches, with half of the file, until `release` is set."""
    release = threading.Event()
    url = server.serve("/w.pth", DATA, [held_back(2_000_000, release)])
    results = []
    work = threading.Thread(target=lambda: results.extend(get_all(tmp_path, url, 4)))
    work.start()
    try:
        until(lambda: arrived(tmp_path) == [2_000_000] * 4)
        yield release, results, work
    finally:
        release.set()
        work.join(60)


def test_the_others_have_what_arrived_before_it_is_complete(fetching, server, tmp_path):
    release, results, work = fetching
    assert not list(tmp_path.glob("node*/blobs/*/*"))  # none of it is believed yet
    release.set()
    work.join(60)
    assert all(path.read_bytes() == DATA for path in results)
    assert len(server.asked("/w.pth")) == 1


def test_if_the_fetch_breaks_off_the_others_keep_what_they_have(fetching, server, tmp_path):
    """Nobody asks the origin for those bytes again."""
    _, results, work = fetching
    server.resources["/w.pth"].always = servers.status(404)
    for connection in list(server.connections):
        connection.shutdown(socket.SHUT_RDWR)
    work.join(60)
    assert all(isinstance(result, DownloadError) for result in results)
    server.resources["/w.pth"].always = None
    got = get_all(tmp_path, server.url + "/w.pth", 4)
    assert all(path.read_bytes() == DATA for path in got)
    assert all(h.get("Range") == "bytes=2000000-" for h in server.asked("/w.pth")[1:])


def test_what_arrived_wrong_is_believed_by_nobody(shared, server, tmp_path):
    """The origin's first answer is another file: it is begun anew, by all."""
    url = server.serve("/w.pth", DATA, [servers.other_bytes], rate=len(DATA) / 0.5)
    got = get_all(tmp_path, url, 4)
    assert all(path.read_bytes() == DATA for path in got)


def test_a_member_that_lies_while_it_fetches_is_named_and_not_believed(
    shared, server, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(rendezvous, "_PATIENCE", 0.3)
    url = server.serve("/w.pth", DATA)
    with servers.FaultyServer() as liar:
        liar.serve("*", DATA[::-1])
        shared.set(f"hubcore/{DIGEST}/turn", "0123456789abcdef")
        shared.set(f"hubcore/{DIGEST}/growing/0123456789abcdef", liar.url)
        (got,) = get_all(tmp_path, url, 1)
        assert got.read_bytes() == DATA
        assert any(liar.url in r.getMessage() for r in caplog.records if r.levelname == "WARNING")
        assert len([1 for path, _ in liar.requests]) <= 4  # asked whether it has it, and for it


def test_a_file_that_grows_is_read_in_order_and_not_beyond_what_came(tmp_path):
    partial = Partial.claim(tmp_path, "key")
    growing = Growing(partial)
    with growing.reading() as reader:
        assert reader is None  # its size is not known
    partial.state["total"] = 10
    partial.write(b"56789", 5)
    with growing.reading() as reader:
        assert reader.wait(0, 0.05) == 0  # a gap comes first
        partial.write(b"01234", 0)
        assert reader.wait(2, 0.05) == 8
        assert reader.file.read() == b"0123456789"
        partial.restart()
        partial.state["total"] = 10
        partial.write(b"abcdefghij", 0)
        assert reader.wait(2, 0.05) == 0  # of another file, perhaps
    with growing.reading() as reader:
        partial.data.rename(tmp_path / "published")
        assert reader.wait(2, 0.05) == 8  # all of it was there
        growing.fail()
        assert reader.wait(2, 0.05) == 0
    partial.discard()


def test_who_comes_later_is_served_too_and_by_any_of_them(shared, server, tmp_path):
    url = server.serve("/w.pth", DATA)
    get_all(tmp_path, url, 2)
    server.resources["/w.pth"].always = servers.status(404)
    for offering in list(rendezvous._servers.values())[:1]:
        offering.close()  # one of the two is gone
    (late,) = get_all(tmp_path / "late", url, 1)
    assert late.read_bytes() == DATA


def test_where_all_who_had_it_are_gone_one_fetches_it_again(shared, server, tmp_path):
    url = server.serve("/w.pth", DATA)
    get_all(tmp_path, url, 2)
    for offering in rendezvous._servers.values():
        offering.close()
    rendezvous._servers.clear()
    got = get_all(tmp_path / "late", url, 2)
    assert all(path.read_bytes() == DATA for path in got)
    assert len(server.asked("/w.pth")) == 2


def test_if_the_fetcher_fails_the_others_try_at_once_and_all_have_the_reason(
    shared, server, tmp_path
):
    url = server.serve("/w.pth", DATA, always=servers.status(404))
    errors = get_all(tmp_path, url, 4)
    assert [type(error) for error in errors] == [DownloadError] * 4
    server.resources["/w.pth"].always = None
    assert all(path.read_bytes() == DATA for path in get_all(tmp_path, url, 4))
    assert len(server.asked("/w.pth")) == 5


def test_a_fetcher_that_shows_no_life_is_not_waited_for(shared, server, tmp_path, monkeypatch):
    monkeypatch.setattr(rendezvous, "_PATIENCE", 0.3)
    shared.set(f"hubcore/{DIGEST}/turn", "0123456789abcdef")
    url = server.serve("/w.pth", DATA)
    got = get_all(tmp_path, url, 3)
    assert all(path.read_bytes() == DATA for path in got)
    assert len(server.asked("/w.pth")) == 1


def test_a_fetcher_that_is_slow_is_waited_for(shared, server, tmp_path, monkeypatch):
    monkeypatch.setattr(rendezvous, "_PATIENCE", 0.6)
    monkeypatch.setattr(rendezvous, "_BEAT", 0.1)
    url = server.serve("/w.pth", DATA, rate=len(DATA) / 1.5)
    get_all(tmp_path, url, 3)
    assert len(server.asked("/w.pth")) == 1


def test_a_member_that_lies_costs_one_try_and_is_named(shared, server, tmp_path, caplog):
    url = server.serve("/w.pth", DATA)
    get_all(tmp_path, url, 1)
    (offering,) = rendezvous._servers.values()
    liar = server.serve("*", DATA[::-1])
    shared.set(f"hubcore/{DIGEST}/offer/1", server.url)
    (got,) = get_all(tmp_path / "late", url, 1)
    assert got.read_bytes() == DATA
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 1
    assert liar.rstrip("*") in warnings[0]
    assert offering.sent == 0


@pytest.mark.parametrize("broken", ["compare_set", "add", "check"])
def test_a_shared_store_that_breaks_costs_nobody_the_file(
    shared, server, tmp_path, monkeypatch, broken
):
    class Broken:
        def __getattr__(self, name):
            if name == broken:
                raise RuntimeError("Connection reset by peer")
            return getattr(shared, name)

    monkeypatch.setattr(rendezvous, "_of_this_job", Broken)
    url = server.serve("/w.pth", DATA)
    assert all(path.read_bytes() == DATA for path in get_all(tmp_path, url, 2))


def test_without_a_job_the_file_is_fetched(server, store, monkeypatch):
    monkeypatch.setenv("HUBCORE_PEERS", "torch.distributed")
    url = server.serve("/w.pth", DATA)
    assert store.get(RemoteFile((url,), DIGEST)).read_bytes() == DATA


def test_by_a_prefix_no_job_is_asked(shared, server, store):
    url = server.serve(f"/w-{DIGEST[:8]}.pth", DATA)
    store.get(RemoteFile((url,)))
    assert not shared.num_keys()


def test_the_address_that_others_reach_is_not_this_machines_own():
    class Far:
        host = "192.0.2.7"

    class Near:
        host = "localhost"

    assert rendezvous._own_address(Near()) == "127.0.0.1"
    assert rendezvous._own_address(Far()) not in {"", "0.0.0.0"}


# -- Real processes, as torchrun starts them

PROCESS = """
import sys
from pathlib import Path
import torch.distributed
from hubcore.store import RemoteFile, Store, rendezvous
print("ready", flush=True)
rendezvous._PATIENCE, rendezvous._BEAT = 1.5, 0.2
store = Store(Path(sys.argv[1]))
store.get(RemoteFile((sys.argv[2],), sys.argv[3]), progress=False)
print("done", flush=True)
"""


@pytest.fixture
def agent(monkeypatch):
    """The store that torchrun's agent would offer."""
    master = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    monkeypatch.setenv("TORCHELASTIC_USE_AGENT_STORE", "True")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", str(master.port))
    monkeypatch.setenv("HUBCORE_PEERS", "torch.distributed")
    monkeypatch.setenv("HUBCORE_CONNECTIONS", "1")
    monkeypatch.setenv("HUBCORE_RETRIES", "5")
    return master


def test_torchruns_own_store_is_found_without_a_process_group(agent, server, tmp_path, monkeypatch):
    monkeypatch.setattr(rendezvous, "_QUIET", 0.0)
    monkeypatch.setattr(rendezvous, "_servers", {})
    url = server.serve("/w.pth", DATA, rate=len(DATA) / 0.3)
    try:
        got = get_all(tmp_path, url, 3)
    finally:
        for offering in rendezvous._servers.values():
            offering.close()
    assert all(path.read_bytes() == DATA for path in got)
    assert len(server.asked("/w.pth")) == 1


def start(folder, url):
    command = [sys.executable, "-c", PROCESS, str(folder), url, DIGEST]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


RANK = """
import os, sys
from pathlib import Path
import torch.distributed as dist
from hubcore.store import RemoteFile, Store
url, digest, folder, grouped = sys.argv[1:]
if grouped == "gloo":
    dist.init_process_group("gloo")
store = Store(Path(folder) / f"node{os.environ.get('GROUP_RANK') or os.environ['SLURM_NODEID']}")
path = store.get(RemoteFile((url,), digest), progress=False)
(Path(folder) / f"rank{os.environ['RANK']}").write_text(str(path))
if grouped == "gloo":
    dist.barrier()
    dist.destroy_process_group()
"""


@pytest.fixture
def job(server, tmp_path, monkeypatch):
    """A job's file at the origin, its program and its environment; then what its ranks got."""
    monkeypatch.setenv("HUBCORE_PEERS", "torch.distributed")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    url = server.serve("/w.pth", DATA, rate=len(DATA) / 1.0)
    program = tmp_path / "rank.py"
    program.write_text(RANK)
    running = []

    def run(*commands, ranks):
        for command, variables in commands:
            environment = {**os.environ, **variables}
            running.append(
                subprocess.Popen(
                    [*map(str, command)], env=environment, stderr=subprocess.PIPE, text=True
                )
            )
        for process in running:
            assert process.wait() == 0, process.stderr.read()
        paths = {(tmp_path / f"rank{rank}").read_text() for rank in range(ranks)}
        for path in paths:
            assert Path(path).read_bytes() == DATA
        return paths

    yield run, [program, url, DIGEST, tmp_path]
    for process in running:
        process.kill()
        process.communicate()


TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]


@pytest.mark.sweep
@pytest.mark.parametrize("grouped", ["gloo", "no"])
def test_two_ranks_of_torchrun_on_one_machine_fetch_once_and_share_the_file(job, server, grouped):
    run, program = job
    command = [*TORCHRUN, "--standalone", "--nproc-per-node", "2", *program, grouped]
    assert len(run((command, {}), ranks=2)) == 1
    assert len(server.asked("/w.pth")) == 1


@pytest.mark.sweep
@pytest.mark.parametrize("grouped", ["gloo", "no"])
def test_two_machines_of_torchrun_fetch_once_each_into_its_own_store(job, server, grouped):
    """Two agents with a store each, on this machine."""
    run, program = job
    with servers.silent_port() as port:
        place = f"127.0.0.1:{port}"
    command = [
        *(*TORCHRUN, "--nnodes", "2", "--nproc-per-node", "1", "--local-addr", "127.0.0.1"),
        *("--rdzv-backend", "c10d", "--rdzv-endpoint", place, *program, grouped),
    ]
    assert len(run((command, {}), (command, {}), ranks=2)) == 2
    assert len(server.asked("/w.pth")) == 1


@pytest.mark.sweep
def test_two_machines_of_slurm_fetch_once_each_into_its_own_store(job, server):
    """By the variables that a job's script sets from Slurm's; Slurm itself is not run."""
    run, program = job
    with servers.silent_port() as port:
        variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    ranks = [
        (
            [sys.executable, *program, "gloo"],
            {**variables, "SLURM_PROCID": str(n), "SLURM_NODEID": str(n), "RANK": str(n)},
        )
        for n in range(2)
    ]
    assert len(run(*ranks, ranks=2)) == 2
    assert len(server.asked("/w.pth")) == 1


@pytest.mark.sweep
def test_processes_of_a_job_fetch_once_and_those_that_end_serve_the_others_first(
    agent, server, tmp_path
):
    url = server.serve("/w.pth", DATA, rate=len(DATA) / 0.5)
    processes = [start(tmp_path / f"node{number}", url) for number in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "ready\ndone\n"), err
    assert len(server.asked("/w.pth")) == 1


@pytest.mark.sweep
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("seed", range(3))
def test_processes_killed_at_any_moment_leave_nothing_wrong_and_lose_nothing(
    agent, server, tmp_path, seed
):
    """Whoever fetches, serves or waits: after each kill no wrong file is there, and at the end all
    have the right one."""
    chance = random.Random(seed)
    url = server.serve("/w.pth", DATA, rate=len(DATA) / 1.0)
    nodes = [tmp_path / f"node{number}" for number in range(4)]
    running = {node: start(node, url) for node in nodes}
    for _ in range(6):
        node = chance.choice(nodes)
        assert running[node].stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 1.5))
        running[node].send_signal(signal.SIGKILL)
        running[node].communicate()
        for blob in tmp_path.glob("node*/blobs/*/*"):
            if blob.suffix != ".json":
                assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
        running[node] = start(node, url)
    for node, process in running.items():
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out.splitlines()[-1]) == (0, "done"), err
        (blob,) = (path for path in node.glob("blobs/*/*") if path.suffix != ".json")
        assert blob.read_bytes() == DATA
