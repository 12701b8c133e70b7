"""Builds a model without the random initialisation that its weights would overwrite."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode

__all__ = ["SkipRandomInit"]


class SkipRandomInit(TorchFunctionMode):
    """While it is active, parameters of this thread are not filled with random numbers.

    For building a model whose parameters are all overwritten next. `nn.Parameter` answers
    ``is_meta`` with True meanwhile, since some initialisers draw until the numbers please them
    (`torch.nn.init.trunc_normal_`) and would never end on numbers that do not change.

    Args:
        keep: numbers of parameters to fill all the same. They are counted from 0 as each is first
            to be filled, see `number_of`; an architecture counts alike each time it is built.
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
        """Whether anything was skipped yet."""
        return bool(self._numbers)

    def number_of(self, parameter: nn.Parameter) -> int | None:
        """A parameter's number; None if nothing was to fill it with random numbers."""
        number, _ = self._numbers.get(id(parameter), (None, None))
        return number

    def stop(self) -> None:
        """Ends it before its block does, so that loading pays nothing for being watched."""
        # Modes are a stack. Under one of the builder's own, this one stays to the block's end.
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
        if func in _RANDOM_FILLS:
            # The functions of torch.nn.init pass their tensor by keyword. They are skipped as a
            # whole, because what they call inside does not come by here.
            tensor = args[0] if args else kwargs.get("tensor")
            if isinstance(tensor, nn.Parameter) and self._skips(tensor):
                return tensor.data.zero_() if self._zeros else tensor
        elif func == _IS_META and isinstance(args[0], nn.Parameter) and self._skips(args[0]):
            return True
        return func(*args, **kwargs)

    def _skips(self, parameter: nn.Parameter) -> bool:
        number, _ = self._numbers.setdefault(id(parameter), (len(self._numbers), parameter))
        return number not in self._keep


_RANDOM_FILLS = frozenset(
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
# The getter of a property is a new object each time it is looked up: equal, not identical.
_IS_META = torch.Tensor.is_meta.__get__  # type: ignore[attr-defined]  # a getset descriptor
