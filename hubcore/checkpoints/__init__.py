"""Reads verified checkpoint files into tensors by name, without running code from them.

torch is imported from this layer upwards; below it, only by `transforms`. Which weights or which
model the tensors belong to is not known here.
"""
