"""hub embed and hub similar, as a person runs them; what a file holds, and what it refuses."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageOps

import hubcore
from hub_embed import EmbeddingFile, Origin, UnlikeError, embed_to_file
from hubcore.cli import main
from hubcore.download.hashing import sha256_of
from hubcore.embedding import EmbeddingError

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))
from photos import imagenet_photos, import_mobilenet


@pytest.fixture
def weights(tmp_path):
    """Random weights of a small model, registered by a name."""
    torch.manual_seed(0)
    path = tmp_path / "w.pth"
    torch.save(hubcore.get_model("mobilenet_v3_small", weights=None).state_dict(), path)
    member = {
        "url": path.as_uri(),
        "sha256": sha256_of(path),
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 96}],
        "meta": {"categories": [str(number) for number in range(1000)]},
    }
    enum = {"builder": "mobilenet_v3_small", "default": "V1", "members": {"V1": member}}
    with hubcore.register({"schema": 1, "weights": {"Demo_Weights": enum}}, name="demo"):
        yield "demo/Demo_Weights.V1"


@pytest.fixture
def photos(tmp_path):
    """Six drawn pictures."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC).save(
            folder / f"{number}.png"
        )
    return folder


def origin(**facts):
    made = {"model": "m", "weights": "w", "sha256": "0" * 64, "layer": "l", "shape": (2,)}
    return Origin(**{**made, "preprocessing": {"name": "p"}, **facts})


