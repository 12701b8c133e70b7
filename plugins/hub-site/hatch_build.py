"""Ships hubcore's guides in the distribution: they lie in the repository, not in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = "hub_site/docs/shipped"
# What the guides link to as pages or show as pictures, besides the folder docs/ itself.
BESIDE = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "benchmarks/results/README.md",
    "benchmarks/results/*.svg",
)


def guides(repository: Path) -> dict[Path, str]:
    """The files to ship, and their places in the distribution; none without a repository."""
    patterns = ("docs/**/*.md", "docs/**/*.svg", *BESIDE)
    files = [file for pattern in patterns for file in sorted(repository.glob(pattern))]
    if not (repository / "docs" / "index.md").is_file():
        return {}
    return {file: f"{SHIPPED}/{file.relative_to(repository).as_posix()}" for file in files}


class GuidesHook(BuildHookInterface[Any]):
    """Takes the guides along, unless the build is from an sdist, which has them already."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":  # an editable installation reads the repository's own
            found = guides(Path(self.root).parents[1])
            build_data["force_include"].update({str(file): place for file, place in found.items()})
