"""Encoders of segmentation-models-pytorch, for `hub catalog export smp_encoders:weights`."""

from segmentation_models_pytorch.encoders import encoders


def weights():
    for name, encoder in encoders.items():
        for member, file in encoder["pretrained_settings"].items():
            yield {"model": name, "member": member, "task": "image-features", "head": [],
                   "architecture": encoder["encoder"], "arguments": encoder["params"],
                   "url": f"hf://{file['repo_id']}/model.safetensors@{file['revision']}",
                   "transforms": ["hubcore.transforms:ImageClassification",
                                  {"crop_size": 224}]}  # fmt: skip
