"""What a command says when something fails: a sentence, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import HubError
from .output import harmless

__all__ = ["brief", "sentence"]

_LONGEST = 900
_LONGEST_WORD = 300


def sentence(error: BaseException) -> str:
    """What went wrong, for a terminal.

    A `HubError` says it itself. Errors of the system say which file and why. Anything else is a
    fault of ours or of a package's code: the sentence says where it is and how to report it.
    """
    if isinstance(error, HubError):
        return brief(str(error))
    if isinstance(error, OSError) and error.filename is not None:
        return brief(f"{error.filename}: {error.strerror or type(error).__name__}.")
    if isinstance(error, OSError):
        return f"the output cannot be written: {brief(error.strerror or str(error))}"
    if isinstance(error, MemoryError):
        return "there is not enough memory."
    where = _place(error)
    what = " ".join(str(error).split())
    return brief(
        f"a fault in {where}, not in what you typed: {type(error).__name__}"
        f"{': ' + what if what else ''}. Please report it to the authors of that code, with this "
        f"command and what HUBCORE_DEBUG=1 in front of it shows."
    )


def brief(text: str) -> str:
    """The text without what a terminal would obey, and no longer than a screen."""
    text = re.sub(rf"\S{{{_LONGEST_WORD},}}", lambda word: _cut(word[0], 100), harmless(text))
    return _cut(text, _LONGEST)


def _cut(text: str, length: int) -> str:
    """The text, or its beginning and its end."""
    if len(text) <= length:
        return text
    return f"{text[: length * 2 // 3]} ... {text[len(text) - length // 3 :]}"


def _place(error: BaseException) -> str:
    """Where an error was raised: the module and the line, but not in Python's own library."""
    import sysconfig
    import traceback

    library = sysconfig.get_path("stdlib")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" in frame.filename or not frame.filename.startswith((library, "<"))
    ]
    if not frames:
        return "the hub"
    path = Path(frames[-1].filename)
    return f"{path.parent.name}/{path.name}, line {frames[-1].lineno}"
