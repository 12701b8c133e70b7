"""Tools for authors of plugins: start a project, pack a checkpoint, export existing enums.

`hubcore.testing` checks what they write; the two do not depend on each other.
"""
