"""Reads verified checkpoint files into tensors by name, without running code from them.

This is the lowest layer that imports torch. It does not know which weights or which model the
tensors belong to.
"""
