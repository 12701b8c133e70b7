"""COCO-style JSON, held against pycocotools."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from hubcore.prediction import (
    Classification,
    ClassificationResult,
    Detection,
    DetectionResult,
    Failure,
    Flow,
    InputError,
    Keypoint,
    SegmentedClass,
    SemanticMask,
)
from hubcore.prediction.coco import encode_rle
from hubcore.prediction.document import Document
from hubcore.prediction.expansion import expand
from hubcore.prediction.inputs import ImageInput, PairInput
from hubcore.prediction.results import Result

IMAGE = ImageInput("street.jpg", None)
SIZE = (30, 20)


def masks():
    generator = torch.Generator().manual_seed(0)
    for number in range(200):
        height, width = torch.randint(1, 80, (2,), generator=generator).tolist()
        share = (0.0, 1.0, 0.5, 0.02, 0.98)[number % 5]
        yield torch.rand(height, width, generator=generator) < share
    large = torch.zeros(1500, 2000, dtype=torch.bool)  # runs of several digits
    large[100:1400, 300:1900] = True
    yield large


def test_masks_are_coded_as_pycocotools_codes_them():
    coder = pytest.importorskip("pycocotools.mask")
    for mask in masks():
        theirs = coder.encode(np.asfortranarray(mask.numpy().astype(np.uint8)))
        ours = encode_rle(mask)
        assert ours == {"size": [*mask.shape], "counts": theirs["counts"].decode()}


@pytest.fixture
def detected():
    mask = torch.zeros(20, 30, dtype=torch.bool)
    mask[5:10, 4:12] = True
    points = (Keypoint("nose", 5.5, 6.25, 3.0), Keypoint("left_eye", 7, 6, -1.0))
    return DetectionResult(
        IMAGE,
        SIZE,
        (
            Detection("person", 1, 0.9, (4.0, 5.0, 12.0, 10.0), mask, points),
            Detection("dog", 18, 0.6, (0.0, 0.0, 30.0, 20.0)),
        ),
    )


def test_detections_have_cocos_fields(detected):
    person, dog = detected.annotations()
    assert person["bbox"] == [4, 5, 8, 5]
    assert person["area"] == 40
    assert person["keypoints"] == [5.5, 6.25, 2, 7, 6, 1]
    assert person["num_keypoints"] == 2
    assert person["keypoint_names"] == ["nose", "left_eye"]
    assert (dog["category_id"], dog["category"], dog["score"]) == (18, "dog", 0.6)
    assert dog["area"] == 600
    assert not {"segmentation", "keypoints"} & dog.keys()


def test_pycocotools_loads_the_document(detected, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    document = Document(model="maskrcnn")
    document.add(detected)
    path = tmp_path / "found.json"
    path.write_text(json.dumps(document.to_json()))
    loaded = coco.COCO(str(path))
    assert {category["name"] for category in loaded.loadCats(loaded.getCatIds())} == {
        "person",
        "dog",
    }
    [person] = loaded.loadAnns(loaded.getAnnIds(catIds=[1]))
    assert loaded.annToMask(person)[5:10, 4:12].all()
    assert loaded.annToMask(person).sum() == 40
    masked = [a for a in document.to_json()["annotations"] if "segmentation" in a]
    results = loaded.loadRes(masked)
    assert len(results.anns) == 1


def test_classes_of_an_image_share_its_id():
    document = Document()
    classes = (Classification("cat", 3, 0.75), Classification("dog", 1, 0.25))
    document.add(ClassificationResult(ImageInput("a.png", None), SIZE, classes))
    document.add(ClassificationResult(ImageInput("b.png", None), SIZE, classes[:1]))
    found = document.to_json()
    assert [(a["image_id"], a["image"], a["category"]) for a in found["annotations"]] == [
        (1, "a.png", "cat"),
        (1, "a.png", "dog"),
        (2, "b.png", "cat"),
    ]
    assert found["categories"] == [{"id": 1, "name": "dog"}, {"id": 3, "name": "cat"}]
    assert found["images"][0] == {"id": 1, "file_name": "a.png", "width": 30, "height": 20}


def test_semantic_masks_have_one_annotation_a_class():
    mask = torch.zeros(20, 30, dtype=torch.long)
    mask[10:, 20:] = 8
    classes = (SegmentedClass("background", 0, 5 / 6), SegmentedClass("cat", 8, 1 / 6))
    background, cat = SemanticMask(IMAGE, SIZE, mask, classes).annotations()
    assert cat["bbox"] == [20, 10, 10, 10]
    assert cat["area"] == 100
    assert cat["segmentation"] == encode_rle(mask == 8)
    assert background["area"] == 500


def test_flow_tells_how_far_pixels_move():
    pair = PairInput("a to b", ImageInput("a.png", None), ImageInput("b.png", None))
    document = Document()
    document.add(Flow(pair, SIZE, torch.zeros(2, 20, 30), 0.0, 1.5, 3.0))
    found = document.to_json()
    assert found["images"][0]["file_name"] == "a.png"
    assert found["images"][0]["next_file_name"] == "b.png"
    assert found["annotations"][0]["magnitude"] == {"min": 0, "mean": 1.5, "max": 3}


def test_failures_are_listed():
    document = Document()
    document.add(Failure("x.png", InputError("x.png", "no such file")))
    assert document.to_json()["errors"] == [{"file_name": "x.png", "error": "no such file"}]
    assert document.to_json()["images"] == []


def test_annotations_of_other_tasks_may_have_the_number_of_a_class_without_its_name():
    """They are kept as they are; the document has no category of which it knows no name."""

    class Numbered(Result):
        def annotations(self):
            return [{"category_id": 3, "score": 0.5}]

    [source] = expand(Image.new("RGB", (4, 3)), "image-classification")
    document = Document()
    document.add(Numbered(source, (4, 3)))
    made = document.to_json()
    assert made["categories"] == []
    assert made["annotations"][0]["category_id"] == 3
