"""Objects in images: COCO's JSON and Pascal VOC's XML."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hubcore.devices import refuse_device
from hubcore.prediction.folders import image_suffixes, images_in

from ..errors import DataError
from .labels import Labels
from .samples import Data, Sample, image

__all__ = ["coco_file", "coco_images", "read_json", "read_objects", "voc_names", "voc_root"]

PREFERRED = {
    "keypoint-detection": "person_keypoints_",
    "object-detection": "instances_",
    "instance-segmentation": "instances_",
    "semantic-segmentation": "instances_",
}


def read_objects(root: Path, task: str, labels: Labels, split: str | None) -> Data:
    """Reads images with objects.

    Annotations are COCO's, with the index of the weights' category as ``category_id``. Objects of
    Pascal VOC that are marked as difficult become crowds, which count neither way.

    Args:
        root: a folder in COCO's or VOC's layout; or COCO's JSON file.
        task: the task, which decides among several JSON files.
        labels: finds the weights' category of each class.
        split: the split, such as ``val2017`` or ``test``.

    Raises:
        DataError: the layout is neither of the two, or an annotation is wrong.
    """
    voc = voc_root(root)
    if voc is not None:
        if task != "object-detection":
            raise DataError(
                f"{voc}: Pascal VOC has boxes, but no masks of objects and no keypoints, which the "
                f"task '{task}' needs."
            )
        return _voc(voc, labels, split or "val")
    path = coco_file(root, task, split)
    content = read_json(path)
    names = {one["id"]: str(one["name"]) for one in content["categories"]}
    labels.learn((names[key] for key in sorted(names)), background=True)
    by_image: dict[Any, list[dict[str, Any]]] = {}
    for number, annotation in enumerate(content["annotations"], 1):
        index = labels.find(names.get(annotation["category_id"], str(annotation["category_id"])))
        if index is None:
            continue
        _require(path, number - 1, annotation, task)
        own = {"iscrowd": 0, **annotation, "id": number, "category_id": index}
        if "area" not in own:
            own["area"] = own["bbox"][2] * own["bbox"][3]
        by_image.setdefault(annotation["image_id"], []).append(own)
    labels.require(path)
    samples = [
        image(root, file, by_image.get(one["id"], []))
        for one, file in coco_images(root, path, content)
    ]
    return Data("COCO", root, samples, dict(labels.left_out))


def _require(path: Path, number: int, annotation: Mapping[str, Any], task: str) -> None:
    """Checks what an annotation must have for a task.

    Raises:
        DataError: it lacks it, or it is something else.
    """
    place = f"{path}: annotations[{number}]"
    box = annotation["bbox"]
    if not (_are_numbers(box) and len(box) == 4 and box[2] >= 0 and box[3] >= 0):
        raise DataError(f"{place}: its 'bbox' is not x, y, width and height")
    if task == "instance-segmentation":
        shape = annotation.get("segmentation")
        polygons = isinstance(shape, list) and all(
            _are_numbers(one) and len(one) >= 6 and len(one) % 2 == 0 for one in shape
        )
        if not (polygons and shape) and not _are_runs(shape):
            raise DataError(f"{place}: its 'segmentation' is neither polygons nor run lengths")
    if task == "keypoint-detection":
        points = annotation.get("keypoints", [])
        if not (_are_numbers(points) and len(points) % 3 == 0 and points):
            raise DataError(f"{place}: its 'keypoints' are not x, y and visibility for each point")


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(one, int | float) and math.isfinite(one) for one in values
    )


def _are_runs(shape: Any) -> bool:
    if not isinstance(shape, dict):
        return False
    size, counts = shape.get("size"), shape.get("counts")
    return (
        isinstance(size, list)
        and len(size) == 2
        and all(isinstance(one, int) and one > 0 for one in size)
        and (isinstance(counts, str) or _are_numbers(counts))
    )


def coco_file(root: Path, task: str, split: str | None) -> Path:
    """COCO's JSON file in a folder.

    Raises:
        DataError: there is none, or it is not clear which one is meant.
    """
    if root.is_file():
        return root
    found = sorted({*root.glob("*.json"), *root.glob("annotations/*.json")})
    for narrow in (
        lambda name: name.startswith(PREFERRED[task]),
        lambda name: (split or "val") in name,
    ):
        fitting = [path for path in found if narrow(path.name)]
        found = fitting or found
    if len(found) == 1:
        return found[0]
    if not found:
        raise DataError(
            f"{root}: no annotations. Expected COCO's JSON (annotations/instances_val2017.json or "
            f"another .json file), or Pascal VOC's folders Annotations and JPEGImages."
        )
    names = ", ".join(str(path.relative_to(root)) for path in found)
    raise DataError(f"{root}: several JSON files ({names}). Give the path of one as --data.")


def read_json(path: Path) -> dict[str, Any]:
    """Reads COCO's JSON and checks what is used of it.

    Raises:
        DataError: it cannot be read, or lacks something.
    """
    try:
        refuse_device(path)
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON: {error}") from error
    needed = {
        "images": ("id", "file_name"),
        "categories": ("id", "name"),
        "annotations": ("image_id", "category_id", "bbox"),
    }
    for part, keys in needed.items():
        rows = content.get(part) if isinstance(content, dict) else None
        if not isinstance(rows, list):
            raise DataError(f"{path}: not COCO's format: there is no list '{part}'")
        for number, row in enumerate(rows):
            lacking = [key for key in keys if not isinstance(row, dict) or key not in row]
            if lacking:
                raise DataError(f"{path}: {part}[{number}] has no '{lacking[0]}'")
    known = {one["id"] for one in content["images"]}
    for number, row in enumerate(content["annotations"]):
        if row["image_id"] not in known:
            raise DataError(
                f"{path}: annotations[{number}] is of the image {row['image_id']}, which is not "
                f"among its images"
            )
    checked: dict[str, Any] = content
    return checked


def coco_images(root: Path, path: Path, content: Mapping[str, Any]) -> list[tuple[Any, Path]]:
    """The images of COCO's JSON, ordered by id as pycocotools does, with their files."""
    top = path.parent.parent if path.parent.name == "annotations" else path.parent
    split = path.stem.rpartition("_")[2]
    places = [top, top / "images", top / split, top / "images" / split, path.parent]

    def located(name: str) -> Path:
        return next((place / name for place in places if (place / name).is_file()), top / name)

    ordered = sorted(content["images"], key=lambda one: one["id"])
    return [(one, located(one["file_name"])) for one in ordered]


