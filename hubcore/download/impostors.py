"""What servers send in place of a file: web pages, error messages, pointers to the file."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from .quoting import without_secrets

__all__ = ["impostor"]

_START = 4096  # bytes that are looked at
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|script|meta)\b", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_COMMENTS = re.compile(rb"\A(?:\s|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_XML_ERROR = re.compile(rb"<(?:\w+:)?(?:error|errorresponse|fault)\b", re.IGNORECASE)
_XML_CODE = re.compile(rb"<(?:Message|Code)>([^<]*)<")
_ERROR_KEYS = ("error", "errors", "message", "detail")
_LFS = b"version https://git-lfs.github.com/spec/"


def impostor(path: Path, url: str = "") -> str | None:
    """What a file is, if it is certainly not a checkpoint but something sent in place of one.

    Args:
        path: the file.
        url: the address that served it, of which nothing secret is repeated.

    Returns:
        For instance "an HTML page, titled 'Quota exceeded'"; None if it may be a checkpoint.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_START)
    if not start:
        return "an empty file"
    if start.startswith(_LFS):
        return "a Git LFS pointer, not the file that it points to"
    text = _as_utf8(start).lstrip()
    if text[:1] in (b"{", b"["):
        return _json_error(path, text, url)
    if text[:1] == b"<":
        root = text[len(_COMMENTS.match(text)[0]) :]  # type: ignore[index]  # it matches nothing too
        if _HTML.match(root):
            title = _quoted(_TITLE.search(text), url)
            return f"an HTML page, titled {title}" if title else "an HTML page"
        if _XML_ERROR.match(root):
            said = _quoted(_XML_CODE.search(text), url)
            return f"an XML error message, {said}" if said else "an XML error message"
    return None


def _as_utf8(start: bytes) -> bytes:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", "ignore").encode()
    return start.removeprefix(b"\xef\xbb\xbf")


def _json_error(path: Path, text: bytes, url: str) -> str | None:
    if path.stat().st_size > _START:
        return None
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if isinstance(data, dict):
        for key in _ERROR_KEYS:
            if key in data:
                return f"a JSON error message, {_shown(str(data[key]), url)!r}"
    return None


def _quoted(match: re.Match[bytes] | None, url: str) -> str:
    text = _shown(html.unescape(match[1].decode("utf-8", "replace")), url) if match else ""
    return f"'{text}'" if text else ""


def _shown(text: str, url: str) -> str:
    """On one line, short, and without characters that a terminal would obey."""
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(without_secrets(text, url).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
