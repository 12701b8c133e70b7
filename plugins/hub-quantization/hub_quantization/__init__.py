"""Image classification with 8-bit quantized models, with weights for fbgemm and qnnpack."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
