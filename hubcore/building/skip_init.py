"""Skips the random initialisation that a model's weights would overwrite."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode

__all__ = ["RANDOM_FILLS", "SkipRandomInit"]


class SkipRandomInit(TorchFunctionMode):
    """A context manager in which this thread does not fill parameters with random numbers.

    It is for building a model whose parameters are all overwritten next. In the block, the
    ``is_meta`` of each `nn.Parameter` is True: some initialisers (`torch.nn.init.trunc_normal_`)
    draw again until all numbers are in range, and would never end on numbers that do not change.

    Args:
        keep: the numbers of parameters to fill nevertheless. Parameters are numbered from 0 in the
            order in which they are first to be filled (see `number_of`). An architecture numbers
            them alike each time it is built.
        zeros: fill with zeros instead, for a model that is run before it is overwritten.
    """

    def __init__(self, keep: Container[int] = (), *, zeros: bool = False) -> None:
        self._keep = keep
        self._zeros = zeros
        self._numbers: dict[int, tuple[int, nn.Parameter]] = {}  # by identity
        self._stopped = False
        super().__init__()

    @property
    def has_begun(self) -> bool:
        """Whether any parameter was to be filled yet."""
        return bool(self._numbers)

    def number_of(self, parameter: nn.Parameter) -> int | None:
        """The parameter's number; None if it was never to be filled with random numbers."""
        number, _ = self._numbers.get(id(parameter), (None, None))
        return number

    def stop(self) -> None:
        """Ends the skipping before the block ends, so that it does not slow down loading."""
        # Modes form a stack: below a mode of the builder's, this one stays until the block ends.
        if not self._stopped and _get_current_function_mode() is self:  # type: ignore[no-untyped-call]
            self._stopped = True
            super().__exit__(None, None, None)  # type: ignore[no-untyped-call]

    def __exit__(self, *exc: Any) -> None:
        if not self._stopped:
            super().__exit__(*exc)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in RANDOM_FILLS:
            # The functions of torch.nn.init pass their tensor by keyword. They are skipped as a
            # whole: calls inside them do not reach this mode.
            tensor = args[0] if args else kwargs.get("tensor")
            if isinstance(tensor, nn.Parameter) and self._skips(tensor):
                return tensor.data.zero_() if self._zeros else tensor
        elif func == _IS_META and isinstance(args[0], nn.Parameter) and self._skips(args[0]):
            return True
        return func(*args, **kwargs)

    def _skips(self, parameter: nn.Parameter) -> bool:
        number, _ = self._numbers.setdefault(id(parameter), (len(self._numbers), parameter))
        return number not in self._keep


RANDOM_FILLS = frozenset(
    {
        nn.init.kaiming_uniform_,
        nn.init.normal_,
        nn.init.uniform_,
        torch.Tensor.bernoulli_,
        torch.Tensor.cauchy_,
        torch.Tensor.erfinv_,
        torch.Tensor.exponential_,
        torch.Tensor.geometric_,
        torch.Tensor.log_normal_,
        torch.Tensor.normal_,
        torch.Tensor.random_,
        torch.Tensor.uniform_,
    }
)
"""The functions that fill a tensor with random numbers."""
# Each look-up of the property's getter gives a new object: equal, but not identical.
_IS_META = torch.Tensor.is_meta.__get__  # type: ignore[attr-defined]  # a getset descriptor
