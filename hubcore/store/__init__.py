"""Bytes: verified files by their digest, fetched when they are missing. Knows nothing of models."""

from .content_store import Entry, Store, default_store
from .remote import RemoteFile

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]
