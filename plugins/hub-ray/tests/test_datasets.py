"""`hub_ray.predict` and `hub_ray.embed`: Datasets, on a real cluster of this machine."""

import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from photos import imagenet_photos

import hubcore
from hubcore.cli import main

pytest.importorskip("ray")
pytest.importorskip("pandas")  # of ray.data
pytestmark = pytest.mark.sweep  # Ray takes seconds to start, and is no small download

MODEL = {"weights": "IMAGENET1K_V1", "batch_size": 4, "processes": 2}


@pytest.fixture(autouse=True)
def own_settings(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    import ray

    ray.shutdown()


@pytest.fixture
def contents():
    return [path.read_bytes() for path, _ in imagenet_photos()]


@pytest.fixture
def expected(contents):
    """The annotations of the twenty photos."""
    found = hubcore.predict("mobilenet_v2", contents, weights="IMAGENET1K_V1", batch_size=4)
    return [one.annotations() for one in found]


OF_DATASET = {**MODEL, "processes": 1}  # the other of the two processors reads


def by_name(dataset, column="input"):
    return {row[column]: row for row in dataset.take_all()}


def test_paths_give_a_dataset(photos, expected):
    import hub_ray

    found = by_name(hub_ray.predict("photos", "mobilenet_v2", **MODEL))
    assert len(found) == 201
    assert found["photos/5-broken.png"]["error"].startswith("is not an image")
    for (path, _), annotations in zip(imagenet_photos(), expected, strict=True):
        assert found[f"photos/3-{path.name}"]["annotations"] == annotations


def test_files_are_read_as_the_dataset(photos, tmp_path):
    import hub_ray

    for format in ("parquet", "jsonl"):
        given = {**MODEL, "output": tmp_path / format, "format": format}
        found = by_name(hub_ray.predict("photos", "mobilenet_v2", **given))
        assert len(found) == 201
        assert [name for name, row in found.items() if row["error"]] == ["photos/5-broken.png"]


def test_a_dataset_keeps_its_other_columns(contents, expected):
    import ray

    import hub_ray

    rows = [{"id": i, "jpg": content} for i, content in enumerate([*contents, b"no image"])]
    data = ray.data.from_items(rows).repartition(1)
    found = by_name(hub_ray.predict(data, "mobilenet_v2", **OF_DATASET), "id")
    assert [found[i]["annotations"] for i in range(20)] == expected
    assert found[20]["error"].startswith("is not an image")
    assert set(found[0]) == {"id", "width", "height", "annotations", "error"}


def test_a_dataset_may_hold_addresses(expected):
    import ray

    import hub_ray

    paths = [f"file://{path}" for path, _ in imagenet_photos()]
    data = ray.data.from_items([{"uri": path, "n": i} for i, path in enumerate(paths)])
    data = data.repartition(1)
    found = by_name(hub_ray.predict(data, "mobilenet_v2", column="uri", **OF_DATASET), "n")
    assert [found[i]["annotations"] for i in range(20)] == expected


def test_a_dataset_is_read_beside_the_actors_or_in_them(photos):
    """With all processors taken by actors it would wait for ever. In them no image is an object."""
    import ray

    import hub_ray

    data = ray.data.read_binary_files(str(photos), include_paths=True)
    with pytest.raises(hub_ray.RayError, match="and 1 processor that reads the Dataset"):
        hub_ray.predict(data, "mobilenet_v2", **MODEL)
    given = {**MODEL, "processes": None}
    predicted = hub_ray.predict(data, "mobilenet_v2", **given).materialize()
    assert "ReadBinary->MapBatches(_OfRows)" in predicted.stats()
    found = by_name(predicted, "path")
    assert len(found) == 201
    assert [path for path, row in found.items() if row["error"]] == [str(photos / "5-broken.png")]


def test_a_dataset_cannot_be_resumed(contents, tmp_path):
    import ray

    import hub_ray

    data = ray.data.from_items([{"jpg": contents[0]}])
    with pytest.raises(hub_ray.RayError, match="write_parquet of the Dataset that is returned"):
        hub_ray.predict(data, "mobilenet_v2", output=tmp_path / "out")


@pytest.mark.parametrize("kind", ["tar", "parquet"])
def test_shards_are_predicted(contents, expected, tmp_path, kind):
    shard = tmp_path / f"shard.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"jpg": contents}), shard, row_group_size=8)
    else:
        with tarfile.open(shard, "w") as tar:
            for i, (path, _) in enumerate(imagenet_photos()):
                tar.add(path, f"{i:03}.jpg")
    given = ["mobilenet_v2", "--weights", "IMAGENET1K_V1", "--batch-size", "4", str(shard)]
    assert main(["predict", *given, "--executor", "ray", "--output", "out"]) == 0
    parts = sorted((tmp_path / "out").glob("part-*"))
    assert len(parts) == (3 if kind == "parquet" else 1)
    rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
    assert [row["annotations"] for row in rows] == expected


def test_embeddings_are_those_of_hub_embed(photos, tmp_path, capsys):
    import numpy as np

    from hub_embed import EmbeddingFile

    given = ["embed", "mobilenet_v2", "photos", "--weights", "IMAGENET1K_V1", "--batch-size", "4"]
    assert main([*given, "-o", "one.parquet"]) == 1
    assert main([*given, "-o", "out", "--executor", "ray", "--processes", "2"]) == 1
    one, out = EmbeddingFile.read("one.parquet"), EmbeddingFile.read("out")
    assert out.origin == one.origin
    assert out.inputs == one.inputs
    np.testing.assert_array_equal(out.vectors, one.vectors)
    capsys.readouterr()
    [(path, _), *_] = imagenet_photos()
    assert main(["similar", "out", str(path), "--json"]) == 0
    assert path.name in capsys.readouterr().out
    next((tmp_path / "out").glob("part-*")).unlink()
    assert main(["similar", "out", str(path)]) == 1
    assert "is not finished: 2 of 3 parts are there" in capsys.readouterr().err


def test_embeddings_by_an_engine_are_those_of_hub_embed(photos):
    pytest.importorskip("onnxruntime")
    import numpy as np

    from hub_embed import EmbeddingFile

    given = ["embed", "mobilenet_v2", "photos", "--weights", "IMAGENET1K_V1", "--batch-size", "4"]
    given += ["--engine", "onnxruntime"]
    assert main([*given, "-o", "one.parquet"]) == 1
    assert main([*given, "-o", "out", "--executor", "ray", "--processes", "2"]) == 1
    one, out = EmbeddingFile.read("one.parquet"), EmbeddingFile.read("out")
    assert out.origin == one.origin
    np.testing.assert_array_equal(out.vectors, one.vectors)


def test_embeddings_give_a_dataset(contents):
    import numpy as np
    import ray

    import hub_ray

    data = ray.data.from_items([{"id": i, "jpg": one} for i, one in enumerate(contents)])
    data = data.repartition(1)
    found = by_name(hub_ray.embed(data, "mobilenet_v2", **OF_DATASET), "id")
    expected = hubcore.embed("mobilenet_v2", contents, weights="IMAGENET1K_V1", batch_size=4)
    for i, one in enumerate(expected):
        np.testing.assert_array_equal(np.float32(found[i]["vector"]), one.vector.numpy())
