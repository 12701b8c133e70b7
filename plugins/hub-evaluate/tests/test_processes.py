"""Evaluations in several processes, and what runs these."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hub_evaluate import DataError, EvaluationError, UnknownClassesError, evaluate
from hub_evaluate.executors import check_executor
from hub_evaluate.observing import Setup, observe_shard, sharded
from hubcore import refresh

SCRIPT = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from conftest import Colours, Weights
from hub_evaluate import evaluate

class Seen(Weights):
    def transforms(self):
        made = super().transforms()
        def seen(image):
            open(os.path.join(sys.argv[3], str(os.getpid())), "a").close()
            if __name__ != "__main__":  # both of two processes take part, even if one is slow
                while len(os.listdir(sys.argv[3])) < 3 and "wait" in sys.argv:
                    time.sleep(0.01)
            time.sleep(float(sys.argv[4]))
            return made(image)
        return seen

Seen.transforms.__qualname__ = "transforms"

if __name__ == "__main__":
    for processes in map(int, sys.argv[5].split(",")):
        record = evaluate(Colours(), sys.argv[2], weights=Seen(), task="image-classification",
                          batch_size=1, workers=0, processes=processes).record()
        print(json.dumps([record["metrics"], record["outputs"], record["failures"]]), flush=True)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def command(script, images, seen, pause, processes, *words):
    seen.mkdir(exist_ok=True)
    here = Path(__file__).parent
    return [sys.executable, script, here, images, seen, str(pause), str(processes), *words]


def test_two_processes_find_what_one_finds_bit_for_bit(script, images, tmp_path):
    """Metrics, intervals and the digest of every output, with an image that cannot be read."""
    (images / "red" / "broken.png").write_bytes(b"no image")
    seen = tmp_path / "seen"
    run = subprocess.run(
        command(script, images, seen, 0, "1,2", "wait"), capture_output=True, text=True, check=True
    )
    one, two = map(json.loads, run.stdout.splitlines())
    assert one == two
    assert [failure["id"] for failure in one[2]] == ["red/broken.png"]
    assert len({*seen.iterdir()}) == 3  # the first run's process, and two of the second's


def alive(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.sweep
def test_killed_with_its_processes_and_resumed(script, images, tmp_path, monkeypatch):
    """Killed at random moments; no process stays behind, and the end is the same."""
    chance = random.Random(1)
    environment = {**os.environ, "HUBCORE_HOME": str(tmp_path / "home")}
    arguments = command(script, images, tmp_path / "seen", 0.1, 2)
    for _ in range(3):
        process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
        while len({*(tmp_path / "seen").iterdir()}) < 1 and process.poll() is None:
            time.sleep(0.1)
        time.sleep(3 * chance.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        workers = [int(path.name) for path in (tmp_path / "seen").iterdir()]
        deadline = time.monotonic() + 20
        while any(map(alive, workers)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(map(alive, workers))
    resumed = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    environment["HUBCORE_HOME"] = str(tmp_path / "other")
    whole = subprocess.run(
        command(script, images, tmp_path / "seen", 0, 1),
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(resumed.stdout) == json.loads(whole.stdout)


@pytest.mark.parametrize(
    ("samples", "batch", "workers", "lengths"),
    [(0, 4, 2, []), (7, 4, 2, [7]), (64, 4, 2, [64]), (70, 4, 2, [70]), (72, 4, 2, [64, 8]),
     (130, 4, 2, [64, 66]), (20, 1, 0, [8, 8, 4])],
)  # fmt: skip
def test_shards_are_cut_between_whole_batches(samples, batch, workers, lengths):
    """A last one that would change the size of its batches is none."""
    shards = sharded("key", Setup("m", None, "t"), ["a"], range(samples), batch, workers)
    assert [len(shard.samples) for shard in shards] == lengths
    assert [one for shard in shards for one in shard.samples] == [*range(samples)]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A package that adds executors."""
    (tmp_path / "acme_cluster.py").write_text(
        textwrap.dedent(
            """
            from concurrent.futures import ThreadPoolExecutor
            asked = []

            class Cluster(ThreadPoolExecutor):
                def submit(self, function, *arguments):
                    asked.append(function.__name__)
                    return super().submit(function, *arguments)

            def executor(processes):
                asked.append(processes)
                return Cluster(processes)

            def wrong(processes):
                return "no executor"
            """
        )
    )
    meta = tmp_path / "acme_cluster-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-cluster\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(
        "[hub_evaluate.executors]\ncluster = acme_cluster:executor\n"
        "wrong = acme_cluster:wrong\ngone = acme_cluster:nothing\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    refresh()
    yield "acme_cluster"
    sys.modules.pop("acme_cluster", None)


def test_a_package_adds_an_executor(cluster, colours, images):
    alone = evaluate(data=images, batch_size=2, workers=0, **colours)
    found = evaluate(
        data=images, batch_size=2, workers=0, processes=3, executor="cluster", **colours
    )
    assert found.metrics == alone.metrics
    assert found.record()["outputs"] == alone.record()["outputs"]
    assert sys.modules[cluster].asked == [3, *["observe_shard"] * 4]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wrong", "'acme-cluster' gives a str, no concurrent.futures.Executor"),
        ("gone", "of the distribution 'acme-cluster' cannot be loaded"),
    ],
)
def test_a_broken_executor_is_told_with_its_package(cluster, colours, images, name, message):
    from hubcore.errors import PluginError

    with pytest.raises(PluginError, match=message):
        evaluate(data=images, processes=2, executor=name, **colours)


def test_unknown_executors_are_told(cluster):
    with pytest.raises(
        EvaluationError, match=r"'clutser'. Did you mean 'cluster'\? Installed are: processes"
    ):
        check_executor("clutser")


def test_errors_of_another_process_are_those_of_one(tmp_path):
    """They can be sent, with what they carry."""
    import pickle

    error = pickle.loads(pickle.dumps(UnknownClassesError("here", {"crab": 2})))
    assert isinstance(error, DataError)
    assert error.counts == {"crab": 2}
    assert str(error) == str(UnknownClassesError("here", {"crab": 2}))
    from hubcore.errors import HubError

    [shard] = sharded("key", Setup("resnet19", "DEFAULT", "t"), ["a"], [0], 1, 0)
    with pytest.raises(HubError, match="resnet19"):
        observe_shard(shard)
