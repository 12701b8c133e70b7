"""``python -m hub_train``: `hub train`, for launchers such as ``torchrun``."""

from __future__ import annotations

import sys

from hubcore.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
