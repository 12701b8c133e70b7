"""Optical flow: RAFT, large and small."""

from hubcore.family import expose

__getattr__, __dir__, __all__ = expose(__name__)
