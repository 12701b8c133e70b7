"""Copies bytes from HTTP responses into a partial file, and hashes them on the way."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from .. import settings
from ..errors import NotEnoughSpaceError
from .addresses import identity
from .cancellation import Cancel, CancelledError
from .faults import ChangedError, NoRoomError, PermanentError, TemporaryError
from .hashing import PrefixHasher
from .http import is_encoded, new_session, open_url, read_some, stated_length
from .pace import Pace
from .partial import Partial
from .unpacking import GzipReader, check_encoding

if TYPE_CHECKING:
    import requests

__all__ = ["Body", "Source", "Transfer"]

_ROUNDING = 1024 * 1024  # bytes by which a published size may be wrong besides a tenth
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/([0-9]{1,18})")
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class Source(NamedTuple):
    """An address to try.

    Attributes:
        url: the address.
        original: the catalogue's address of the file, which differs from `url` for a mirror.
        peer: whether this is another hub's store. One that sends other bytes than those that were
            asked for is not asked again.
    """

    url: str
    original: str
    peer: bool = False


class Body(NamedTuple):
    """A response that was accepted, and which bytes of the file it contains.

    Attributes:
        response: the response, with its body unread.
        start: the offset of its first byte in the file.
        end: the offset after its last byte, or None if the server does not say.
        total: the file's size in bytes, or None if the server does not say.
        ranges: whether this server may serve ranges of the file.
    """

    response: requests.Response
    start: int
    end: int | None
    total: int | None
    ranges: bool


class Transfer:
    """The state that all connections of one download share.

    Args:
        partial: the partial file that receives the bytes.
        checked: whether a digest is verified at the end, so that parts from different attempts and
            mirrors may be joined.
        size: the file's size in bytes, if the catalogue gives it.
        about: its approximate size in bytes, if the catalogue gives that.
        report: called with the number of bytes gained (negative if bytes were discarded).
        found_size: called with the file's size in bytes when it is known.
        cancel: stops the download when it is set.
        connections: the maximum number of connections.
    """

    def __init__(
        self,
        partial: Partial,
        *,
        checked: bool,
        size: int | None,
        about: int | None = None,
        report: Callable[[int], object],
        found_size: Callable[[int], object],
        cancel: Cancel,
        connections: int,
    ) -> None:
        self.partial = partial
        self.size = size
        self._most, self._why = _bound(size, about)
        self.cancel = cancel
        self.connections = connections
        self.session = new_session(connections + 1)
        self._checked = checked
        self._report = report
        self._found_size = found_size
        self._hasher: PrefixHasher | None = None
        # Addresses that send a compressed file as if only the transfer were compressed: their
        # bodies are not decoded.
        self._literal: set[str] = set()
        report(partial.size)

    @property
    def total(self) -> int | None:
        """The file's size in bytes from the server or the catalogue; None if unknown."""
        total = self.partial.state.get("total")
        return total if isinstance(total, int) else self.size

    def begin(self, source: Source) -> None:
        """Prepares a download from `source`.

        Discards the bytes on disk if neither a digest nor the server can show that they belong to
        this source's file.
        """
        state = self.partial.state
        same = state.get("source") == _name(source)
        resumable = self._checked or (same and self._validator(source))
        if self.partial.size and (state.get("encoded") or not resumable):
            self.restart()

    def open(self, source: Source, start: int, end: int | None = None) -> Body:
        """Requests the bytes from `start` to `end`, or to the file's end, and checks the response.

        If the response shows that the file has changed, the partial is emptied. So only the first
        connection may call this; helpers use `open_range`.

        Returns:
            The response's body. It begins at 0 if the server ignores the range or the file changed.

        Raises:
            TemporaryError, PermanentError: as for `open_url`, or the response does not fit.
            NotEnoughSpaceError: the file does not fit on the disk.
        """
        headers = _range(start, end)
        validator = self._validator(source) if headers else None
        if validator:
            headers["If-Range"] = validator
        response = open_url(self.session, source.url, headers, self.cancel)
        try:
            return self._placed(response, source, start, end)
        except BaseException:
            response.close()
            raise

    def open_range(
        self, source: Source, start: int, end: int, cancel: Cancel | None = None
    ) -> Body:
        """Requests exactly the bytes ``[start, end)`` of the file that is being downloaded.

        Raises:
            PermanentError: the server does not serve this range of this file.
            TemporaryError: the server did not answer, or another attempt may help.
        """
        headers = _range(start, end)
        validator = self._validator(source)
        if validator:
            headers["If-Range"] = validator
        response = open_url(self.session, source.url, headers, cancel or self.cancel)
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        state = self.partial.state
        if (
            response.status_code != 206
            or not match
            or (int(match[1]), int(match[2]) + 1) != (start, end)
            or match[3] != str(state.get("total"))
            or response.headers.get("ETag", state.get("etag")) != state.get("etag")
            or is_encoded(response)
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
        """Writes a body to its place in the file.

        Args:
            body: the body, from `open` or `open_range`.
            between: called with the offset reached after each read; returns the offset at which to
                stop, or None.
            cancel: a child of the transfer's `Cancel`, to stop this body alone.

        Returns:
            The offset that was reached.

        Raises:
            TemporaryError: the connection broke, stalled or trickled, or the body is too short.
            PermanentError: the body is longer than it may be.
            NotEnoughSpaceError: the disk or the quota is full.
            CancelledError: the download was cancelled.
        """
        position, end = body.start, body.end
        encoded = bool(self.partial.state.get("encoded"))
        read = GzipReader(body.response).read if encoded else partial(read_some, body.response)
        limit, why = (self._most, self._why) if end is None else (end, "")
        if end is None and self.size is None:  # it may go on for ever: never fill the disk
            room = position + shutil.disk_usage(self.partial.folder).free * 9 // 10
            if room < limit:
                limit, why = room, "for which the disk has room"
        pace = Pace()
        cancel = cancel or self.cancel
        with cancel.closing(body.response):
            while end is None or position < end:
                chunk = read()
                cancel.check()
                if not chunk:
                    break
                if position + len(chunk) > limit:
                    if end is None:
                        self.restart()
                        raise PermanentError(f"it sends more than the {limit} bytes {why}")
                    chunk = chunk[: limit - position]
                self._write(chunk, position, cancel)
                position += len(chunk)
                pace.check(len(chunk))
                stop = between(position) if between else None
                if stop is not None and position >= stop:
                    return position
        if end is not None and position < end:
            raise TemporaryError(f"the connection was closed after {position} of {end} bytes")
        if end is None and self.size is not None and position < self.size:
            raise TemporaryError(
                f"it ends after {position} bytes, but the catalogue says {self.size}"
            )
        return position

    def digest(self) -> str:
        """Waits for the SHA-256 of the bytes before the first gap: 64 hexadecimal digits."""
        hasher, self._hasher = self._hashing(), None
        return hasher.finish(self.partial.prefix)

    def restart(self) -> None:
        """Discards all bytes, so that the download starts over."""
        self._drop_hasher()
        size = self.partial.size
        self.partial.restart()
        self._report(-size)

    def take_literally(self, source: Source) -> bool:
        """Turns decoding off for a source whose decoded body had a wrong digest.

        Returns:
            Whether another attempt without decoding is worthwhile.
        """
        if not self.partial.state.get("encoded") or source.url in self._literal:
            return False
        self._literal.add(source.url)
        return True

    def close(self) -> None:
        """Stops hashing and closes the connections."""
        self._drop_hasher()
        self.session.close()

    def _placed(
        self, response: requests.Response, source: Source, start: int, end: int | None
    ) -> Body:
        """Checks where a response's body belongs in the file, and records what it says of it."""
        headers = response.headers
        state = self.partial.state
        known = state.get("total")
        encoded = is_encoded(response) and source.url not in self._literal
        if encoded:
            check_encoding(response)
        if response.status_code == 416:
            match = _UNSATISFIED_RANGE.fullmatch(headers.get("Content-Range", "").strip())
            if match and int(match[1]) == start == self.partial.size:
                state["total"] = start  # the file is complete
                return Body(response, start, start, start, False)
            self.restart()
            raise TemporaryError("the server refused the requested range")
        if response.status_code == 206:
            match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
            if not match or int(match[1]) != start or encoded:
                self.restart()
                raise TemporaryError("the server sent another range than the requested one")
            body_end: int | None = int(match[2]) + 1
            total = known if match[3] == "*" else int(match[3])
            if int(match[2]) >= (self._most if total is None else total):
                raise PermanentError("it states a range beyond the file's end")
            changed = known is not None and total != known
            if state.get("source") == _name(source) and "ETag" in headers and start:
                changed = changed or state.get("etag") != headers["ETag"]
            if changed:
                self.restart()
                raise ChangedError("the file changed between two attempts")
        else:
            start = 0
            length = stated_length(response)
            body_end = total = None if encoded else length
        self._check_total(total)
        if response.status_code == 200 and self.partial.size:
            self.restart()  # the range was ignored, or the file changed: a whole body
            state = {}
        same = start and state.get("source") == _name(source)
        kept = state if same else {}
        self.partial.state = {
            "source": _name(source),
            "etag": headers.get("ETag", kept.get("etag")),
            "modified": headers.get("Last-Modified", kept.get("modified")),
            "total": total,
            "encoded": encoded,
        }
        self.partial.save()
        if total is not None:
            self._found_size(total)
        if end is not None and body_end is not None:
            body_end = min(end, body_end)
        ranges = total is not None and headers.get("Accept-Ranges", "").strip().lower() != "none"
        return Body(response, start, body_end, total, ranges)

    def _check_total(self, total: int | None) -> None:
        """Raises an error if the file that an answer promises is too large, or another one."""
        if total is None:
            return
        if self.size is not None and total != self.size:
            raise PermanentError(f"it is {total} bytes long, but the catalogue says {self.size}")
        if total > self._most:
            raise PermanentError(
                f"it is {total} bytes long, more than the {self._most} {self._why}"
            )
        try:
            self._check_room(total)
        except NotEnoughSpaceError as error:
            if self.size is not None:
                raise
            no_room = NoRoomError(error)
        else:
            return
        raise no_room

    def _validator(self, source: Source) -> str | None:
        """The value for If-Range, with which a server sends a changed file whole; or None."""
        state = self.partial.state
        if state.get("source") != _name(source):
            return None
        etag = state.get("etag")
        if etag and not str(etag).startswith("W/"):
            return str(etag)
        modified = state.get("modified")
        return str(modified) if modified else None

    def _write(self, chunk: bytes, position: int, cancel: Cancel) -> None:
        try:
            gained = self.partial.write(chunk, position, cancel.is_set)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            needed = None if self.total is None else self.total - self.partial.size
            raise self._no_room(needed, None) from None
        if gained is None:
            raise CancelledError
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
            f"{want} needed in {folder}, but {have}. Free some space (hub cache prune), or set "
            "HUBCORE_HOME to a folder on a larger disk. What arrived is kept for the next try.",
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


def _range(start: int, end: int | None) -> dict[str, str]:
    if not start and end is None:
        return {}
    return {"Range": f"bytes={start}-{'' if end is None else end - 1}"}


def _name(source: Source) -> str:
    """By which a partial knows its source; not the address itself, which may be a signed one.

    Peers are one source, with the digest as ETag, and another one than the address itself: what one
    of them began goes on there.
    """
    name = f"{'peer ' if source.peer else ''}{identity(source.original)}"
    return hashlib.sha256(name.encode()).hexdigest()


def _bound(size: int | None, about: int | None) -> tuple[int, str]:
    """The most bytes that a file may have, and why."""
    if size is not None:
        return size, "that the catalogue says"
    if about is not None:
        most = about + about // 10 + _ROUNDING
        return most, f"allowed for a file of about {about} bytes, as the catalogue says"
    return settings.max_size(), "allowed for a file of unknown size (HUBCORE_MAX_SIZE)"
