"""Which of timm's models are proved to load alike whether or not they are initialised first.

The list is data, `catalog_data/timm_can_skip.txt`: a name a line, each found true by `prove`, which
is the part "faithful" of `hub check`. The catalogue declares it for these models and no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import hubcore
from hubcore.testing import CHECKS, Finding, Subject

__all__ = ["DECLARATION", "prove", "proved", "record"]

DECLARATION = "can_skip_initialisation"
_LIST = Path(__file__).parents[1] / "catalog_data" / "timm_can_skip.txt"


def proved() -> list[str]:
    """The names of the models that were proved."""
    return _LIST.read_text("utf-8").split() if _LIST.exists() else []


def record(found: Iterable[str], refuted: Iterable[str] = ()) -> None:
    """Adds names to the list of those proved, and removes others."""
    names = sorted({*proved(), *found} - set(refuted))
    _LIST.write_text("".join(f"{name}\n" for name in names), "utf-8")


def prove(catalog: Path, names: Iterable[str]) -> Iterator[tuple[str, list[Finding]]]:
    """Yields for each model what speaks against declaring it: nothing where it is proved.

    Args:
        catalog: hub-timm's catalogue. hub-timm must be importable.
        names: names of models in it.
    """
    data = json.loads(catalog.read_text("utf-8"))
    for model in data["models"].values():
        model[DECLARATION] = True
    with hubcore.register(data, name="timm-proofs", trust=True):
        for name in names:
            yield name, list(CHECKS["faithful"](Subject.of_plugin("timm-proofs", [name])))
