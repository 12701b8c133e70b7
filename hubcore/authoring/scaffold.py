"""Projects of new plugins, from the templates that come with the hub."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from ..errors import HubError
from ..packages.entry_points import normalise

__all__ = ["ScaffoldError", "check_name", "names_for", "write_project"]

TEMPLATES = Path(__file__).parent / "templates"
_PROJECT_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class ScaffoldError(HubError, ValueError):
    """A project cannot be made under this name, or at this place."""


def check_name(name: str) -> str:
    """The normalised name of a distribution.

    Raises:
        ScaffoldError: it is no valid name, or one of the hub's own families has it.
    """
    from ..catalogs.known_packages import BUILT_IN

    normal = normalise(name)
    package = normal.replace("-", "_")
    if (
        not _PROJECT_NAME.fullmatch(name)
        or not package.isidentifier()
        or keyword.iskeyword(package)
    ):
        raise ScaffoldError(
            f"'{name}' cannot be a package's name: use letters, digits and hyphens, a letter "
            f"first, as in 'acme-flowers'."
        )
    if normal in BUILT_IN or normal == "hubcore":
        raise ScaffoldError(f"'{normal}' is a distribution of the hub's own: choose another name.")
    return normal


def names_for(name: str) -> dict[str, str]:
    """What a template's names are, from the distribution's."""
    normal = check_name(name)
    package = normal.replace("-", "_")
    bare = normal.removeprefix("hub-")
    return {
        "name": normal,
        "package": package,
        "entry": bare,
        "function": bare.replace("-", "_"),
        "enum": "".join(part.capitalize() for part in bare.split("-")) + "_Weights",
        "member": "V1",
        "version": "0.1.0",
        "license_line": "",
        "todo": "",
    }


def write_project(kind: str, folder: Path, values: Mapping[str, str]) -> None:
    """Writes a template's files, filled in, below a folder.

    Args:
        kind: ``weights`` (a catalogue without Python) or ``model``.
        folder: where; made if need be.
        values: the template's names.

    Raises:
        ScaffoldError: the folder holds something already, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ScaffoldError(f"{folder} is not empty: choose another folder.")
        template = TEMPLATES / kind
        for source in sorted(template.rglob("*.tmpl")):
            inside = source.relative_to(template).as_posix().removesuffix(".tmpl")
            target = folder / inside.replace("PACKAGE", values["package"])
            target.parent.mkdir(parents=True, exist_ok=True)
            text = Template(source.read_text("utf-8")).substitute(values)
            target.write_text(text.rstrip("\n") + "\n", "utf-8")
    except OSError as error:
        raise ScaffoldError(f"Cannot write {folder}: {error.strerror or error}.") from error
