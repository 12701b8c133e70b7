"""State dicts that timm does not copy.

timm keeps what it loads in a model's configuration, of which it makes a dict by
`dataclasses.asdict`: that copies all tensors, gigabytes of a large model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Uncopied"]


class Uncopied(dict[str, Any]):
    """A state dict of which ``asdict`` makes a plain dict with the same tensors."""

    def __new__(cls, tensors: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Any:
        """Of a state dict one of these; of the pairs that ``asdict`` gives, a plain dict."""
        return super().__new__(cls) if isinstance(tensors, Mapping) else dict(tensors)

    def items(self) -> Any:
        """Names and tensors, these as `copy.deepcopy` leaves them alone."""
        return [(name, _Whole(tensor)) for name, tensor in super().items()]


class _Whole:
    """What stands for a tensor until it is copied: its copy is the tensor itself."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __deepcopy__(self, memo: object) -> Any:
        return self._tensor
