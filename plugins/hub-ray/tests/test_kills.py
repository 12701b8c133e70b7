"""Jobs whose driver, processes and nodes are killed at random moments lose and repeat nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from photos import imagenet_photos

pytest.importorskip("ray")
pytestmark = pytest.mark.sweep  # minutes

SEED = int(os.environ.get("HUB_RAY_SEED", "17"))
CLUSTER = """\
import sys
import ray.cluster_utils
head = {"num_cpus": 0, "include_dashboard": False}
cluster = ray.cluster_utils.Cluster(initialize_head=True, head_node_args=head)
add = lambda: cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20, wait=False)
nodes = [add(), add()]
cluster.wait_for_nodes(timeout=300)
print("at", cluster.address, flush=True)
for _ in sys.stdin:
    cluster.remove_node(nodes.pop(0), allow_graceful=False)
    nodes.append(add())
    print("replaced", flush=True)
"""


@pytest.fixture
def cluster(hub_home, start_cluster):
    """Two nodes, of which one is lost for each line that is written, and the environment."""
    with start_cluster(CLUSTER, hub_home) as (running, environment):
        yield running, {**environment, "OMP_NUM_THREADS": "1"}


def processes_of(environment):
    """The job's processes, known by their title and by the store that they use."""
    found, mark = [], f"HUBCORE_HOME={environment['HUBCORE_HOME']}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_bytes()
            if title.startswith(b"ray::_Process") and mark in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_kills_lose_and_repeat_nothing(cluster, tmp_path):
    nodes, environment = cluster
    draw = random.Random(SEED)
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for path, _ in imagenet_photos():
        for copy in range(40):
            (photos / f"{copy}-{path.name}").symlink_to(path)
    (photos / "7-broken.jpg").write_bytes(b"no image")
    hub = [sys.executable, "-m", "hubcore", "predict", "mobilenet_v2", str(photos)]
    hub += ["--weights", "IMAGENET1K_V1", "--batch-size", "4"]
    job = [*hub, "--executor", "ray", "--output", str(out)]

    def start():
        return subprocess.Popen(job, env=environment, stderr=subprocess.PIPE, text=True)

    def done():
        return {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}

    kills, driver = ["process", "node", "driver"] * 2, start()
    draw.shuffle(kills)
    for kill in kills:
        before = len(done())
        until = time.monotonic() + 240
        while driver.poll() is None and len(done()) == before and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(draw.uniform(0, 2))
        kept = done()
        if kill == "driver":
            driver.kill()
        elif kill == "node":
            nodes.stdin.write("\n")
            nodes.stdin.flush()
            assert nodes.stdout.readline() == "replaced\n"
        elif found := processes_of(environment):
            os.kill(draw.choice(found), signal.SIGKILL)
        if driver.poll() is not None or kill == "driver":  # its own node may be the one that went
            driver.communicate()
            driver = start()
        assert done().items() >= kept.items()
    said = driver.communicate(timeout=550)[1]
    assert driver.returncode == 1, said  # of the broken photo, which is told
    facts = json.loads((out / "_job.json").read_text())
    assert len(done()) == facts["pieces"]

    alone = subprocess.run([*hub, "--json"], env=environment, capture_output=True, text=True)
    document = json.loads(alone.stdout)
    expected = {image["file_name"]: [] for image in document["images"]}
    for one in document["annotations"]:
        about = ("id", "image_id", "image")
        expected[one["image"]].append({k: v for k, v in one.items() if k not in about})
    rows = [row for part in sorted(out.glob("part-*")) for row in pq.read_table(part).to_pylist()]
    assert len(rows) == len(expected) + 1 == len({row["input"] for row in rows})
    assert {row["input"]: row["annotations"] for row in rows if not row["error"]} == expected
    assert [row["input"] for row in rows if row["error"]] == [str(photos / "7-broken.jpg")]
