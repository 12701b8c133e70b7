"""Bytes from one answer into a partial file, with the hash following behind."""

from __future__ import annotations

import errno
import re
import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from .. import settings
from ..errors import NotEnoughSpaceError
from .addresses import identity
from .hashing import PrefixHasher
from .http import Cancel, PermanentError, TemporaryError, new_session, open_url, read_some
from .partial import Partial

if TYPE_CHECKING:
    import requests

__all__ = ["Body", "Source", "Transfer", "TrickleError"]

_SLOWEST = 1024  # bytes a second; less than that for a whole timeout is as good as a stall
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_WHOLE = re.compile(r"bytes \*/(\d+)")
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Source(NamedTuple):
    """An address to ask, and the address of the file that it stands for (itself, or a mirror's)."""

    url: str
    original: str


class TrickleError(TemporaryError):
    """Bytes trickle in: not progress worth another round of tries."""


class Body(NamedTuple):
    """An answer that was found good, and which bytes of the file it brings.

    Attributes:
        end: where it ends; None where the server does not tell.
        total: the file's size; None where the server does not tell.
        ranges: whether this server may serve ranges of the file.
    """

    response: requests.Response
    start: int
    end: int | None
    total: int | None
    ranges: bool


class Transfer:
    """What all connections of one file's download share.

    Args:
        partial: where the bytes go.
        checked: whether a digest decides at the end, so that parts from different tries and
            mirrors may be joined.
        size: bytes, where a catalogue promises them.
        report: called with the number of bytes gained (negative when some were thrown away).
        found_size: called with the file's size once it is known.
        cancel: stops the download when set.
        connections: the most that may be open at once.
    """

    def __init__(
        self,
        partial: Partial,
        *,
        checked: bool,
        size: int | None,
        report: Callable[[int], object],
        found_size: Callable[[int], object],
        cancel: Cancel,
        connections: int,
    ) -> None:
        self.partial = partial
        self.size = size
        self.cancel = cancel
        self.connections = connections
        self.session = new_session(connections + 1)
        self._checked = checked
        self._report = report
        self._found_size = found_size
        self._hasher: PrefixHasher | None = None
        # Sources that label a compressed file as a compressed transfer: taken as they are.
        self._literal: set[str] = set()
        report(partial.size)

    @property
    def total(self) -> int | None:
        """The file's size, where the server or the catalogue told it."""
        total = self.partial.state.get("total")
        return total if isinstance(total, int) else self.size

    def begin(self, source: Source) -> None:
        """Drops what is there if nothing will tell whether it belongs to this source's file."""
        state = self.partial.state
        same = state.get("source") == identity(source.original)
        resumable = self._checked or (same and self._validator(source))
        if self.partial.size and (state.get("encoded") or not resumable):
            self.restart()

    def open(self, source: Source, start: int, end: int | None = None) -> Body:
        """Asks for the bytes from `start` on, to `end` or the file's end, and judges the answer.

        An answer that shows that the file changed empties the partial, and either serves from 0
        or raises. Only for the one connection that may do so; others use `open_range`.
        """
        headers = _range(start, end)
        validator = self._validator(source) if headers else None
        if validator:
            headers["If-Range"] = validator
        response = open_url(self.session, source.url, headers)
        try:
            return self._placed(response, source, start, end)
        except BaseException:
            response.close()
            raise

    def open_range(self, source: Source, start: int, end: int) -> Body:
        """Asks for exactly these bytes of the file that is being downloaded.

        Raises:
            PermanentError: the server does not serve this range of this file.
            TemporaryError: it did not answer.
        """
        headers = _range(start, end)
        validator = self._validator(source)
        if validator:
            headers["If-Range"] = validator
        response = open_url(self.session, source.url, headers)
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        state = self.partial.state
        if (
            response.status_code != 206
            or not match
            or (int(match[1]), int(match[2]) + 1) != (start, end)
            or match[3] != str(state.get("total"))
            or response.headers.get("ETag", state.get("etag")) != state.get("etag")
            or _encoded(response)
        ):
            response.close()
            raise PermanentError("the server does not serve ranges of this file")
        return Body(response, start, end, int(match[3]), True)

    def copy(
        self,
        body: Body,
        between: Callable[[int], int | None] | None = None,
        cancel: Cancel | None = None,
    ) -> int:
        """Writes a body to its place, and returns how far it got.

        Args:
            between: called with the position after each piece; says where to stop early.
            cancel: a child of the transfer's own, to stop this body alone.
        """
        position, end = body.start, body.end
        decode = bool(self.partial.state.get("encoded"))
        limit = self.size if end is None else end
        pace = _Pace()
        cancel = cancel or self.cancel
        with cancel.closing(body.response) as response:
            while end is None or position < end:
                chunk = read_some(response, decode=decode)
                cancel.check()
                if not chunk:
                    break
                if limit is not None and position + len(chunk) > limit:
                    if end is None:
                        self.restart()
                        raise PermanentError(f"it sends more than the promised {limit} bytes")
                    chunk = chunk[: limit - position]
                self._write(chunk, position)
                position += len(chunk)
                pace.check(len(chunk))
                stop = between(position) if between else None
                if stop is not None and position >= stop:
                    return position
        if end is not None and position < end:
            raise TemporaryError(f"the connection was closed after {position} of {end} bytes")
        if end is None and self.size is not None and position < self.size:
            raise TemporaryError(
                f"it ends after {position} bytes, and the catalogue says {self.size}"
            )
        return position

    def digest(self) -> str:
        """Waits for the SHA-256 of what is there."""
        hasher, self._hasher = self._hashing(), None
        return hasher.finish(self.partial.prefix)

    def restart(self) -> None:
        """Throws away what is there."""
        self._drop_hasher()
        self._report(-self.partial.size)
        self.partial.restart()

    def take_literally(self, source: Source) -> bool:
        """After a wrong digest of a decoded body: whether the undecoded one is worth a try."""
        if not self.partial.state.get("encoded") or source.url in self._literal:
            return False
        self._literal.add(source.url)
        return True

    def close(self) -> None:
        self._drop_hasher()
        self.session.close()

    def _placed(
        self, response: requests.Response, source: Source, start: int, end: int | None
    ) -> Body:
        """Where an answer's body belongs; notes what it says of the file."""
        headers = response.headers
        state = self.partial.state
        known = state.get("total")
        encoded = _encoded(response) and source.url not in self._literal
        if response.status_code == 416:
            match = _WHOLE.fullmatch(headers.get("Content-Range", "").strip())
            if match and int(match[1]) == start == self.partial.size:
                state["total"] = start  # there is nothing after what is here
                return Body(response, start, start, start, False)
            self.restart()
            raise TemporaryError("the server refused the range that it was asked for")
        if response.status_code == 206:
            match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
            if not match or int(match[1]) != start or encoded:
                self.restart()
                raise TemporaryError("the server sent another range than it was asked for")
            body_end: int | None = int(match[2]) + 1
            total = known if match[3] == "*" else int(match[3])
            changed = known is not None and total != known
            if state.get("source") == identity(source.original) and "ETag" in headers and start:
                changed = changed or state.get("etag") != headers["ETag"]
            if changed:
                self.restart()
                raise TemporaryError("the file changed between two tries")
        else:
            if self.partial.size:  # the range was ignored, or the file changed: this is all of it
                self.restart()
            start = 0
            length = headers.get("Content-Length", "")
            body_end = total = int(length) if length.isdigit() and not encoded else None
        if self.size is not None and total is not None and total != self.size:
            raise PermanentError(f"it is {total} bytes long, and the catalogue says {self.size}")
        same = start and state.get("source") == identity(source.original)
        kept = state if same else {}
        self.partial.state = {
            "source": identity(source.original),
            "etag": headers.get("ETag", kept.get("etag")),
            "modified": headers.get("Last-Modified", kept.get("modified")),
            "total": total,
            "encoded": encoded,
        }
        self.partial.save()
        if total is not None:
            self._found_size(total)
            self._check_room(total)
        if end is not None and body_end is not None:
            body_end = min(end, body_end)
        ranges = total is not None and headers.get("Accept-Ranges", "").strip().lower() != "none"
        return Body(response, start, body_end, total, ranges)

    def _validator(self, source: Source) -> str | None:
        """What If-Range says, so that a changed file is sent whole."""
        state = self.partial.state
        if state.get("source") != identity(source.original):
            return None
        etag = state.get("etag")
        if etag and not str(etag).startswith("W/"):
            return str(etag)
        modified = state.get("modified")
        return str(modified) if modified else None

    def _write(self, chunk: bytes, position: int) -> None:
        try:
            gained = self.partial.write(chunk, position)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            needed = None if self.total is None else self.total - self.partial.size
            raise self._no_room(needed, None) from None
        self._hashing().advance(self.partial.prefix)
        self._report(gained)

    def _check_room(self, total: int) -> None:
        needed = total - self.partial.size
        free = shutil.disk_usage(self.partial.folder).free
        if needed > free:
            raise self._no_room(needed, free)

    def _no_room(self, needed: int | None, free: int | None) -> NotEnoughSpaceError:
        folder = self.partial.folder.parent.parent
        want = "More space is" if needed is None else f"{needed} more bytes are"
        have = "the disk or the quota is full" if free is None else f"{free} are free"
        return NotEnoughSpaceError(
            f"{want} needed in {folder}, and {have}. Free some (hub cache prune) or set "
            "HUBCORE_HOME to a larger disk. Nothing was published; what arrived is kept for the "
            "next try.",
            needed=needed,
            free=free,
        )

    def _hashing(self) -> PrefixHasher:
        hasher = self._hasher
        if hasher is None:
            hasher = self._hasher = PrefixHasher(self.partial.data)
        return hasher

    def _drop_hasher(self) -> None:
        if self._hasher is not None:
            self._hasher.close()
            self._hasher = None


class _Pace:
    """Notices a server that trickles."""

    def __init__(self) -> None:
        self._window = settings.timeout()
        self._since = time.monotonic()
        self._count = 0

    def check(self, count: int) -> None:
        self._count += count
        elapsed = time.monotonic() - self._since
        if elapsed < self._window:
            return
        if self._count < _SLOWEST * elapsed:
            raise TrickleError(f"only {self._count} bytes in {elapsed:.0f} seconds")
        self._since += elapsed
        self._count = 0


def _range(start: int, end: int | None) -> dict[str, str]:
    if not start and end is None:
        return {}
    return {"Range": f"bytes={start}-{'' if end is None else end - 1}"}


def _encoded(response: requests.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity").strip().lower() != "identity"
