"""What runs the model of an evaluation, by name. Imports no torch."""

from __future__ import annotations

import difflib
from typing import Any

from hubcore.errors import UnknownNameError
from hubcore.packages.entry_points import normalise
from hubcore.packages.versions import installed_version
from hubcore.prediction.engines import all_engines, find_engine

from .errors import EvaluationError

__all__ = ["ENGINES", "check_engine", "engine_options", "engine_versions"]

ENGINES: dict[str, dict[str, Any]] = {
    "torch": {},
    "optimized": {"optimize": True},
    "compiled": {"compile": True},
}
"""The engines of torch, and the options of `hubcore.Predictor` that each stands for.

Others are those that installed packages add, see `hubcore.prediction.engines`.
"""


def check_engine(name: str) -> None:
    """Checks that there is an engine of a name.

    Raises:
        EvaluationError: there is none. The error suggests similar names.
        HubError: it cannot be used, or a package that it needs is not installed.
    """
    if name in ENGINES:
        return
    try:
        find_engine(name)
    except UnknownNameError as error:
        known = [*ENGINES, *(one.name for one in all_engines() if one.name not in ENGINES)]
        close = difflib.get_close_matches(name.lower(), known, n=1)
        if close and close[0] in ENGINES:
            raise EvaluationError(
                f"Unknown engine '{name}'. Did you mean '{close[0]}'? There are: {', '.join(known)}"
            ) from error
        raise


def engine_options(name: str) -> dict[str, Any]:
    """The options of `hubcore.Predictor` that an engine's name stands for."""
    return ENGINES.get(name, {"engine": name})


def engine_versions(name: str) -> dict[str, str]:
    """The versions of what an engine of a package consists of; none for those of torch."""
    if name in ENGINES:
        return {}
    entry = find_engine(name)
    # A module may be called otherwise than its distribution: such a one is not told.
    names = filter(None, [entry.distribution, *map(normalise, entry.needs)])
    return {name: found for name in names if (found := installed_version(name))}
