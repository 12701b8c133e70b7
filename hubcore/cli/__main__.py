"""Runs ``hub`` as a process, also as ``python -m hubcore``."""

import atexit
import gc
import os
import sys
import threading

from ..cli import main
from .streams import finish, prepare

__all__ = ["run"]


def run() -> None:
    """Runs a command and ends the process at once, with the command's exit code.

    Importing torch makes a million objects that stay. Searching them for garbage again and again,
    and destroying them one by one at exit, takes longer than a prediction.
    """
    gc.set_threshold(100_000)
    if "_ARGCOMPLETE" in os.environ:
        from .completion import complete

        complete()
    prepare()
    try:
        code = main()
    except SystemExit as end:  # after --help, or wrong usage
        code = finish(end.code if isinstance(end.code, int) else 0)
    others = [t for t in threading.enumerate() if t is not threading.current_thread()]
    if not all(thread.daemon for thread in others):  # wait for a plugin's threads
        sys.exit(code)
    atexit._run_exitfuncs()
    os._exit(finish(code))


if __name__ == "__main__":
    run()