def test_a_file_holds_the_vectors_and_what_made_them(weights, photos, tmp_path, capsys):
    output = tmp_path / "f.parquet"
    arguments = ["embed", "mobilenet_v3_small", str(photos), "--weights", weights]
    assert main([*arguments, "-o", str(output), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    made = EmbeddingFile.read(output)
    assert told["inputs"] == len(made) == 6
    assert made.origin.weights == weights
    assert made.origin.sha256 == sha256_of(tmp_path / "w.pth")
    assert made.origin.layer == "input of classifier.3"
    assert made.origin.preprocessing["crop_size"] == 96
    table = pq.read_table(output)
    assert str(table.schema.field("vector").type).startswith("fixed_size_list<")
    expected = hubcore.embed("mobilenet_v3_small", made.inputs, weights=weights)
    np.testing.assert_allclose(made.vectors, [one.vector for one in expected], rtol=1e-4, atol=1e-5)


def test_known_duplicates_are_found_and_nearest_comes_first(tmp_path, capsys):
    """Twenty real photos and real weights: crops, JPEG again and mirror images, and no others."""
    import_mobilenet()
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, (path, _) in enumerate(imagenet_photos()):
        photo = Image.open(path).convert("RGB")
        left, top = photo.width // 30, photo.height // 30
        box = (left, top, photo.width - left, photo.height - top)
        photo.save(folder / f"{number:02}-0.png")
        photo.crop(box).save(folder / f"{number:02}-crop.png")
        photo.save(folder / f"{number:02}-again.jpg", quality=60)
        ImageOps.mirror(photo).save(folder / f"{number:02}-mirror.png")
    output = tmp_path / "f.parquet"
    made = embed_to_file(output, "mobilenet_v2", str(folder), weights="IMAGENET1K_V1")
    names = [Path(name).name for name in made.inputs]
    groups = [{names[row][:2] for row in group} for group in made.duplicates()]
    assert groups == [{f"{number:02}"} for number in range(20)]
    assert sum(map(len, made.duplicates())) == 80
    asked = str(folder / "03-0.png")
    assert main(["similar", str(output), asked, "--count", "4", "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert found["near"][0]["input"] == asked
    assert found["near"][0]["cosine"] == pytest.approx(1, abs=1e-5)
    assert {Path(one["input"]).name[:2] for one in found["near"]} == {"03"}
    sheet = tmp_path / "s.png"
    assert main(["similar", str(output), "--duplicates", "--picture", str(sheet)]) == 0
    assert "19-crop.png" in capsys.readouterr().out
    with Image.open(sheet) as picture:
        assert picture.width > 4 * 192


@pytest.mark.sweep
def test_neighbours_name_the_class_of_fashion(tmp_path):
    """mobilenet_v2's features, which never saw such pictures, tell most of ten classes apart."""
    import_mobilenet()
    data = "/usr/share/datasets/fashion-mnist"
    read = {}
    for part, count in (("train", 2000), ("t10k", 1000)):
        for kind, skip in (("images-idx3", 16), ("labels-idx1", 8)):
            with gzip.open(f"{data}/{part}-{kind}-ubyte.gz") as file:
                read[part, kind] = np.frombuffer(file.read(), np.uint8)[skip:]
        pictures = read[part, "images-idx3"].reshape(-1, 28, 28, 1)[:count].repeat(3, 3)
        found = hubcore.embed("mobilenet_v2", list(pictures), weights="IMAGENET1K_V1")
        read[part] = np.stack([one.vector for one in found])
    held = EmbeddingFile(origin(shape=(1280,)), [str(n) for n in range(2000)], read["train"])
    labels, right = read["train", "labels-idx1"], 0
    for vector, label in zip(read["t10k"], read["t10k", "labels-idx1"], strict=False):
        votes = np.bincount(labels[[row for row, _ in held.nearest(vector, 5)]], minlength=10)
        right += int(votes.argmax() == label)
    print(f"{right} of 1000")
    assert right >= 780


def test_adding_leaves_out_what_is_there_and_refuses_what_is_unlike(
    weights, photos, tmp_path, capsys
):
    output = tmp_path / "f.parquet"
    base = ["embed", "mobilenet_v3_small", "--weights", weights, "-o", str(output)]
    assert main([*base, str(photos / "0.png")]) == 0
    before = output.read_bytes()
    assert main([*base, str(photos), "--append", "--layer", "features.3"]) == 1
    assert "the layer differs" in capsys.readouterr().err
    assert output.read_bytes() == before
    assert main([*base, str(photos), "--append"]) == 0
    made = EmbeddingFile.read(output)
    assert len(made) == len(set(made.inputs)) == 6
    with pytest.raises(UnlikeError, match="the sha256 differs"):
        made.extended(EmbeddingFile(made.origin.__class__(
            **{**vars(made.origin), "sha256": "1" * 64}), ["x"], made.vectors[:1]))  # fmt: skip


def test_a_bad_image_is_a_line_and_the_rest_is_done(weights, photos, tmp_path, capsys):
    (photos / "bad.png").write_bytes(b"no image")
    output = tmp_path / "f.parquet"
    arguments = ["embed", "mobilenet_v3_small", str(photos), "--weights", weights]
    assert main([*arguments, "-o", str(output)]) == 1
    assert "bad.png" in capsys.readouterr().err
    assert len(EmbeddingFile.read(output)) == 6


def test_only_a_picture_of_the_hub_is_replaced(weights, photos, tmp_path, capsys):
    output, mine = tmp_path / "f.parquet", tmp_path / "mine.png"
    embed_to_file(output, "mobilenet_v3_small", str(photos / "1.png"), weights=weights)
    mine.write_bytes((photos / "1.png").read_bytes())
    arguments = ["similar", str(output), str(photos / "1.png"), "--picture"]
    assert main([*arguments, str(mine)]) == 1
    assert "not replaced" in capsys.readouterr().err
    for _ in range(2):
        assert main([*arguments, str(tmp_path / "sheet.png")]) == 0


def test_duplicates_of_many_are_groups():
    """Two halves of a chain count together; equal vectors across blocks of rows are found."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2500, 16)).astype(np.float32)
    vectors[2400] = 2 * vectors[3]
    vectors[1500] = vectors[1400]
    made = EmbeddingFile(origin(shape=(16,)), [str(n) for n in range(2500)], vectors)
    assert made.duplicates(0.9999) == [[3, 2400], [1400, 1500]]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet", None])
def test_what_is_no_file_of_embeddings_is_said(content, tmp_path):
    path = tmp_path / "f.parquet"
    if content is None:
        pq.write_table(pa.table({"a": [1]}), path)
    else:
        path.write_bytes(content)
    with pytest.raises(EmbeddingError, match="no whole file of embeddings"):
        EmbeddingFile.read(path)
    with pytest.raises(EmbeddingError, match="There is no file"):
        EmbeddingFile.read(tmp_path / "absent")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    made = EmbeddingFile(origin(), ["a"], np.zeros((1, 2), np.float32))
    made.write(tmp_path / "f.parquet")
    before = (tmp_path / "f.parquet").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(EmbeddingError, match="No space left"):
        made.write(tmp_path / "f.parquet")
    assert (tmp_path / "f.parquet").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
