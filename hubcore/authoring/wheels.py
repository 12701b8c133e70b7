"""Builds the wheel of a weights package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ..errors import MissingDependencyError
from .recipe import PackError

__all__ = ["build_wheel", "require_tools"]


def require_tools() -> None:
    """Raises `MissingDependencyError` if a package that packing needs is not installed."""
    from importlib.util import find_spec

    for module in ("hatchling", "packaging", "PIL", "torch"):
        if module not in sys.modules and find_spec(module) is None:
            raise MissingDependencyError(
                f"Packing needs '{module}': pip install 'hubcore[authors]', and the family that "
                f"has the model",
                module,
            )


def build_wheel(project: Path, output: Path) -> Path:
    """Builds the wheel of a project with hatchling, which the project declares as its backend.

    Args:
        project: the folder of the project.
        output: the folder for the wheel. It is created if it does not exist.

    Returns:
        The path of the wheel.

    Raises:
        PackError: the build failed.
        MissingDependencyError: a package that packing needs is not installed.
    """
    require_tools()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PackError(f"Cannot write to {output}: {error.strerror or error}.") from error
    # PEP 517's hook builds the project in the current folder, so it gets its own process.
    hook = "import sys, hatchling.build as backend; print(backend.build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", hook, str(output.absolute())]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise PackError(f"The wheel could not be built in {output}: {' '.join(last)}")
    return output / Path(done.stdout.strip().splitlines()[-1]).name
