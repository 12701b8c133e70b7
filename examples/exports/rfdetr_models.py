"""RF-DETR's models and weights, for `hub catalog export rfdetr_models:weights`."""

from rfdetr import assets, config


def tensors(checkpoint):
    return checkpoint["model"]


def weights():
    for settings in config.ModelConfig.__subclasses__() + config.RFDETRBaseConfig.__subclasses__():
        fields = settings.model_fields
        if fields["use_grouppose_keypoints"].default:
            continue  # its classes are not COCO's
        file = assets.ModelWeights.from_filename(fields["pretrain_weights"].default)
        side = fields["resolution"].default
        yield {"model": file.filename.rpartition(".")[0], "member": "COCO", "url": file.url,
               "task": "instance-segmentation" if "seg" in file.filename else "object-detection",
               "architecture": "rfdetr.models:build_model_from_config", "convert": tensors,
               "arguments": {"model_config": {"@call": f"rfdetr.config:{settings.__name__}"}},
               "head": [], "transforms": ["hubcore.transforms:ImageClassification",
                                          {"crop_size": side, "resize_size": [side, side]}],
               "meta": {"categories": "@coco-91", "scores": "sigmoid"}}  # fmt: skip
