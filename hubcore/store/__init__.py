"""The store: verified files by their digest, downloaded when they are missing.

`hubcore.download` transfers the bytes. What the files contain is not known here.
"""

from ..download.remote import RemoteFile
from .content_store import Entry, Store, default_store

__all__ = ["Entry", "RemoteFile", "Store", "default_store"]
