"""`load_report`: which tensors of a model came from its weights."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import NamedTuple

from torch import nn

from ..protocols import WeightsLike
from ..weights.traces import trace

__all__ = ["LoadReport", "Loaded", "load_report", "loads"]


@dataclass(frozen=True)
class LoadReport:
    """Which tensors of a model came from its weights.

    Attributes:
        weights: the weights that the model was built with.
        loaded: the state-dict keys of the tensors that were loaded from the weights.
        new: the state-dict keys of all others, as the architecture initialised them: a new head,
            which needs training, and what the weights of an architecture that loads them itself
            left out.
        name: the canonical name of the weights; their text if they are in no enum.
        sha256: the SHA-256 of their file, as 64 hex digits, or None if it is not known. Of several
            files it is that of what ``sha256sum`` prints of them, in the catalogue's order.
        adapted: those of the weights' tensors that were changed for another number of input
            channels before they were loaded, by their keys there.
    """

    weights: WeightsLike
    loaded: tuple[str, ...]
    new: tuple[str, ...]
    name: str
    sha256: str | None
    adapted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """In a line: a large model has hundreds of tensors."""
        names = ", ".join(self.new[:4]) + (", ..." if len(self.new) > 4 else "")
        new = f"{len(self.new)} ({names})" if self.new else "0"
        adapted = f" ({', '.join(self.adapted)} adapted)" if self.adapted else ""
        loaded = f"{len(self.loaded)} tensors loaded{adapted}"
        return f"<LoadReport of {self.weights}: {loaded}, {new} new>"


class Loaded(NamedTuple):
    """What a report is made from on request: most models are never asked for one."""

    weights: WeightsLike
    module: weakref.ref[nn.Module]
    head: tuple[str, ...]  # the prefixes of a new head
    new: frozenset[str]  # what the architecture itself did not load
    adapted: tuple[str, ...]


loads: weakref.WeakKeyDictionary[nn.Module, Loaded] = weakref.WeakKeyDictionary()


def load_report(model: nn.Module) -> LoadReport | None:
    """Reports which of a model's tensors were loaded from weights and which are new.

    Args:
        model: a model that a builder of the hub returned.

    Returns:
        The report, or None if the model was built without weights.
    """
    found = loads.get(model)
    if found is None:
        return None
    keys = list((found.module() or model).state_dict())
    new = tuple(key for key in keys if key.startswith(found.head) or key in found.new)
    loaded = tuple(key for key in keys if key not in new)
    return LoadReport(found.weights, loaded, new, *trace(found.weights), found.adapted)
