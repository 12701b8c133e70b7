"""Parts of tensors that are written anew, such as ``mask[a:b] = 1``."""

from __future__ import annotations

from typing import Any

__all__ = ["without_empty"]


def without_empty(model: Any) -> None:
    """Leaves out those that write nothing, as ``mask[a:a] = 1`` does: OpenVINO refuses them.

    Args:
        model: of `onnx_ir`; it is changed.
    """
    import onnx_ir as ir
    from onnx_ir.passes.common import RemoveUnusedNodesPass

    results = {id(value) for value in model.graph.outputs}
    found = False
    for node in [*model.graph.all_nodes()]:
        if node.op_type not in ("ScatterND", "ScatterElements"):
            continue
        data, indices = node.inputs[:2]
        places = ir.convenience.get_const_tensor(indices)
        if places is not None and places.size == 0 and id(node.outputs[0]) not in results:
            ir.convenience.replace_all_uses_with(node.outputs[0], data)
            found = True
    if found:
        RemoveUnusedNodesPass()(model)
