"""`hub` in a process of its own, where torch, torchvision and onnx cannot be imported."""

import subprocess
import sys

_PROGRAM = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "onnx"}:
            raise ModuleNotFoundError(f"{name} was imported", name=name)
sys.meta_path.insert(0, Refuse())
from hubcore.cli import main
sys.exit(main(sys.argv[1:]))
"""


def hub_without_torch(*arguments):
    """Runs the command; its ``returncode``, ``stdout`` and ``stderr``."""
    command = [sys.executable, "-c", _PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
