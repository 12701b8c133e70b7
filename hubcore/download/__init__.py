"""Downloads a file into a partial file and verifies it as it arrives.

Mirrors, retries, resuming and range requests are handled here. Where the file is kept afterwards,
and what it is for, is not known here.
"""
