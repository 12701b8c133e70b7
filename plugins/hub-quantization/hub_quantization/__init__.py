"""Image classification in 8-bit integers, with weights for fbgemm and qnnpack."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
