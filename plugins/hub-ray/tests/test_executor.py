"""`hub evaluate --executor ray` on a real cluster of this machine."""

import json
import os
import signal
import socket
import time
from concurrent.futures import wait

import pytest
from photos import imagenet_photos

from hub_evaluate import EvaluationError
from hub_evaluate.observing import Setup, observe_shard, sharded
from hubcore.cli import main

pytest.importorskip("ray")
pytestmark = pytest.mark.sweep  # Ray takes seconds to start, and is no small download


@pytest.fixture
def executor(cluster):
    from hub_ray.executor import RayExecutor

    with RayExecutor(2) as made:
        yield made


@pytest.fixture
def photos(tmp_path):
    root = tmp_path / "photos"
    root.mkdir()
    rows = ["broken.png,1\n"]
    for path, number in imagenet_photos():
        (root / path.name).symlink_to(path)
        rows.append(f"{path.name},{number}\n")
    (root / "broken.png").write_bytes(b"no image")
    (root / "labels.csv").write_text("".join(rows))
    return root


def test_the_record_is_that_of_one_process(cluster, photos, tmp_path):
    """Every output to the last digit, with an image that cannot be read."""
    given = ["evaluate", "mobilenet_v2", "--weights", "IMAGENET1K_V1", "--data", str(photos)]
    given += ["--batch-size", "1", "--workers", "0"]
    records = []
    for name, how in (("one", []), ("two", ["--executor", "ray", "--processes", "2"])):
        path = tmp_path / f"{name}.json"
        assert main([*given, *how, "--record", str(path)]) == 0
        records.append(json.loads(path.read_text()))
    one, two = records
    assert one["metrics"] == two["metrics"]
    assert one["outputs"] == two["outputs"]
    assert [failure["id"] for failure in two["failures"]] == ["broken.png"]


def test_both_processes_work(executor):
    # Slow, so that the second has started before the first has done them all.
    futures = [executor.submit(lambda: time.sleep(1) or os.getpid()) for _ in range(20)]
    found = {future.result() for future in futures}
    assert len(found) == 2
    assert os.getpid() not in found


def test_an_error_is_that_of_the_function(executor):
    [shard] = sharded("key", Setup("resnet19", "DEFAULT", "t"), ["a"], [0], 1, 0)
    with pytest.raises(EvaluationError, match="Unknown model 'resnet19'"):
        executor.submit(observe_shard, shard).result()


def test_what_a_killed_process_was_at_is_done_again(executor):
    killed = executor.submit(os.getpid).result()
    futures = [executor.submit(time.sleep, 0.2) for _ in range(12)]
    wait(futures[:2])
    os.kill(killed, signal.SIGKILL)
    assert [future.result() for future in futures] == [None] * 12
    later = [executor.submit(os.getpid) for _ in range(8)]
    assert killed not in {future.result() for future in later}


def test_a_cluster_that_is_not_there_is_told(monkeypatch):
    from hub_ray.errors import RayError
    from hub_ray.executor import RayExecutor

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(RayError, match=f"no Ray cluster at {address}"):
            RayExecutor(2)


def test_a_cluster_that_is_too_small_is_told(cluster):
    from hub_ray.errors import RayError
    from hub_ray.executor import RayExecutor

    with pytest.raises(RayError, match="has 2 processors: too few for 3 processes"):
        RayExecutor(3)
