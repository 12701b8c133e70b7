"""RF-DETR's models and weights, for `hub catalog export rfdetr_models:weights`."""

from rfdetr import assets, config


def tensors(checkpoint):
    return checkpoint["model"]


def weights():
    for settings in config.ModelConfig.__subclasses__() + config.RFDETRBaseConfig.__subclasses__():
        file = assets.ModelWeights.from_filename(settings.model_fields["pretrain_weights"].default)
        yield {"model": file.filename.rpartition(".")[0], "member": "COCO", "url": file.url,
               "architecture": "rfdetr.models:build_model_from_config", "convert": tensors,
               "arguments": {"model_config": {"@call": f"rfdetr.config:{settings.__name__}"}},
               "head": [], "transforms": "hubcore.transforms:ObjectDetection"}  # fmt: skip
