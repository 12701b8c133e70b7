"""Bundles: verified files and their catalogue entries in one tar file, for air-gapped machines.

The tar holds ``bundle.json``, then each file under its digest, then the exported files that are
kept beside them. It is not compressed, since weights hardly compress. On import every file is
verified again while it is copied.
"""

from __future__ import annotations

from .creating import create_bundle
from .exported import is_exported
from .format import BundleError
from .importing import Bundled, Imported, import_bundle, read_bundle

__all__ = [
    "BundleError",
    "Bundled",
    "Imported",
    "create_bundle",
    "import_bundle",
    "is_exported",
    "read_bundle",
]
