"""Images by class: folders, a CSV, ImageNet's validation set, and archives of arrays."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hubcore.prediction.folders import image_suffixes, images_in, listed
from hubcore.prediction.inputs import ImageInput

from ..errors import DataError
from .labels import Labels, read_table
from .samples import Data, Sample, image

__all__ = ["read_classes"]

HEADINGS = ("file", "filename", "image", "imageid", "path", "class", "label")
"""Names of columns that mark the first row of a CSV as a heading."""

GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"


def read_classes(root: Path, labels: Labels, table: Path | None, split: str | None) -> Data:
    """Reads images by class.

    Args:
        root: the folder.
        labels: finds the weights' category of each class.
        table: a CSV with a row ``file,class`` for each image. Default: the one in the folder, if
            there is one.
        split: of archives, ``train`` or ``test``.

    Raises:
        DataError: the layout is none of the known ones, or a label is wrong.
    """
    archive = _archive(root)
    if archive is not None:
        samples: Iterable[tuple[Sample, str]] = _arrays(root, *archive, split or "test", labels)
        kind = archive[0]
    elif table is not None or (table := _own_table(root)) is not None:
        samples, kind = _listed(root, table), "images with a CSV"
    elif (truth := next(iter(sorted(root.rglob(GROUND_TRUTH))), None)) is not None:
        samples, kind = _devkit(root, truth), "ImageNet with its development kit"
    else:
        samples, kind = _folders(root), "folders by class"
    samples = list(samples)
    if archive is None:
        labels.learn(sorted({name for _, name in samples}))
    found = []
    for sample, name in samples:
        index = labels.find(name)
        if index is not None:
            found.append(Sample(sample.id, sample.input, index))
    labels.require(root)
    if not found:
        raise DataError(
            f"{root}: no labelled images. Expected a folder for each class, a CSV with a row "
            f"'file,class' for each image, ImageNet's validation images with their development "
            f"kit, or the files of MNIST, Fashion-MNIST, CIFAR-10, CIFAR-100, SVHN or STL-10."
        )
    return Data(kind, root, found, dict(labels.left_out))


def _folders(root: Path) -> Iterator[tuple[Sample, str]]:
    for folder in listed(root):
        if folder.is_dir():
            for path in images_in(folder):
                yield image(root, path, None), folder.name


def _own_table(root: Path) -> Path | None:
    tables = [path for path in listed(root) if path.suffix.lower() in (".csv", ".tsv")]
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables)
        raise DataError(f"{root}: several CSV files ({names}). Say which one: --labels FILE")
    return tables[0] if tables else None


def names_files(root: Path, table: Path) -> bool:
    """Whether a CSV has a row for each image, rather than one for each class."""
    rows = read_table(table, HEADINGS)
    if rows and rows[0][0].lower() in HEADINGS[:5]:
        return True
    return any(_find_file(root, row[0]) is not None for row in rows[:3])


def _listed(root: Path, table: Path) -> Iterator[tuple[Sample, str]]:
    rows = read_table(table, HEADINGS)
    if rows and rows[0][0].lower() in HEADINGS:
        rows = rows[1:]
    if rows and not any(_find_file(root, row[0]) for row in rows):
        raise DataError(f"{table}: none of its files is in {root}, such as '{rows[0][0]}'")
    for row in rows:
        # A file that is missing becomes a line in the report, as one that is damaged.
        path = _find_file(root, row[0]) or root / row[0]
        # Kaggle's ImageNet: 'n03995372 85 1 499 272', a class and boxes.
        words = row[1].split()
        boxed = len(words) >= 5 and words[0].startswith("n") and words[1].isdecimal()
        yield image(root, path, None), words[0] if boxed else row[1]


def _find_file(root: Path, name: str) -> Path | None:
    """The file that a row names, with or without its suffix."""
    try:
        exact = root / name
        if exact.is_file():
            return exact
        for suffix in (".JPEG", ".jpg", ".jpeg", ".png"):
            path = root / f"{name}{suffix}"
            if path.is_file():
                return path
    except (OSError, ValueError):  # such a name cannot be a file's
        pass
    return None


def _devkit(root: Path, truth: Path) -> Iterator[tuple[Sample, str]]:
    """ImageNet's validation images in one folder, as the development kit lists their classes."""
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError as error:
        raise DataError(
            f"{truth.parents[1]}: reading meta.mat needs scipy: "
            f"pip install 'hub-evaluate[imagenet]'"
        ) from error
    try:
        rows = loadmat(truth.parent / "meta.mat", squeeze_me=True)["synsets"]
        # Number, WordNet id, words, gloss, number of children: classes have none.
        ids = {int(row[0]): str(row[1]) for row in rows if int(row[4]) == 0}
        numbers = [int(line) for line in truth.read_text("ascii").split()]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"{truth.parent}: the development kit cannot be read: {error}") from error
    suffixes = image_suffixes()
    paths = sorted(
        path for path in root.rglob("ILSVRC2012_val_*") if path.suffix.lower() in suffixes
    )
    for path in paths:
        number = int(path.stem.rpartition("_")[2])
        if not 1 <= number <= len(numbers):
            raise DataError(f"{path}: the development kit has {len(numbers)} labels, not {number}")
        yield image(root, path, None), ids[numbers[number - 1]]


