"""Decorators that keep old calling conventions working, with a warning that says what to write.

They serve the hub's builders and those of other authors: `handle_legacy_interface` maps
``pretrained=True`` to ``weights=...``, and `kwonly_to_pos_or_kw` accepts keyword-only arguments by
position. Both do what torchvision's decorators of the same names do, and
warn in the same words, so that filters written for torchvision match: "since 0.13" is its version.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from .errors import WeightsError
from .protocols import WeightsLike

__all__ = ["handle_legacy_interface", "kwonly_to_pos_or_kw", "warn_caller", "warn_replaced"]

R = TypeVar("R")

# Modules between the user's code and a builder: a warning points past them.
_INTERNAL = ("hubcore", "torch.hub", "hubconf", "hubconf.py", "functools", "contextlib")


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Issues a warning at the line of the user's code that led here.

    Args:
        message: the text of the warning.
        category: the class of the warning.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if module not in _INTERNAL and not module.startswith("hubcore."):
            break
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def warn_replaced(name: str, successor: str) -> None:
    """Issues a `FutureWarning` at the user's line: a model or weights have been replaced.

    Args:
        name: the name that the user wrote.
        successor: the name to use instead.
    """
    warn_caller(f"{name} is deprecated: use {successor} instead.", FutureWarning)


def kwonly_to_pos_or_kw(fn: Callable[..., R]) -> Callable[..., R]:
    """Lets a function's keyword-only parameters be passed by position, with a warning.

    Returns:
        The decorated function. It raises a TypeError if it is called with too many positional
        arguments, or with an argument both by position and by keyword.

    Raises:
        TypeError: `fn` has no keyword-only parameter.
    """
    parameters = list(inspect.signature(fn).parameters.values())
    keyword_only = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if not keyword_only:
        name = getattr(fn, "__name__", repr(fn))
        raise TypeError(f"Found no keyword-only parameter on function '{name}'")
    positional = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)

    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> R:
        args, surplus = args[:positional], args[positional:]
        if len(surplus) > len(keyword_only):
            raise TypeError(
                f"{fn.__name__}() takes at most {positional + len(keyword_only)} positional "
                f"arguments, {len(args) + len(surplus)} were given"
            )
        named = dict(zip(keyword_only, surplus, strict=False))
        if named:
            twice = sorted(named.keys() & kwargs.keys())
            if twice:
                raise TypeError(f"{fn.__name__}() got multiple values for argument '{twice[0]}'")
            *others, last = (f"'{name}'" for name in named)
            comma = "," if len(others) > 1 else ""
            names = f"{', '.join(others)}{comma} and {last}" if others else last
            warn_caller(
                f"Using {names} as positional parameter(s) is deprecated since 0.13 and may be "
                f"removed in the future. Please use keyword parameter(s) instead."
            )
        return fn(*args, **kwargs, **named)

    return wrapper


def handle_legacy_interface(
    **weights: tuple[str, Any],
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Maps legacy boolean parameters of a builder to weights, with warnings.

    Args:
        **weights: for each parameter that takes weights, the name of the boolean that it replaced
            and the weights that True meant:
            ``weights=("pretrained", ResNet50_Weights.IMAGENET1K_V1)``. The latter may be a function
            that takes the dictionary of keyword arguments, with the boolean under its legacy name.

    Returns:
        A decorator. The builder that it returns also accepts keyword-only arguments by position. It
        raises a ValueError for ``pretrained=True`` if the model has no weights.
    """

    def decorate(builder: Callable[..., R]) -> Callable[..., R]:
        @kwonly_to_pos_or_kw
        @functools.wraps(builder)
        def wrapper(*args: Any, **kwargs: Any) -> R:
            for parameter, (legacy, default) in weights.items():
                _translate(builder.__name__, kwargs, parameter, legacy, default)
            return builder(*args, **kwargs)

        return wrapper

    return decorate


def _translate(
    name: str, kwargs: dict[str, Any], parameter: str, legacy: str, default: Any
) -> None:
    by_position = parameter in kwargs
    value = kwargs.get(parameter)
    if by_position:
        # Only a boolean here, by position or under the new name, is the legacy interface. The
        # builder checks everything else.
        if not isinstance(value, (bool, int)) and value != "legacy":
            return
        kwargs[legacy] = kwargs.pop(parameter)
    elif legacy not in kwargs:
        return

    member = None
    if kwargs[legacy]:
        member = default(kwargs) if callable(default) else default
        if not isinstance(member, WeightsLike):
            raise WeightsError(f"No weights available for model {name}")
    if not by_position:
        warn_caller(
            f"The parameter '{legacy}' is deprecated since 0.13 and may be removed in the future, "
            f"please use '{parameter}' instead."
        )
    message = (
        f"Arguments other than a weight enum or `None` for '{parameter}' are deprecated since 0.13 "
        f"and may be removed in the future. The current behavior is equivalent to passing "
        f"`{parameter}={member}`."
    )
    if member is not None:
        message += (
            f" You can also use `{parameter}={type(member).__name__}.DEFAULT` to get the most "
            f"up-to-date weights."
        )
    warn_caller(message)
    del kwargs[legacy]
    kwargs[parameter] = member
