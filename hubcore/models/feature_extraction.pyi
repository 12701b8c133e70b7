# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.feature_extraction import DualGraphModule as DualGraphModule
from torchvision.models.feature_extraction import LeafModuleAwareTracer as LeafModuleAwareTracer
from torchvision.models.feature_extraction import NodePathTracer as NodePathTracer
from torchvision.models.feature_extraction import create_feature_extractor as create_feature_extractor
from torchvision.models.feature_extraction import get_graph_node_names as get_graph_node_names
