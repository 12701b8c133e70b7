"""timm's pre-trained models for hubcore: ``hubcore.get_model("resnet50.a1_in1k", ...)``."""
