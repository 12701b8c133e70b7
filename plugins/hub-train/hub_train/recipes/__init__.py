"""Recipes: training as data. Each is a TOML file; `Recipe` says what it may hold."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from hubcore.devices import read_small

from ..errors import RecipeError
from .recipe import CHOICES, RANGES, Averaging, Images, Loss, Optimizer, Recipe, Schedule

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

__all__ = [
    "Averaging",
    "Images",
    "Loss",
    "Optimizer",
    "Recipe",
    "Schedule",
    "changed",
    "not_offered",
    "read_recipe",
    "recipe_names",
]

_LARGEST = 2**20  # bytes of a recipe
_NOT_OFFERED = "not-offered.json"


def recipe_names() -> list[str]:
    """The names of the recipes that come with this package."""
    own = files(__package__).iterdir()
    return sorted(one.name.removesuffix(".toml") for one in own if one.name.endswith(".toml"))


def not_offered() -> dict[str, str]:
    """Why there is no recipe for an address that a catalogue names: reasons by address."""
    reasons = json.loads(files(__package__).joinpath(_NOT_OFFERED).read_text("utf-8"))
    return {address: reason for reason, addresses in reasons.items() for address in addresses}


def _named_by(address: str) -> str:
    """The name of the recipe that a catalogue gives the address of.

    Raises:
        RecipeError: there is none.
    """
    for name in recipe_names():
        if address in read_recipe(name).catalog:
            return name
    reason = not_offered().get(address, "no catalogue of ours names it")
    raise RecipeError(f"There is no recipe for {address}: {reason}.")


def read_recipe(name: str | Path) -> Recipe:
    """Reads a recipe.

    Args:
        name: the name of one that comes with this package; or the path of a TOML file; or the
            address of a recipe, as a catalogue's ``recipe`` states it.

    Raises:
        RecipeError: there is none, it cannot be read, or a value in it is wrong.
    """
    if str(name).startswith("https://"):
        name = _named_by(str(name))
    known = recipe_names()
    if str(name) in known:
        text = files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
        return parse_recipe(text, str(name), str(name))
    path = Path(name)
    if path.suffix != ".toml":
        close = get_close_matches(str(name), known, 1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        raise RecipeError(
            f"There is no recipe '{name}'. {hint}Choose one of {', '.join(known)}, or give the "
            f"path of a .toml file."
        )
    try:
        text = read_small(path, _LARGEST).decode("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RecipeError(f"{path}: the recipe cannot be read: {reason}") from error
    return parse_recipe(text, path.stem, str(path))


def parse_recipe(text: str, name: str, where: str) -> Recipe:
    """Reads the text of a recipe.

    Raises:
        RecipeError: it is no TOML, or a value in it is wrong.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(f"{where}: the recipe is not TOML: {error}") from error
    values = _values(Recipe, content, where, "")
    for only in ("name", "text"):
        if only in content:
            raise RecipeError(f"{where}: there is no key '{only}' in a recipe")
    return Recipe(**{**values, "name": name, "text": text})


def changed(recipe: Recipe, **values: Any) -> Recipe:
    """A recipe with other values; those that are None stay.

    Raises:
        RecipeError: a value is wrong.
    """
    given = {key: value for key, value in values.items() if value is not None}
    _values(Recipe, given, "the options", "")
    return dataclasses.replace(recipe, **given)


def _values(kind: type[Any], content: Mapping[str, Any], where: str, prefix: str) -> dict[str, Any]:
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for key, value in content.items():
        place = f"{prefix}{key}"
        if key not in hints:
            close = get_close_matches(key, hints, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise RecipeError(f"{where}: there is no key '{place}' in a recipe.{hint}")
        hint_type = hints[key]
        if isinstance(hint_type, type) and dataclasses.is_dataclass(hint_type):
            if not isinstance(value, Mapping):
                raise RecipeError(f"{where}: '{place}' must be a table: write [{place}]")
            found[key] = hint_type(**_values(hint_type, value, where, f"{place}."))
        else:
            found[key] = _value(value, hint_type, where, place)
    return found


def _value(value: Any, hint: Any, where: str, place: str) -> Any:
    if hint is bool or hint is str:
        if not isinstance(value, hint):
            raise RecipeError(f"{where}: '{place}' must be {_WORDS[hint]}, not {value!r}")
    elif hint in (int, float):
        _number(value, hint, where, place)
    else:
        item = hint.__args__[0]
        if not isinstance(value, list | tuple):
            raise RecipeError(f"{where}: '{place}' must be a list, not {value!r}")
        for one in value:
            if item is str and not isinstance(one, str):
                raise RecipeError(f"{where}: '{place}' must be a list of texts, not {value!r}")
            if item is not str:
                _number(one, item, where, place)
        value = tuple(value)
    choices = CHOICES.get(place)
    if choices is not None and value not in choices:
        listed = ", ".join(f'"{choice}"' for choice in choices)
        raise RecipeError(f"{where}: '{place}' must be one of {listed}, not {value!r}")
    if place in ("images.scale", "images.resize") and (len(value) != 2 or value[0] > value[1]):
        raise RecipeError(f"{where}: '{place}' must be the smallest and the largest, not {value!r}")
    return value


_WORDS = {bool: "true or false", str: "a text"}


def _number(value: Any, kind: Any, where: str, place: str) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (kind is float and isinstance(value, float))):
        wanted = "a whole number" if kind is int else "a number"
        raise RecipeError(f"{where}: '{place}' must be {wanted}, not {value!r}")
    low, high = RANGES[place]
    if not low <= value <= high:  # false for NaN as well
        raise RecipeError(f"{where}: '{place}' must be from {low:g} to {high:g}, not {value!r}")
