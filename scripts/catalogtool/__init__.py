"""What the catalogues of the built-in families are made of, and how they are checked."""

from __future__ import annotations

import sys
from pathlib import Path

# From a bare clone, with nothing of ours installed.
_ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(_ROOT), *map(str, sorted((_ROOT / "plugins").glob("hub-*")))]
