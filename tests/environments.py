"""Real environments for tests: wheels are built, and installed into a virtual environment.

Nothing is fetched: the environment sees the third-party packages of the running one, but none of
the hub's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
needs_checkout = pytest.mark.skipif(
    not (ROOT / "plugins").is_dir(), reason="needs a checkout of the repository"
)

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "{version}"
[project.entry-points."hubcore.catalog"]
{entry}
[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


def write_plugin(
    folder: Path,
    name: str,
    catalog: dict | str,
    *,
    version: str = "1.0",
    entry: str | None = None,
    code: str | None = None,
) -> Path:
    """Writes the project of a small plugin; without ``code`` it holds no line of Python."""
    package = name.replace("-", "_")
    project = folder / name
    (project / package).mkdir(parents=True)
    text = catalog if isinstance(catalog, str) else json.dumps(catalog)
    (project / package / "catalog.json").write_text(text)
    if code is not None:
        (project / package / "__init__.py").write_text(code)
    entry = entry or f'{name} = "{package}:catalog.json"'
    (project / "pyproject.toml").write_text(
        PYPROJECT.format(name=name, version=version, entry=entry, package=package)
    )
    return project


def write_dist_info(
    site: Path, name: str, entry_points: str, *, version: str = "1.0", fields: str = ""
) -> None:
    """Writes the meta-data of a distribution, as it lies in site-packages.

    Args:
        site: the folder.
        name: the distribution's name.
        entry_points: the text of ``entry_points.txt``.
        version: its version.
        fields: further lines of ``METADATA``.
    """
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{fields}"
    )
    (info / "entry_points.txt").write_text(entry_points)


def build_wheel(project: Path, folder: Path) -> Path:
    """Builds a project's wheel with the build backend of the running environment."""
    before = set(folder.glob("*.whl")) if folder.exists() else set()
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "-w", folder, project],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (wheel,) = set(folder.glob("*.whl")) - before
    return wheel


class Environment:
    """A virtual environment that shares the running one's third-party packages.

    Args:
        folder: where it is made.
        hidden: third-party packages to leave out, by the beginning of their names.
    """

    def __init__(self, folder: Path, hidden: tuple[str, ...] = ()) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        self.home = folder / "home"
        shared = folder / "third-party"
        shared.mkdir()
        for item in Path(sysconfig.get_path("purelib")).iterdir():
            name = item.name.lower().replace("-", "_")
            if not name.startswith(("hub_", "hubcore", "_hub", "__editable__", *hidden)):
                (shared / item.name).symlink_to(item)
        site = next((folder / "lib").glob("python*")) / "site-packages"
        (site / "third-party.pth").write_text(str(shared))
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("HUBCORE_")},
            "HUBCORE_HOME": str(self.home),
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        for name in ("PYTHONPATH", "PYTEST_ADDOPTS"):  # they are for this run, not for those inside
            self.env.pop(name, None)

    def pip(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pip", "--python", self.python, *arguments,
             "--disable-pip-version-check"],
            check=check, capture_output=True, text=True, env=self.env,
        )  # fmt: skip

    def install(self, *wheels: Path) -> None:
        self.pip("install", "-q", "--no-index", "--no-deps", *wheels)

    def uninstall(self, *names: str) -> None:
        self.pip("uninstall", "-q", "-y", *names)

    def run(self, code: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs Python code in the environment, away from the checkout."""
        return self._run([self.python, "-c", code], env)

    def hub(self, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs the installed ``hub`` command."""
        return self._run([self.folder / "bin" / "hub", *arguments], env)

    def _run(self, command: list, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env={**self.env, **env},
            timeout=300, check=False,
        )  # fmt: skip
