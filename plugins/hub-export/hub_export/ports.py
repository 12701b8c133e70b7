"""The inputs and outputs of an exported model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Port"]


@dataclass(frozen=True)
class Port:
    """An input or output.

    Attributes:
        name: its name in the file.
        dtype: ``uint8``, ``int64`` or ``float32``.
        shape: a number for each fixed dimension and a name, such as ``height``, for each that may
            change. Equal names are equal sizes.
        doc: what it holds.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    doc: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": self.dtype,
            "shape": list(self.shape),
            "description": self.doc,
        }
