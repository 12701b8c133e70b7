"""Arithmetic with sizes as torch has it: in float64, or in the type of the tensor it meets."""

from __future__ import annotations

import math
import operator
from typing import Any

import torch

__all__ = ["in_one_type", "sizes_in_float64"]


def sizes_in_float64() -> dict[Any, Any]:
    """Translations of arithmetic with sizes, which in float32 would miss a pixel here and there."""
    from onnx import TensorProto
    from onnxscript import opset18 as ops

    def to_float(size: Any) -> Any:
        return ops.Cast(size, to=TensorProto.DOUBLE)

    def divide(one: Any, other: Any) -> Any:
        return ops.Div(to_float(one), to_float(other))

    def to_int(size: Any) -> Any:
        return ops.Cast(size, to=TensorProto.INT64)

    return {torch.sym_float: to_float, operator.truediv: divide, math.trunc: to_int}


def in_one_type(graph: Any, opset: int) -> None:
    """Casts such numbers where they meet a tensor, such as in ``x * (height / width)``.

    ONNX's operations take values of one type, and torch's a tensor and a number.

    Args:
        graph: of `onnx_ir`; it is changed.
        opset: the version of ONNX's operations in it.
    """
    import onnx_ir as ir

    double = ir.DataType.DOUBLE
    for node in [*graph.all_nodes()]:
        for places in _of_one_type(node, opset):
            types = {node.inputs[place].dtype for place in places}
            if double not in types or len(types) != 2:
                continue
            [other] = types - {double}
            for place in places:
                value = node.inputs[place]
                if value.dtype == double:
                    cast = ir.node("Cast", [value], {"to": other})
                    cast.outputs[0].name = f"{node.outputs[0].name}_input_{place}"
                    node.graph.insert_before(node, cast)
                    node.replace_input_with(place, cast.outputs[0])


def _of_one_type(node: Any, opset: int) -> list[list[int]]:
    """The places of inputs that must have the same type as one another."""
    import onnx

    try:
        formal = onnx.defs.get_schema(node.op_type, opset, node.domain).inputs
    except onnx.defs.SchemaError:  # of another domain
        return []
    found: dict[str, list[int]] = {}
    for place, value in enumerate(node.inputs):
        parameter = formal[min(place, len(formal) - 1)]  # the last one may be variadic
        if value is not None and parameter.is_homogeneous:
            found.setdefault(parameter.type_str, []).append(place)
    return [*found.values()]
