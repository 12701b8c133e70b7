"""EfficientNet-Lite for hubcore: ``from hub_efficientnet_lite import efficientnet_lite0``."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
