"""Pictures of predictions: what weights whose files are at hand give for a photo."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hubcore.catalogs.tasks import task_facts

from .entries import Contents, Weights
from .pages import Page, Picture

if TYPE_CHECKING:
    from hubcore.prediction.results import Result

__all__ = ["Pictures", "pictures"]

_WIDTH = 720  # pixels: twice what a page shows
_SAID = 5  # lines of a result


class Pictures(NamedTuple):
    """The pictures that could be made.

    Attributes:
        pages: the files.
        shown: the picture by the canonical name of the weights.
        problems: why others could not be made, each a sentence.
    """

    pages: list[Page]
    shown: dict[str, Picture]
    problems: list[str]


def pictures(contents: Contents, photo: Path) -> Pictures:
    """Predicts with all weights that are in the store. Imports torch, and runs their models.

    Args:
        contents: what is offered.
        photo: the photo, which becomes part of the site.

    Raises:
        InputError: the photo cannot be read.
        MissingDependencyError: what prediction needs is not installed.
    """
    from hubcore.prediction import Predictor  # says what to install where torch is not
    from hubcore.prediction.images import open_image

    image = open_image(str(photo), photo)
    found = Pictures([], {}, [])
    for weights in _at_hand(contents):
        try:
            assert weights.model is not None  # `_at_hand` looked
            [result] = Predictor(weights.model.canonical, weights.canonical)(image)
            content, width, height = _drawn(result)
        except Exception as error:  # models are others' code; one costs itself
            found.problems.append(f"{weights.name} has no picture: {error}")
            continue
        address = f"pictures/{len(found.shown) + 1:04}.jpg"
        said = "; ".join(line.strip() for line in result.lines()[:_SAID])
        found.pages.append(Page(address, content))
        found.shown[weights.canonical] = Picture(
            address,
            width,
            height,
            f"Prediction on {photo.name}: {said}",
            f"What these weights give for the photo {photo.name}, as “hub predict” draws it.",
        )
    return found


def _at_hand(contents: Contents) -> Iterator[Weights]:
    """The weights whose verified file is in the store or in a folder that it reads."""
    import hubcore
    from hubcore.store import default_store

    tasks = {name for one in contents.weights if (name := one.row.get("task"))}
    of_a_photo = {name for name in tasks if (facts := task_facts(name)) and facts.input == "image"}
    store = default_store()
    for weights in contents.weights:
        if weights.row.get("task") in of_a_photo and weights.model is not None:
            files = hubcore.get_weight(weights.canonical).value.files
            if None not in map(store.find, files):
                yield weights


def _drawn(result: Result) -> tuple[bytes, int, int]:
    """A result as a JPEG file, its width and its height."""
    image = result.draw()
    image.thumbnail((_WIDTH, 2 * _WIDTH))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85, optimize=True)
    return buffer.getvalue(), image.width, image.height
