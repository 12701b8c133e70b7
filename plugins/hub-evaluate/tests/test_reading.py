"""What `open_data` gives to programs: inputs and targets, with the categories of the data."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from hub_evaluate import DataError, open_data
from hubcore.prediction import InputError


def picture(path, size=(8, 6), value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)


def coco(root, *annotations):
    """Two images, of which the first has objects."""
    for name in ("a.png", "b.png"):
        picture(root / name)
    base = {"image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 2], "area": 5, "iscrowd": 0}
    content = {
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
        "categories": [{"id": 9, "name": "ant"}, {"id": 7, "name": "wasp"}],
        "annotations": [{**base, **one} for one in annotations],
    }
    (root / "instances.json").write_text(json.dumps(content))
    return root


def test_classes_of_the_data_are_the_categories(tmp_path):
    for name in ("wasp/1.png", "ant/2.png", "bee/3.png"):
        picture(tmp_path / name, value=len(name))
    data = open_data(tmp_path, "image-classification", labels={"bee": "-"})
    assert data.categories == ("ant", "wasp")
    assert data.task == "image-classification"
    assert data.left_out == {"bee": 1}
    image, target = data[1]
    assert (image.size, image.mode, target) == ((8, 6), "RGB", 1)
    assert [target for _, target in data] == [0, 1]
    assert len(data.limited(1)) == 1


def test_it_is_a_data_set_of_torch(tmp_path):
    from torch.utils.data import DataLoader
    from torchvision.transforms.functional import to_tensor

    for number in range(5):
        picture(tmp_path / "ab"[number % 2] / f"{number}.png", value=number)
    data = open_data(tmp_path, "image-classification")

    def batch(samples):
        images, targets = zip(*samples, strict=True)
        return len(images), to_tensor(images[0]).shape, list(targets)

    found = [*DataLoader(data, batch_size=3, collate_fn=batch)]
    assert found == [(3, (3, 6, 8), [0, 0, 0]), (2, (3, 6, 8), [1, 1])]


def test_objects_have_boxes_and_labels(tmp_path):
    """Categories in COCO's order of ids, after the background, as torchvision's detectors count."""
    data = open_data(coco(tmp_path, {}), "object-detection")
    assert data.categories == ("__background__", "wasp", "ant")
    _, target = data[0]
    assert target["boxes"].tolist() == [[1, 2, 4, 4]]
    assert target["labels"].tolist() == [1]
    assert (target["area"].tolist(), target["iscrowd"].tolist()) == ([5], [False])
    _, empty = data[1]
    assert (empty["boxes"].shape, empty["labels"].shape) == ((0, 4), (0,))


def test_masks_of_objects_are_drawn(tmp_path):
    runs = {"size": [6, 8], "counts": [6, 2, 40]}  # the second column's first two pixels
    shape = [[1, 2, 4, 2, 4, 4, 1, 4]]
    root = coco(tmp_path, {"segmentation": shape}, {"segmentation": runs, "iscrowd": 1})
    data = open_data(root, "instance-segmentation")
    _, target = data[0]
    assert (target["masks"].shape, target["masks"].dtype) == ((2, 6, 8), bool)
    assert np.argwhere(target["masks"][0]).min(axis=0).tolist() == [2, 1]
    assert target["masks"][0].sum() == 6
    assert np.argwhere(target["masks"][1]).tolist() == [[0, 1], [1, 1]]
    assert data[1][1]["masks"].shape == (0, 6, 8)


def test_keypoints_have_places_and_visibility(tmp_path):
    root = coco(tmp_path, {"keypoints": [1, 2, 2, 0, 0, 0]})
    data = open_data(root, "keypoint-detection")
    assert data[0][1]["keypoints"].tolist() == [[[1, 2, 2], [0, 0, 0]]]
    assert data[1][1]["keypoints"].shape == (0, 0, 3)


def test_masks_have_the_names_that_labels_give(tmp_path):
    picture(tmp_path / "images" / "1.png", (2, 1))
    (tmp_path / "masks").mkdir()
    Image.fromarray(np.array([[7, 255]], np.uint8)).save(tmp_path / "masks" / "1.png")
    names = {"0": "background", "7": "road", "255": "-"}
    data = open_data(tmp_path, "semantic-segmentation", labels=names)
    assert data.categories == ("background", "road")
    assert data[0][1].tolist() == [[1, 255]]
    with pytest.raises(DataError, match="do not say what their values mean"):
        open_data(tmp_path, "semantic-segmentation")


def test_a_pair_has_its_flow(tmp_path):
    for number in (1, 2):
        picture(tmp_path / f"a_img{number}.png", (3, 2))
    np.save(tmp_path / "a_flow.npy", np.ones((2, 2, 3), np.float32))
    (first, second), (flow, known) = open_data(tmp_path, "optical-flow")[0]
    assert first.size == second.size == (3, 2)
    assert flow.shape == (2, 2, 3)
    assert known.all()


def test_a_bad_image_is_told_when_it_is_read(tmp_path):
    picture(tmp_path / "ant" / "1.png")
    (tmp_path / "ant" / "2.png").write_bytes(b"no image")
    data = open_data(tmp_path, "image-classification")
    with pytest.raises(InputError, match=r"2\.png: is not an image"):
        data[1]


def test_a_mask_of_another_size_is_told(tmp_path):
    picture(tmp_path / "images" / "1.png", (2, 2))
    (tmp_path / "masks").mkdir()
    Image.new("L", (3, 2)).save(tmp_path / "masks" / "1.png")
    data = open_data(tmp_path, "semantic-segmentation", ["background"])
    with pytest.raises(DataError, match="different sizes: 3 x 2 and 2 x 2"):
        data[0]


@pytest.mark.parametrize(
    ("task", "annotation", "message"),
    [
        ("object-detection", {"bbox": [1, 2, 3]}, "'bbox' is not x, y, width and height"),
        ("object-detection", {"bbox": [1, 2, -3, 1]}, "'bbox' is not x, y, width and height"),
        ("instance-segmentation", {}, "neither polygons nor run lengths"),
        ("instance-segmentation", {"segmentation": [[1, 2]]}, "neither polygons nor run lengths"),
        ("instance-segmentation", {"segmentation": {"size": [1]}}, "neither polygons nor run"),
        ("keypoint-detection", {"keypoints": [1, 2]}, "not x, y and visibility"),
        ("keypoint-detection", {}, "not x, y and visibility"),
    ],
)
def test_an_annotation_that_lacks_what_the_task_needs_is_told(tmp_path, task, annotation, message):
    with pytest.raises(DataError, match=rf"annotations\[0\]: .*{message}"):
        open_data(coco(tmp_path, annotation), task)


def test_run_lengths_of_another_image_are_told(tmp_path):
    runs = {"size": [5, 8], "counts": [40]}
    data = open_data(coco(tmp_path, {"segmentation": runs}), "instance-segmentation")
    with pytest.raises(DataError, match="a mask of 8 x 5 in an image of 8 x 6"):
        data[0]


def test_vocs_boxes_are_no_masks(tmp_path):
    (tmp_path / "JPEGImages").mkdir()
    with pytest.raises(DataError, match="no masks of objects"):
        open_data(tmp_path, "instance-segmentation", ["dog"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/dev/zero", "this is a device, a pipe or a socket"),
        (__file__, "this is a single file"),
        ("x" * 300, "cannot be looked at: File name too long"),
        ("nowhere", "there is no such file or folder"),
    ],
)
def test_what_is_no_data_is_told_in_one_sentence(path, message):
    with pytest.raises(DataError, match=message):
        open_data(path, "image-classification")


def test_listing_imports_no_torch(tmp_path):
    picture(tmp_path / "ant" / "1.png")
    script = (
        "import sys; from hub_evaluate import open_data; "
        f"print(open_data({str(tmp_path)!r}, 'image-classification')[0][1], 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["0", "False"]
