"""Verified files by their digest, fetched when they are missing.

How bytes travel is the business of `hubcore.download`. What the files are (weights, models,
tensors) is not known here.
"""

from ..download.remote import RemoteFile
from .content_store import Entry, Store, default_store

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]
