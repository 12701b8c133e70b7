"""Other distributions on this machine: their entry points, hooks, files, and names in their code.

What they offer is not read here: this room knows nothing of catalogues, models or weights.
"""
