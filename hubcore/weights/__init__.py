"""Weights as objects: their values, their enum classes, look-up by name, and sets of weights.

Lock files, bundles and registration work on sets of weights. Nothing here builds a model or loads
tensors into one.
"""
