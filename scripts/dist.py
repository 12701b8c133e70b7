#!/usr/bin/env python
"""Builds every distribution of this repository, as an index would take it.

    python scripts/dist.py --output dist --repository https://git.example.org/vision/hubcore

Each project is copied, completed and built there; the checkout is not touched. Completed means:

- links of the README lead somewhere outside the repository too: to its address, or, where none is
  given, only their text stays (and no picture);
- the address stands among the project's URLs;
- the sdist holds the tests of the distribution with the helpers that they share, so that they run
  from the unpacked sdist alone.

`twine check --strict` passes on all of them, or this fails.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
HELPERS = ROOT / "tests"
# Of hubcore's tests, those that neither need a family nor a checkout.
CORE_TESTS = (
    "test_cli_cache.py",
    "test_deprecation.py",
    "test_fetch_bounds.py",
    "test_fetch_faults.py",
    "test_fetch_ranges.py",
    "test_fetch_partials.py",
    "test_store_folders.py",
    "test_store_tampered.py",
    "test_store_trust.py",
)
_SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "build", "dist", "*.egg-info")
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def projects() -> list[Path]:
    """The folders of all distributions: hubcore's, then the plugins'."""
    return [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]


def readme_for_index(text: str, folder: Path, repository: str | None) -> str:
    """A README whose links don't depend on where it lies.

    Args:
        text: the README, in Markdown.
        folder: the folder in which it lies.
        repository: the repository's address, or None if it has none.
    """

    def replaced(link: re.Match[str]) -> str:
        target = link["target"]
        if urlsplit(target).scheme or target.startswith("#"):
            return link[0]
        if repository is None:
            return "" if link["image"] else link["text"]
        path = (folder / target).resolve().relative_to(ROOT).as_posix()
        kind = "raw" if link["image"] else "blob"
        return f"{link['image']}[{link['text']}]({repository}/{kind}/main/{path})"

    # Code is left as it is: every second part stands between fences.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [_LINK.sub(replaced, part) for part in parts[::2]]
    return "".join(parts)


def shared_helpers(tests: list[Path]) -> set[Path]:
    """The modules of `tests/` that test files import, and what those import."""
    found: set[Path] = set()
    waiting = [*tests, HELPERS / "conftest.py"]
    while waiting:
        tree = ast.parse(waiting.pop().read_text("utf-8"))
        for node in ast.walk(tree):
            for name in _modules(node):
                path = HELPERS / f"{name.partition('.')[0]}.py"
                if path.is_file() and path.name != "conftest.py" and path not in found:
                    found.add(path)
                    waiting.append(path)
    return found


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # in `pytest_plugins`
        return [node.value]
    return []


def prepare(project: Path, folder: Path, repository: str | None) -> Path:
    """Copies a project and completes it.

    Args:
        project: its folder in the checkout.
        folder: the folder for the copy.
        repository: the repository's address, or None if it has none.

    Returns:
        The folder of the copy.
    """
    copy = folder / ("hubcore" if project == ROOT else project.name)
    if project == ROOT:
        copy.mkdir()
        shutil.copytree(ROOT / "hubcore", copy / "hubcore", ignore=_SKIPPED)
        for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        tests = [HELPERS / name for name in CORE_TESTS]
        (copy / "tests").mkdir()
        for path in tests:
            shutil.copy(path, copy / "tests")
    else:
        shutil.copytree(project, copy, ignore=_SKIPPED)
        tests = sorted(project.glob("tests/*.py"))
    hook = project / "hatch_build.py"
    if hook.is_file():  # it takes files of the repository along, which is not around the copy
        for file, place in runpy.run_path(str(hook))["guides"](ROOT).items():
            (copy / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy / place)
    (copy / "tests" / "shared").mkdir(parents=True)
    shared = shared_helpers(tests)
    for path in shared:
        shutil.copy(path, copy / "tests" / "shared")
    if HELPERS / "photos.py" in shared:  # which looks for them beside its own folder
        shutil.copytree(ROOT / "examples" / "photos", copy / "tests" / "examples" / "photos")
    shutil.copy(HELPERS / "conftest.py", copy)

    readme = copy / "README.md"
    text = readme_for_index(readme.read_text("utf-8"), project, repository)
    readme.write_text(text, "utf-8")
    pyproject = copy / "pyproject.toml"
    text = pyproject.read_text("utf-8")
    if repository is not None:
        urls = {
            "Homepage": repository,
            "Changelog": f"{repository}/blob/main/CHANGELOG.md",
            "Issues": f"{repository}/issues",
        }
        lines = "".join(f"{name} = {json.dumps(url)}\n" for name, url in urls.items())
        text += f"\n[project.urls]\n{lines}"
    # What the repository says of the tests and of sdists holds for the repository.
    for table in ("tool.pytest.ini_options", "tool.hatch.build.targets.sdist"):
        text = re.sub(rf"^\[{re.escape(table)}\]\n.*?(?=^\[|\Z)", "", text, flags=re.M | re.S)
    text += (
        "\n[tool.pytest.ini_options]\n"
        'testpaths = ["tests"]\n'
        'pythonpath = ["tests/shared", "tests"]\n'
        'addopts = ["--import-mode=importlib", "-m", "not sweep"]\n'
        'markers = ["sweep: takes many minutes"]\n'
    )
    pyproject.write_text(text, "utf-8")
    return copy


def build(projects: list[Path], output: Path, repository: str | None) -> Iterator[Path]:
    """Builds an sdist of each project, a wheel from the sdist, and checks both.

    Yields:
        The files.

    Raises:
        subprocess.CalledProcessError: a project cannot be built, or an index would refuse it.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "made"
        for project in projects:
            copy = prepare(project, Path(temporary), repository)
            _run("build", "--no-isolation", "--outdir", str(made), str(copy))
        files = sorted(made.iterdir())
        _run("twine", "check", "--strict", *map(str, files))
        for file in files:
            yield Path(shutil.copy(file, output))


def _run(*command: str) -> None:
    try:
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        print(error.stdout, error.stderr, sep="\n", file=sys.stderr)
        raise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist", help="the folder")
    parser.add_argument("--repository", help="the repository's https address")
    parser.add_argument("names", nargs="*", help="only these distributions, such as hub-detection")
    arguments = parser.parse_args()
    repository = (arguments.repository or "").rstrip("/") or None
    if repository and not repository.startswith("https://"):
        parser.error(f"--repository takes an https address, not {repository}")
    known = {"hubcore" if path == ROOT else path.name: path for path in projects()}
    if unknown := sorted(set(arguments.names) - set(known)):
        parser.error(f"no such distribution: {', '.join(unknown)} (there are {', '.join(known)})")
    chosen = [known[name] for name in arguments.names or known]
    if repository is None:
        print("No --repository: READMEs have no links to it, and the projects no URLs.")
    try:
        for file in build(chosen, arguments.output, repository):
            print(file)
    except subprocess.CalledProcessError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
