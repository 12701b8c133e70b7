"""``python -m hubcore.cli`` is ``hub``."""

import sys

from . import main

sys.exit(main())
