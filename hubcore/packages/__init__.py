"""Other installed distributions: their entry points, hooks and files, and objects in their code.

This package knows nothing of catalogues, models or weights: what distributions offer is read above.
"""
