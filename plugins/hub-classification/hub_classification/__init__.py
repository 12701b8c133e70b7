"""Image classification: 80 architectures with their ImageNet weights."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
