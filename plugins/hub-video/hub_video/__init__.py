"""Video classification: ResNets in space and time, S3D, MViT and Video Swin."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
