"""Attention over tensors of any rank; torch's exporter translates it for four dimensions only."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["attention_of_any_rank"]


def attention_of_any_rank() -> dict[Any, Any]:
    """The translation of ``scaled_dot_product_attention``: leading dimensions become one."""
    import onnx_ir as ir
    from onnxscript import opset18 as ops
    from onnxscript.function_libs.torch_lib.ops.nn import aten_scaled_dot_product_attention

    def shape(value: Any, start: int, end: int | None = None) -> Any:
        return ops.Shape(value, start=start, end=end)

    def flat(value: Any) -> Any:
        """(..., L, E) as (N, 1, L, E)."""
        sizes = ops.Concat(ops.Constant(value_ints=[-1, 1]), shape(value, -2), axis=0)
        found = ops.Reshape(value, sizes)
        found.shape, found.dtype = ir.Shape([None, 1, *value.shape[-2:]]), value.dtype
        return found

    def attention(
        query: Any, key: Any, value: Any, attn_mask: Any = None, *rest: Any, **options: Any
    ) -> Any:
        if {len(one.shape) for one in (query, key, value)} == {4}:
            return aten_scaled_dot_product_attention(query, key, value, attn_mask, *rest, **options)
        mask = attn_mask
        if mask is not None:
            sizes = ops.Concat(shape(query, 0, -2), shape(mask, -2), axis=0)
            expanded = ops.Expand(mask, sizes)
            leading = [None] * (len(query.shape) - 2)
            expanded.shape, expanded.dtype = ir.Shape([*leading, *mask.shape[-2:]]), mask.dtype
            mask = flat(expanded)
        found = aten_scaled_dot_product_attention(
            flat(query), flat(key), flat(value), mask, *rest, **options
        )
        return ops.Reshape(found, ops.Concat(shape(query, 0, -1), shape(value, -1), axis=0))

    return {torch.ops.aten.scaled_dot_product_attention.default: attention}
