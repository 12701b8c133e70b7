"""Text from outside, such as the name of a file, made harmless to show."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str, keep: str = "") -> str:
    r"""The text without anything that a terminal would obey.

    Control characters, escape sequences, what changes the direction of text or has no width, and
    bytes that are no UTF-8 become escapes, such as ``\n``, ``\x1b``, ``\u202e`` and ``\udcff``.

    Args:
        text: the text.
        keep: characters that stay as they are, such as a newline.
    """
    bare = text
    for character in keep:
        bare = bare.replace(character, "")
    if bare.isprintable():  # nearly always, and quicker than a look at each character
        return text
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