def voc_root(root: Path) -> Path | None:
    """The folder with VOC's Annotations or SegmentationClass, at ``root`` or below."""
    if not root.is_dir():
        return None
    for folder in (root, *sorted(root.glob("VOC*")), *sorted(root.glob("VOCdevkit/VOC*"))):
        if (folder / "JPEGImages").is_dir():
            return folder
    return None


def voc_names(root: Path, kind: str, split: str) -> list[str]:
    """The names of a split's images; all of them if VOC's lists are not there.

    Raises:
        DataError: there is no such split.
    """
    lists = root / "ImageSets" / kind
    if not lists.is_dir():
        return [path.stem for path in images_in(root / "JPEGImages")]
    path = lists / f"{split}.txt"
    try:
        return path.read_text("utf-8").split()
    except OSError as error:
        known = ", ".join(sorted(one.stem for one in lists.glob("*.txt")))
        raise DataError(f"{path}: no such split. There are: {known}") from error


def voc_image(root: Path, name: str) -> Path:
    for suffix in sorted(image_suffixes(), key=lambda one: one != ".jpg"):
        path = root / "JPEGImages" / f"{name}{suffix}"
        if path.is_file():
            return path
    return root / "JPEGImages" / f"{name}.jpg"


def _voc(root: Path, labels: Labels, split: str) -> Data:
    samples: list[Sample] = []
    count = 0
    parsed = [
        (name, path, _voc_objects(path))
        for name in voc_names(root, "Main", split)
        for path in [root / "Annotations" / f"{name}.xml"]
    ]
    names = {one.findtext("name", "").strip() for _, _, objects in parsed for one in objects}
    labels.learn(sorted(names), background=True)
    for name, path, objects in parsed:
        found = []
        for one in objects:
            index = labels.find(one.findtext("name", "").strip())
            if index is None:
                continue
            count += 1
            found.append({"id": count, "category_id": index, **_voc_box(path, one)})
        samples.append(image(root, voc_image(root, name), found))
    labels.require(root)
    return Data("Pascal VOC", root, samples, dict(labels.left_out))


def _voc_objects(path: Path) -> list[ElementTree.Element]:
    try:
        return ElementTree.parse(path).getroot().findall("object")
    except (OSError, ElementTree.ParseError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _voc_box(path: Path, one: ElementTree.Element) -> dict[str, Any]:
    try:
        left, top, right, bottom = (
            float(one.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError:
        raise DataError(f"{path}: an object has no box of four numbers") from None
    # VOC counts pixels from 1, and its right and lower edges belong to the box.
    width, height = right - left + 1, bottom - top + 1
    return {
        "bbox": [left - 1, top - 1, width, height],
        "area": width * height,
        "iscrowd": int(one.findtext("difficult", "0").strip() == "1"),
    }