def _archive(root: Path) -> tuple[str, Path] | None:
    """Which of torchvision's data sets of arrays a folder holds, and the folder of its files."""
    for folder in (root, *(path for path in _subfolders(root, 2))):
        if (folder / "cifar-10-batches-py").is_dir():
            return "CIFAR10", folder
        if (folder / "cifar-100-python").is_dir():
            return "CIFAR100", folder
        if (folder / "stl10_binary").is_dir():
            return "STL10", folder
        if any(folder.glob("*_32x32.mat")):
            return "SVHN", folder
        if any(folder.glob("t10k-images-idx3-ubyte*")):
            names = f"{root.resolve().name}/{folder.relative_to(root)}".lower()
            for word, kind in (("fashion", "FashionMNIST"), ("kmnist", "KMNIST")):
                if word in names:
                    return kind, folder
            return "MNIST", folder
    return None


def _subfolders(root: Path, depth: int) -> Iterator[Path]:
    if depth:
        for path in listed(root)[:20]:  # folders of a data set, not those of a thousand classes
            if path.is_dir():
                yield path
                yield from _subfolders(path, depth - 1)


def _arrays(
    root: Path, kind: str, folder: Path, split: str, labels: Labels
) -> Iterator[tuple[Sample, str]]:
    from torchvision import datasets

    if split not in ("train", "test"):
        raise DataError(f"{root}: {kind} has the splits train and test, not '{split}'")
    make = getattr(datasets, kind)
    found: Any
    try:
        with tempfile.TemporaryDirectory(prefix="hub-evaluate-") as temporary:
            if kind in ("SVHN", "STL10"):
                found = make(str(folder), split=split)
            elif kind.startswith("CIFAR"):
                found = make(str(folder), train=split == "train")
            else:
                base = _unpacked(Path(temporary), kind, folder, split)
                found = make(str(base), train=split == "train")
    except ModuleNotFoundError as error:
        raise DataError(
            f"{folder}: reading SVHN needs scipy: pip install 'hub-evaluate[imagenet]'"
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"{folder}: the files of {kind} cannot be read: {reason}") from error
    if kind in ("SVHN", "STL10"):  # (N, 3, H, W)
        values, targets = found.data.transpose(0, 2, 3, 1), found.labels
    else:
        values = found.data if kind.startswith("CIFAR") else found.data.numpy()
        targets = found.targets
    names: Sequence[str] = "0123456789" if kind == "SVHN" else found.classes
    labels.learn(names)
    for number, (pixels, target) in enumerate(zip(values, targets, strict=True)):
        name = f"{split}/{number}"
        yield Sample(name, ImageInput(name, pixels), None), names[int(target)]


def _unpacked(temporary: Path, kind: str, folder: Path, split: str) -> Path:
    """A folder as torchvision expects it: Debian's files are packed, and lie elsewhere."""
    raw = temporary / kind / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):
            target, packed = raw / name, folder / f"{name}.gz"
            if part != ("train" if split == "train" else "t10k"):
                target.touch()  # torchvision looks for all four
            elif packed.is_file():
                with gzip.open(packed) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
            else:
                target.write_bytes((folder / name).read_bytes())
    return temporary
