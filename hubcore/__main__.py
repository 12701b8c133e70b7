"""``python -m hubcore``: the command line, ``hub``."""

from .cli.__main__ import run

if __name__ == "__main__":
    run()
