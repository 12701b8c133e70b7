# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from typing import Any

from torchvision.models.optical_flow.raft import RAFT

from hubcore import WeightsEnum, WeightsLike

class Raft_Large_Weights(WeightsEnum):
    C_T_V1 = ...
    C_T_V2 = ...
    C_T_SKHT_V1 = ...
    C_T_SKHT_V2 = ...
    C_T_SKHT_K_V1 = ...
    C_T_SKHT_K_V2 = ...
    DEFAULT = C_T_SKHT_V2

class Raft_Small_Weights(WeightsEnum):
    C_T_V1 = ...
    C_T_V2 = ...
    DEFAULT = C_T_V2

def raft_large(
    *,
    weights: Raft_Large_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RAFT:
    """RAFT compares all pairs of pixels of two frames once, and a recurrent unit then refines the
    flow by looking up that correlation, twelve times by default (`num_flow_updates`). Returns
    all refinements, the last the best.

    Paper: https://arxiv.org/abs/2003.12039
    """

def raft_small(
    *,
    weights: Raft_Small_Weights | WeightsLike | str | None = None,
    progress: bool = True,
    **config: Any,
) -> RAFT:
    """RAFT in a million parameters: narrower encoders with bottleneck blocks, a smaller
    correlation window and bilinear upsampling of the flow instead of a learned one.

    Paper: https://arxiv.org/abs/2003.12039
    """
