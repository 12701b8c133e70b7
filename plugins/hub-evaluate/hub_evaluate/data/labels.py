"""What the classes of data are called in the weights."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from hubcore.devices import read_small

from ..errors import DataError, UnknownClassesError

__all__ = ["LEFT_OUT", "Labels", "read_table"]

_LARGEST = 256 * 1024**2  # bytes of a table: of a million files with long names

LEFT_OUT = "-"
"""In place of a category: the class is left out of the evaluation."""


class Labels:
    """Finds the category of the weights that a class of the data means.

    A class is looked for among the given names, then among the categories as they are written,
    among ImageNet's WordNet ids, among the categories without regard to case, spaces and
    underscores, and last it may be the index of a category.

    Args:
        categories: the weights' categories. None: each class of the data is one, see `learn`.
        names: the category, or its index, of each class that is called otherwise in the data; or
            `LEFT_OUT`.

    Attributes:
        left_out: the number of samples of each class that was left out so far.
    """

    def __init__(
        self, categories: Sequence[str] | None, names: Mapping[str, str] | None = None
    ) -> None:
        self._learning = categories is None
        self.categories = list(categories or ())
        self.left_out: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._names = dict(names or {})
        self._found: dict[str, int | None] = {}
        self._index()

    def _index(self) -> None:
        self._exact = _places(self.categories)
        self._loose = _places([_plain(name) for name in self.categories])
        self._wordnet = _wordnet() if _is_imagenet(self.categories) else {}

    def learn(self, classes: Iterable[str], background: bool = False) -> None:
        """Takes the classes of the data as categories, in this order, if none were given.

        Args:
            classes: the classes; those that are left out become none.
            background: whether the first category is ``__background__``, as of all detectors and
                semantic segmentation in torchvision.
        """
        if self._learning:
            given = [self._names.get(name, name) for name in classes]
            first = ["__background__"] if background else []
            self.categories = [*dict.fromkeys([*first, *(one for one in given if one != LEFT_OUT)])]
            self._index()

    def find(self, name: str) -> int | None:
        """The index of a class's category; None if it is left out or unknown (see `require`).

        Raises:
            DataError: several categories have this name.
        """
        if name not in self._found:
            given = self._names.get(name, name)
            self._found[name] = -1 if given == LEFT_OUT else self._find(given)
        index = self._found[name]
        if index == -1:
            self.left_out[name] += 1
            return None
        if index is None:
            self._unknown[name] += 1
        return index

    def require(self, where: object) -> None:
        """Checks that the weights have all classes that were looked for.

        Raises:
            UnknownClassesError: they lack some.
        """
        if self._unknown:
            raise UnknownClassesError(where, dict(sorted(self._unknown.items())))

    def _find(self, name: str) -> int | None:
        if name not in self._exact and name in self._wordnet:
            return self._wordnet[name]
        places = self._exact.get(name) or self._loose.get(_plain(name)) or []
        if len(places) > 1:
            raise DataError(
                f"The weights have several categories '{name}': {places}. Give the index of the "
                f"one that is meant, in the file for --labels."
            )
        if places:
            return places[0]
        if name.isdecimal() and int(name) < len(self.categories):
            return int(name)
        return None


def read_table(path: Path, columns: Iterable[str] = ()) -> list[list[str]]:
    """Reads the rows of a CSV file, without its heading if that is one of the known ones.

    Args:
        path: the file: UTF-8, separated by commas or tabs.
        columns: names of columns, in lower case, that mark the first row as a heading.

    Raises:
        DataError: it cannot be read, or a row has fewer than two cells.
    """
    try:
        text = read_small(path, _LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DataError(f"{path}: cannot be read: {reason}") from error
    lines = text.splitlines()
    separator = "\t" if lines and "\t" in lines[0] else ","
    rows = []
    for number, row in enumerate(csv.reader(lines, delimiter=separator), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if number == 1 and set(columns) & {cell.lower() for cell in cells}:
            rows.append(cells)
            continue
        if len(cells) < 2 or not cells[0]:
            raise DataError(f"{path}: line {number}: expected two cells, such as 'cat,tabby'")
        rows.append(cells)
    return rows


def _places(names: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        found.setdefault(name, []).append(index)
    return found


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _is_imagenet(categories: Sequence[str]) -> bool:
    ends = (categories[0], categories[-1]) if categories else ()
    return len(categories) == 1000 and ends == ("tench", "toilet tissue")


@cache
def _wordnet() -> dict[str, int]:
    """ImageNet's 1,000 WordNet ids, in the order of the classes of all its models."""
    text = files(__package__).joinpath("imagenet-1k-wordnet-ids.txt").read_text("ascii")
    return {name: index for index, name in enumerate(text.split())}
