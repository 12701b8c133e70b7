"""Tests the oldest and the newest supported Python, torch and torchvision, each in an environment.

    python scripts/test_versions.py                     both ends
    python scripts/test_versions.py --end oldest --keep /tmp/oldest

The versions stand in `hubcore.cli.versions`. Each end needs its interpreter on the PATH (such as
python3.10), some 6 GB of disk, and downloads about 3 GB where torch is the CUDA build. Exits with 1
if a test of either end fails.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hubcore.cli.versions import NEWEST, OLDEST  # noqa: E402  # from this checkout

ENDS = {"oldest": OLDEST, "newest": NEWEST}
# What touches torch or torchvision: the rest does not depend on their versions.
TESTS = [
    "tests/test_builders.py",
    "tests/test_cli_predict.py",
    "tests/test_deprecation.py",
    "tests/test_faithful.py",
    "tests/test_faithful_architectures.py",
    "tests/test_faithful_checkpoints.py",
    "tests/test_faithful_contexts.py",
    "tests/test_faithful_generated.py",
    "tests/test_light_imports.py",
    "tests/test_loading.py",
    "tests/test_mapped.py",
    "tests/test_models_namespace.py",
    "tests/test_new_processes.py",
    "tests/test_predict.py",
    "tests/test_torch_hub.py",
    "tests/test_torchvision_members.py",
    "tests/test_weights.py",
    "plugins/hub-classification",
    "plugins/hub-detection",
    "plugins/hub-optical-flow",
    "plugins/hub-quantization",
    "plugins/hub-segmentation",
    "plugins/hub-video",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--end", choices=ENDS, action="append", help="only this end")
    parser.add_argument("--keep", type=Path, help="keep the environments in this folder")
    parser.add_argument("tests", nargs="*", default=TESTS, help="tests, in place of those here")
    args = parser.parse_args()
    results = {end: _passes(end, args.tests, args.keep) for end in args.end or ENDS}
    for end, passed in results.items():
        print(f"{end:>6}: {_words(end)}: {'passed' if passed else 'FAILED'}")
    return int(not all(results.values()))


def _words(end: str) -> str:
    return ", ".join(f"{name} {version}" for name, version in ENDS[end].items())


def _passes(end: str, tests: list[str], keep: Path | None) -> bool:
    try:
        return _test(end, tests, keep)
    except subprocess.CalledProcessError as error:
        print(f"{end}: {error}", file=sys.stderr)  # what it printed stands above
        return False


def _test(end: str, tests: list[str], keep: Path | None) -> bool:
    versions = ENDS[end]
    interpreter = shutil.which(f"python{versions['Python']}")
    if interpreter is None:
        print(f"{end}: python{versions['Python']} is not on the PATH", file=sys.stderr)
        return False
    print(f"{end}: {_words(end)}", flush=True)
    with _folder(keep) as folder:
        python = folder / end / "bin" / "python"
        if not python.exists():
            subprocess.run([interpreter, "-m", "venv", folder / end], check=True)
        # A constraint, so that nothing else that is installed changes the pair.
        pins = folder / f"{end}.txt"
        names = ("torch", "torchvision")
        pins.write_text("".join(f"{name}=={versions[name]}\n" for name in names), "utf-8")
        pip = [python, "-m", "pip", "install", "--quiet", "--constraint", pins]
        families = [test for test in TESTS if test.startswith("plugins/")]
        projects = [argument for path in (".", *families) for argument in ("-e", f"./{path}")]
        subprocess.run([*pip, "--upgrade", "pip>=25.1"], cwd=ROOT, check=True)
        subprocess.run([*pip, *projects], cwd=ROOT, check=True)
        subprocess.run([*pip, "--group", "test"], cwd=ROOT, check=True)
        subprocess.run([*pip, "--no-deps", "--group", "data"], cwd=ROOT, check=True)
        done = subprocess.run([python, "-m", "pytest", "-q", "-n0", *tests], cwd=ROOT, check=False)
        return done.returncode == 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="versions-") as folder:
            yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
