"""Video classification: ResNet (3D, mixed and (2+1)D), S3D, MViT and Video Swin."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
