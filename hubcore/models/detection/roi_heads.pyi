# Made from torchvision's modules by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
from torchvision.models.detection.roi_heads import RoIHeads as RoIHeads
from torchvision.models.detection.roi_heads import expand_boxes as expand_boxes
from torchvision.models.detection.roi_heads import expand_masks as expand_masks
from torchvision.models.detection.roi_heads import expand_masks_tracing_scale as expand_masks_tracing_scale
from torchvision.models.detection.roi_heads import fastrcnn_loss as fastrcnn_loss
from torchvision.models.detection.roi_heads import heatmaps_to_keypoints as heatmaps_to_keypoints
from torchvision.models.detection.roi_heads import keypointrcnn_inference as keypointrcnn_inference
from torchvision.models.detection.roi_heads import keypointrcnn_loss as keypointrcnn_loss
from torchvision.models.detection.roi_heads import keypoints_to_heatmap as keypoints_to_heatmap
from torchvision.models.detection.roi_heads import maskrcnn_inference as maskrcnn_inference
from torchvision.models.detection.roi_heads import maskrcnn_loss as maskrcnn_loss
from torchvision.models.detection.roi_heads import paste_mask_in_image as paste_mask_in_image
from torchvision.models.detection.roi_heads import paste_masks_in_image as paste_masks_in_image
from torchvision.models.detection.roi_heads import project_masks_on_boxes as project_masks_on_boxes
