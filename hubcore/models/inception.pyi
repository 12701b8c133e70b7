# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.inception import BasicConv2d as BasicConv2d
from torchvision.models.inception import Inception3 as Inception3
from torchvision.models.inception import InceptionA as InceptionA
from torchvision.models.inception import InceptionAux as InceptionAux
from torchvision.models.inception import InceptionB as InceptionB
from torchvision.models.inception import InceptionC as InceptionC
from torchvision.models.inception import InceptionD as InceptionD
from torchvision.models.inception import InceptionE as InceptionE
from torchvision.models.inception import InceptionOutputs as InceptionOutputs
from hub_classification import Inception_V3_Weights as Inception_V3_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_classification import inception_v3 as inception_v3
from torchvision.models._api import register_model as register_model
