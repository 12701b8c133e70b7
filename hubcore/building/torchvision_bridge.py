"""Lets builders that check weights by enum type load any weights.

torchvision's builders accept only members of their own enums, and read the model's settings from
them. They are the reference for how each model is built, so the hub calls them unchanged. It passes
them a stand-in that looks like a member of the expected enum and has the hub's meta-data and
tensors. Nothing in torchvision is patched, and its downloader is never called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, get_args

from ..errors import WeightsError
from ..protocols import WeightsLike

__all__ = ["StandIn", "stand_in"]


def stand_in(
    builder: Callable[..., Any],
    parameter: str,
    weights: WeightsLike,
    meta: Mapping[str, Any],
    tensors: Mapping[str, Any],
    before_load: Callable[[], object] | None = None,
    expected: str | None = None,
) -> StandIn:
    """Makes weights that ``builder`` accepts as one of its arguments.

    Args:
        builder: a multi-weight builder whose annotations name the enums that it accepts.
        parameter: the name of the argument: ``weights`` or ``weights_backbone``.
        weights: the real weights.
        meta: the meta-data that the stand-in has.
        tensors: the state dict that the stand-in returns, as it is.
        before_load: called when the builder asks for the state dict.
        expected: the name of the enum that the builder accepts with its other arguments, if it
            depends on them.
    """
    enums = {enum.__name__: enum for enum in _accepted_enums(builder, parameter)}
    first = next(iter(enums.values()), None)
    enum = enums.get(type(weights).__name__) or enums.get(expected or "") or first
    return StandIn(weights, enum, meta, tensors, before_load)


def _accepted_enums(builder: Callable[..., Any], parameter: str) -> list[type[Enum]]:
    try:
        found = inspect.signature(builder, eval_str=True).parameters.get(parameter)
    except Exception:  # no signature, or annotations that only type checkers can resolve
        return []
    if found is None:
        return []
    annotations = (found.annotation, *get_args(found.annotation))
    return [a for a in annotations if isinstance(a, type) and issubclass(a, Enum)]


class StandIn:
    """Weights that look like a member of another enum.

    ``isinstance`` consults ``__class__``, so the builders' type checks pass. A stand-in equals the
    member of the same name, so builders treat it as they treat that member.

    Attributes:
        url, transforms: those of the real weights.
        meta: the meta-data; the builder may change it. What it needs and the weights lack is a
            `WeightsError`.
        name: the name of the real member; "" if it has none.
    """

    def __init__(
        self,
        weights: WeightsLike,
        enum: type[Enum] | None,
        meta: Mapping[str, Any],
        tensors: Mapping[str, Any],
        before_load: Callable[[], object] | None = None,
    ) -> None:
        self._before_load = before_load
        self._weights = weights
        self._enum = enum
        self._tensors = tensors
        self.url = weights.url
        self.transforms = weights.transforms
        self.meta = _Meta(meta, weights)
        self.name = getattr(weights, "name", "")

    @property  # type: ignore[misc]  # deliberately not the real class
    def __class__(self) -> type:
        return self._enum or StandIn

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Enum)
            and type(self._weights).__name__ == type(other).__name__
            and self.name == other.name
        )

    def __hash__(self) -> int:
        return hash(self.url)

    def __repr__(self) -> str:
        return repr(self._weights)

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """The tensors by name. Arguments are accepted for compatibility and ignored."""
        if self._before_load is not None:
            self._before_load()
        return self._tensors


class _Meta(dict[str, Any]):
    """Meta-data that says which weights lack what a builder looks up in it."""

    def __init__(self, meta: Mapping[str, Any], weights: WeightsLike) -> None:
        super().__init__(meta)
        self._weights = weights

    def __missing__(self, key: str) -> Any:
        example = _EXAMPLES.get(key, "...")
        raise WeightsError(
            f"The meta-data of the weights {self._weights} lack '{key}', which the architecture "
            f'needs. Their catalogue entry must have it: "meta": {{"{key}": {example}}}.'
        )


_EXAMPLES = {
    "backend": '"fbgemm"',
    "categories": '["first class", "second class"]',
    "keypoint_names": '["nose", "left_eye"]',
    "min_size": "[224, 224]",
    "min_temporal_size": "16",
}
