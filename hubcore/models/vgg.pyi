# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.vgg import VGG as VGG
from hub_classification import VGG11_BN_Weights as VGG11_BN_Weights
from hub_classification import VGG11_Weights as VGG11_Weights
from hub_classification import VGG13_BN_Weights as VGG13_BN_Weights
from hub_classification import VGG13_Weights as VGG13_Weights
from hub_classification import VGG16_BN_Weights as VGG16_BN_Weights
from hub_classification import VGG16_Weights as VGG16_Weights
from hub_classification import VGG19_BN_Weights as VGG19_BN_Weights
from hub_classification import VGG19_Weights as VGG19_Weights
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models.vgg import make_layers as make_layers
from torchvision.models._api import register_model as register_model
from hub_classification import vgg11 as vgg11
from hub_classification import vgg11_bn as vgg11_bn
from hub_classification import vgg13 as vgg13
from hub_classification import vgg13_bn as vgg13_bn
from hub_classification import vgg16 as vgg16
from hub_classification import vgg16_bn as vgg16_bn
from hub_classification import vgg19 as vgg19
from hub_classification import vgg19_bn as vgg19_bn
