"""Bytes over the network into a partial file, verified while they arrive.

Several addresses, retries, resuming and ranges are settled here. Where the file is kept afterwards,
and what it is for, this room does not know.
"""
