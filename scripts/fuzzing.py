"""What the fuzzing scripts share: changes to JSON values at random, and the count of faults."""

from __future__ import annotations

import argparse
import collections
import copy
import random
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Faults", "changed_json", "described", "main"]

Faults = collections.Counter[str]
"""How often each fault was met, by a line that describes it."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3.5, 10**30, -0.5, "", "x", "11.7M", "@", "@nothing", "@A.B",
    "a/b", "../x", "/etc/passwd", "\x1b[2J", "a\nb", "\u202eabc", "\u0430cme", "\0", "x" * 5000,
    [], [None], ["x"], [1, 2], [[]], {}, {"x": None}, {"x": {}}, {"weights": 3}, [{}], ["a:b", 3],
    float("nan"), float("inf"),
)  # fmt: skip
KEYS = ("", "a/b", "x y", "\x1b[31m", "a\nb", "\u0430", "..", "DEFAULT", "__init__", "x" * 300)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from _places(inner, (*path, key))


def changed_json(data: Any, chance: random.Random) -> tuple[Any, str]:
    """A copy with one value replaced, removed or renamed, and what was changed."""
    made = copy.deepcopy(data)
    path = chance.choice(list(_places(made)))
    parent = made
    for key in path[:-1]:
        parent = parent[key]
    change = chance.choice(("replace", "replace", "replace", "remove", "rename"))
    if change == "rename" and isinstance(parent, dict):
        parent[chance.choice(KEYS)] = parent.pop(path[-1])
    elif change == "remove":
        del parent[path[-1]]
    else:
        parent[path[-1]] = chance.choice(VALUES)
    return made, f"{change} {'.'.join(map(str, path))[:80]}"


def described(error: BaseException, what: str) -> str:
    """An error that should not have been, where it was raised, and the change that led to it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"{type(error).__name__}: {str(error)[:80]} ({place}; {what})"


def main(description: str, fuzz: Callable[[int, int], Faults]) -> int:
    """Runs a script: ``fuzz(count, seed)`` after its options. Returns the exit code."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000, help="changes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    faults = fuzz(args.count, args.seed)
    for fault, times in faults.most_common():
        print(f"{times:5} {fault}")
    print(f"{sum(faults.values())} of {args.count} changes ended in a fault.")
    return 1 if faults else 0
