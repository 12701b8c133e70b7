"""A model from an architecture and weights.

What the ``weights`` argument means, which initialisation can be skipped and how tensors get into
the module are settled here. What a model is used for (prediction, checks, commands) is not known.
"""
