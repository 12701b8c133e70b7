"""Engines: the libraries that compute with 8-bit integers, of which each processor has some."""

from __future__ import annotations

import torch

from hubcore.errors import HubError

__all__ = ["EngineError", "default_engine", "engine_for", "use_engine"]

# Weights are prepared for one engine and stored in a form that is common to all. So where theirs
# is absent others can run them, in this order of preference.
_SUBSTITUTES = ("x86", "fbgemm", "onednn", "qnnpack")


class EngineError(HubError, RuntimeError):
    """No engine of this machine can run the model.

    Attributes:
        backend: the engine that was asked for.
        supported: those that there are.
    """

    def __init__(self, message: str, backend: str, supported: tuple[str, ...]) -> None:
        super().__init__(message)
        self.backend = backend
        self.supported = supported


def engine_for(backend: str, substitutes: tuple[str, ...] = _SUBSTITUTES) -> str:
    """The engine of this machine that runs weights prepared for ``backend``: its own, if present.

    Raises:
        EngineError: neither it nor a substitute is present.
    """
    supported = _supported()
    for engine in (backend, *substitutes):
        if engine in supported:
            return engine
    wanted = " or ".join(f"'{engine}'" for engine in dict.fromkeys((backend, *substitutes)))
    present = ", ".join(f"'{engine}'" for engine in supported) or "none"
    raise EngineError(
        f"These weights run on the quantization engine {wanted}, and this machine's torch has: "
        f"{present}. Use the model with quantize=False, or a torch that was built with it.",
        backend,
        supported,
    )


def default_engine() -> str:
    """The engine for which to prepare weights here."""
    return engine_for("onednn" if "x86" not in _supported() else "x86")


def use_engine(engine: str) -> None:
    """Makes an engine the process's, as torchvision's quantized builders do."""
    torch.backends.quantized.engine = engine


def _supported() -> tuple[str, ...]:
    return tuple(e for e in torch.backends.quantized.supported_engines if e != "none")
