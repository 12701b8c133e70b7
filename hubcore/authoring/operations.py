"""Counts a model's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

__all__ = ["count_ops"]


def count_ops(model: nn.Module, image: Any) -> float:
    """Counts the multiply-accumulate operations of one forward pass, as torchvision does.

    Args:
        model: the model, in evaluation mode.
        image: a preprocessed image, a float tensor (C, H, W).

    Returns:
        The number of operations in billions.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    # Fused attention on the CPU is not counted, but its parts are.
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            model(image.unsqueeze(0))
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    # The counter counts a multiplication and an addition as two operations.
    return float(counter.get_total_flops()) / 2 / 1e9
