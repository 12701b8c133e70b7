# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.video.s3d import S3D as S3D
from hub_video import S3D_Weights as S3D_Weights
from torchvision.models.video.s3d import SepInceptionBlock3D as SepInceptionBlock3D
from torchvision.models.video.s3d import TemporalSeparableConv as TemporalSeparableConv
from torchvision.models._utils import handle_legacy_interface as handle_legacy_interface
from torchvision.models._api import register_model as register_model
from hub_video import s3d as s3d
