"""The tasks that can be trained."""
