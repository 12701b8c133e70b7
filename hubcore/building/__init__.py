"""Builds models from architectures and weights.

This layer interprets the ``weights`` argument, skips needless initialisation and loads tensors into
the module. It does not know what a model is used for (prediction, checks, commands).
"""
