"""From a verified file to tensors by name, without running anything that the file holds.

torch is imported from this floor upwards. Which weights or which model the tensors belong to is not
known here.
"""
