"""What the fuzzing scripts share: changes at random, processes with limits, the count of faults."""

from __future__ import annotations

import argparse
import collections
import copy
import functools
import multiprocessing
import random
import resource
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

__all__ = [
    "INTEGERS",
    "Faults",
    "changed_bytes",
    "changed_json",
    "described",
    "in_processes",
    "main",
]

SECONDS = 10  # of processor time for an input: other programs may be busy
HANGS = 100  # seconds after which an input that takes no processor time does not end either
MEMORY = 256 * 1024**2  # that an input of a few kB may take
ROOM = 1024**3  # of addresses, beyond what the process has before
AT_ONCE = 500  # inputs for one process

Faults = collections.Counter[str]
"""How often each fault was met, by a line that describes it."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3.5, 10**30, -0.5, "", "x", "11.7M", "@", "@nothing", "@A.B",
    "a/b", "../x", "/etc/passwd", "\x1b[2J", "a\nb", "\u202eabc", "\u0430cme", "\0", "x" * 5000,
    [], [None], ["x"], [1, 2], [[]], {}, {"x": None}, {"x": {}}, {"weights": 3}, [{}], ["a:b", 3],
    float("nan"), float("inf"),
)  # fmt: skip
INTEGERS = (0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**62)
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


def changed_bytes(data: bytes, chance: random.Random) -> bytes:
    """A few bytes set, a number written, or a part removed, doubled or moved."""
    made = bytearray(data)
    at = chance.randrange(len(made))
    length = chance.choice((1, 2, 4, 8, 16, 64, 500))
    change = chance.randrange(7)
    if change <= 1:
        for _ in range(chance.choice((1, 1, 3, 20))):
            made[chance.randrange(len(made))] = chance.randrange(256)
    elif change == 2:
        width = chance.choice((1, 2, 4, 8))
        number = chance.choice(INTEGERS) & (256**width - 1)
        made[at : at + width] = number.to_bytes(width, "little")
    elif change == 3:
        del made[at : at + length]
    elif change == 4:
        made[at:at] = made[at : at + length] * chance.choice((1, 2, 100))
    elif change == 5:
        other = chance.randrange(len(made))
        made[at : at + length] = made[other : other + length]
    else:
        del made[at:]
    return bytes(made)


def described(error: BaseException, what: str) -> str:
    """An error that should not have been, where it was raised, and the change that led to it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"{type(error).__name__}: {str(error)[:160]} ({place}; {what})"


def in_processes(
    make: Callable[[Path, int], Callable[[int], str]], count: int, seed: int
) -> Faults:
    """Reads inputs in processes that have limits of memory and time. Linux only.

    Args:
        make: called with a folder and the seed in each process, while there are no limits yet.
            What it returns is called with the number of each input, returns a word for the
            input, and may raise a `HubError`.
        count: how many inputs.
        seed: the seed.
    """
    faults = Faults()
    context = multiprocessing.get_context("spawn")
    first = 0
    while first < count:
        numbers = range(first, min(first + AT_ONCE, count))
        results, sending = context.Pipe(duplex=False)
        with tempfile.TemporaryDirectory() as folder:
            arguments = (sending, functools.partial(make, Path(folder), seed), numbers)
            process = context.Process(target=_work, args=arguments)
            process.start()
            sending.close()
            try:
                _answer(results, 120)  # it is ready: imports take long on a busy machine
                while first < numbers.stop:
                    fault = _answer(results, HANGS)
                    if fault:
                        faults[f"{fault} (input {first})"] += 1
                    first += 1
                process.join(HANGS)
            except TimeoutError:
                faults[f"no end within {HANGS} seconds (input {first})"] += 1
                first += 1
            except EOFError:
                process.join()
                faults[f"the process ended with {process.exitcode} (input {first})"] += 1
                first += 1
            process.kill()
            process.join()
    return faults


def _work(results: Connection, make: Callable[[], Callable[[int], str]], numbers: range) -> None:
    """Reads the inputs of some numbers. Sends a text when it begins, and the fault of each."""
    import torch

    from hubcore.errors import HubError

    torch.set_num_threads(1)
    read = make()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, -1))
    results.send("ready")
    for number in numbers:
        fault = kind = ""
        _peak()
        before, began = _peak(), time.process_time()
        try:
            kind = read(number)
        except HubError as error:
            text = _causes(error)
            if "MemoryError" in text or "allocate" in text:
                fault = described(error, "memory")
        except BaseException as error:
            fault = described(error, "read")
        taken, seconds = _peak() - before, time.process_time() - began
        if taken > MEMORY:
            fault = f"{taken >> 20} MiB were taken {kind}"
        elif seconds > SECONDS:
            fault = f"{seconds:.0f} seconds of processor time were taken {kind}"
        results.send(fault)


def _answer(results: Connection, seconds: float) -> str:
    if not results.poll(seconds):
        raise TimeoutError
    answer: str = results.recv()
    return answer


def _peak() -> int:
    """The most memory that this process had, in bytes, since the last call."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _causes(error: BaseException | None) -> str:
    """The messages of an error and of those behind it."""
    found = []
    while error is not None:
        found.append(f"{type(error).__name__} {error}")
        error = error.__cause__ or error.__context__
    return " ".join(found)


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
