"""Watches modules of a model while it runs, and notes what goes in or comes out."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

__all__ = ["Capture", "module_named", "tensors_in"]

Seen = dict[str, list[Tensor]]
"""By the name of a module the tensors of each of its calls, in order."""


class Capture:
    """Notes the inputs or the outputs of modules. Threads that run one model don't mix.

    Args:
        model: the model. Its hooks go when this object does.
        names: the modules' names.
        inputs: whether to note what they are called with, and not what they return.
    """

    def __init__(self, model: nn.Module, names: Iterable[str], *, inputs: bool) -> None:
        self._seen = threading.local()
        seen = self._seen

        def note(name: str, value: Any) -> None:
            found: Seen | None = getattr(seen, "found", None)
            if found is not None:
                found.setdefault(name, []).extend(tensors_in(value))

        handles: list[RemovableHandle] = []
        for name in names:
            module = module_named(model, name)
            if inputs:
                handles.append(
                    module.register_forward_pre_hook(
                        lambda _, given, kwargs, name=name: note(name, given or kwargs),
                        with_kwargs=True,
                    )
                )
            else:
                handles.append(
                    module.register_forward_hook(lambda _, __, made, name=name: note(name, made))
                )
        weakref.finalize(self, _removed, handles)

    @contextmanager
    def watching(self) -> Iterator[Seen]:
        """In this context what this thread's modules see is put into the dict."""
        self._seen.found = found = Seen()
        try:
            yield found
        finally:
            self._seen.found = None


def _removed(handles: list[RemovableHandle]) -> None:
    for handle in handles:
        handle.remove()


def module_named(model: nn.Module, name: str) -> nn.Module:
    """A module of a model by its name.

    Raises:
        EmbeddingError: there is none. The error suggests similar names.
    """
    import difflib

    from .errors import EmbeddingError

    modules: dict[str, nn.Module] = dict(model.named_modules())
    if name in modules:
        return modules[name]
    close = difflib.get_close_matches(name, modules, n=3)
    hint = f" Did you mean {' or '.join(repr(one) for one in close)}?" if close else ""
    top = ", ".join(child for child, _ in model.named_children())
    raise EmbeddingError(
        f"{type(model).__name__} has no module '{name}'.{hint} At the top it has {top}."
    )


def tensors_in(value: Any) -> list[Tensor]:
    """The tensors in what a module takes or gives, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(item)]
    return []
