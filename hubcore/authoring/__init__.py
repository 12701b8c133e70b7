"""For authors of plugins: start a project, pack a checkpoint, export an existing enum.

What is written here is examined by `hubcore.testing`, which this room does not know.
"""
