# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.video.resnet import BasicBlock as BasicBlock
from torchvision.models.video.resnet import BasicStem as BasicStem
from torchvision.models.video.resnet import Bottleneck as Bottleneck
from torchvision.models.video.resnet import Conv2Plus1D as Conv2Plus1D
from torchvision.models.video.resnet import Conv3DNoTemporal as Conv3DNoTemporal
from torchvision.models.video.resnet import Conv3DSimple as Conv3DSimple
from hub_video import MC3_18_Weights as MC3_18_Weights
from hub_video import R2Plus1D_18_Weights as R2Plus1D_18_Weights
from torchvision.models.video.resnet import R2Plus1dStem as R2Plus1dStem
from hub_video import R3D_18_Weights as R3D_18_Weights
from torchvision.models.video.resnet import VideoResNet as VideoResNet
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from hub_video import mc3_18 as mc3_18
from torchvision.models._utils import model_urls as model_urls
from hub_video import r2plus1d_18 as r2plus1d_18
from hub_video import r3d_18 as r3d_18
from torchvision.models._api import register_model as register_model
