# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.transform import GeneralizedRCNNTransform as GeneralizedRCNNTransform
from torchvision.models.detection.image_list import ImageList as ImageList
from torchvision.models.detection.roi_heads import paste_masks_in_image as paste_masks_in_image
from torchvision.models.detection.transform import resize_boxes as resize_boxes
from torchvision.models.detection.transform import resize_keypoints as resize_keypoints
