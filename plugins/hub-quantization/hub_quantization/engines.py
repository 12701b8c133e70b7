"""Engines: the libraries that compute with 8-bit integers. Each processor supports some of them."""

from __future__ import annotations

import torch

from hubcore.errors import HubError

__all__ = ["EngineError", "default_engine", "engine_for", "use_engine"]

# Weights are prepared for one engine, but stored in a form that all share. Where their engine is
# absent, others can run them, in this order of preference.
_SUBSTITUTES = ("x86", "fbgemm", "onednn", "qnnpack")


class EngineError(HubError, RuntimeError):
    """No engine of this machine can run the model.

    Attributes:
        backend: the engine that was requested.
        supported: the engines that this machine has.
    """

    def __init__(self, message: str, backend: str, supported: tuple[str, ...]) -> None:
        super().__init__(message)
        self.backend = backend
        self.supported = supported


def engine_for(backend: str, substitutes: tuple[str, ...] = _SUBSTITUTES) -> str:
    """Chooses the engine of this machine that runs weights prepared for ``backend``.

    Args:
        backend: the engine that the weights were prepared for, which is used if it is present.
        substitutes: engines to use instead, in order of preference.

    Raises:
        EngineError: neither the engine nor a substitute is present.
    """
    supported = _supported()
    for engine in (backend, *substitutes):
        if engine in supported:
            return engine
    wanted = " or ".join(f"'{engine}'" for engine in dict.fromkeys((backend, *substitutes)))
    present = ", ".join(f"'{engine}'" for engine in supported) or "none"
    raise EngineError(
        f"These weights need the quantization engine {wanted}, and this machine's torch has: "
        f"{present}. Use the model with quantize=False, or a torch that was built with the engine.",
        backend,
        supported,
    )


def default_engine() -> str:
    """The engine to prepare weights for on this machine.

    Raises:
        EngineError: this machine has no engine.
    """
    return engine_for("onednn" if "x86" not in _supported() else "x86")


def use_engine(engine: str) -> None:
    """Sets the engine of this process, as torchvision's quantized builders do."""
    torch.backends.quantized.engine = engine


def _supported() -> tuple[str, ...]:
    return tuple(e for e in torch.backends.quantized.supported_engines if e != "none")
