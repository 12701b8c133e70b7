"""The process of a command: ``hub``, and ``python -m hubcore.cli``."""

import atexit
import gc
import os
import sys
import threading

from ..cli import main

__all__ = ["run"]


def run() -> None:
    """Runs a command and ends the process, which has nothing else to do.

    Importing torch makes a million objects that stay. Looking for garbage among them all the
    while, and taking them down one by one in the end, takes longer than a prediction.
    """
    gc.set_threshold(100_000)
    code = main()
    others = [t for t in threading.enumerate() if t is not threading.current_thread()]
    if not all(thread.daemon for thread in others):  # a plugin's, that is to be waited for
        sys.exit(code)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
