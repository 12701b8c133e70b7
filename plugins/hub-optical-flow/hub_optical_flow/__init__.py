"""Optical flow: the large and the small RAFT."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
