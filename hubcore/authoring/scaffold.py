"""Starts the projects of new plugins, from the templates that come with the hub."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

from ..catalogs.values import is_identifier
from ..errors import HubError
from ..packages.entry_points import normalise
from ..packages.versions import installed_version

__all__ = ["ScaffoldError", "check_name", "names_for", "write_project"]

TEMPLATES = Path(__file__).parent / "templates"
_PROJECT_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class ScaffoldError(HubError, ValueError):
    """A project cannot be created with this name, with these options or in this folder."""


def check_name(name: str) -> str:
    """Checks a distribution's name, and returns it in normalised form.

    Raises:
        ScaffoldError: the name is not valid, or belongs to a distribution of the hub.
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
            f"'{name}' cannot be a package's name: use letters, digits and hyphens, and begin with "
            f"a letter, as in 'acme-flowers'."
        )
    if package in sys.stdlib_module_names:
        raise ScaffoldError(
            f"'{package}' is a module of Python's own, which this package would hide or be hidden "
            f"by: choose another name."
        )
    if normal in BUILT_IN or normal == "hubcore":
        raise ScaffoldError(
            f"'{normal}' is one of the hub's own distributions: choose another name."
        )
    return normal


def names_for(name: str) -> dict[str, str]:
    """Derives the values of a template's names from the distribution's name.

    Raises:
        ScaffoldError: the name is not valid, or belongs to a distribution of the hub.
    """
    normal = check_name(name)
    package = normal.replace("-", "_")
    bare = normal.removeprefix("hub-")
    enum = "".join(part.capitalize() for part in bare.split("-")) + "_Weights"
    function = bare.replace("-", "_")
    if not is_identifier(enum) or not function.isidentifier() or keyword.iskeyword(function):
        raise ScaffoldError(
            f"'{name}' cannot be a package's name: its weights would be called '{enum}' and its "
            f"model '{function}', which Python cannot take."
        )
    return {
        "name": normal,
        "package": package,
        "entry": bare,
        "function": function,
        "enum": enum,
        "member": "V1",
        "version": "0.1.0",
        "license_line": "",
        "todo": "",
        "changes": "The first release.",
        "hubcore": installed_version("hubcore") or "0.1.0",  # None: a clone that is not installed
    }


def write_project(kind: str, folder: Path, values: Mapping[str, str]) -> None:
    """Writes a template's files, filled in, into a folder.

    Args:
        kind: the template: ``weights`` (a catalogue without Python) or ``model``.
        folder: the folder. It must be empty, or is created.
        values: the values of the template's names, see `names_for`.

    Raises:
        ScaffoldError: the folder is not empty, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ScaffoldError(f"{folder} is not empty: choose another folder.")
        for template in (TEMPLATES / "both", TEMPLATES / kind):
            for source in sorted(template.rglob("*.tmpl")):
                inside = source.relative_to(template).as_posix().removesuffix(".tmpl")
                # Hidden files would be lost where sources are copied without them.
                inside = inside.replace("DOT", ".").replace("PACKAGE", values["package"])
                target = folder / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                text = Template(source.read_text("utf-8")).substitute(values)
                target.write_text(text.rstrip("\n") + "\n", "utf-8")
    except OSError as error:
        raise ScaffoldError(f"Cannot write {folder}: {error.strerror or error}.") from error
