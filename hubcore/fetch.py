"""Brings one file from the first of several addresses that serves it, whatever happens.

Knows nothing of the store: it fills a `Partial` and tells the digest. Tries without progress are
counted, not tries; what is there is never asked for again while it can be trusted; one mismatch of
the digest earns one clean restart.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import settings
from .addresses import identity, redact
from .hashing import PrefixHasher
from .http import Fault, Passing, Permanent, new_session, open_url, read_some
from .partial import Partial
from .store_errors import DigestMismatchError, DownloadError, NotEnoughSpaceError

if TYPE_CHECKING:
    import requests

__all__ = ["Cancelled", "Fetch", "Source"]

_log = logging.getLogger(__name__)

_LONGEST_WAIT = 120.0  # seconds; a server that asks for more is left for the next one
_SLOWEST = 1024  # bytes a second; less than that for a whole timeout is as good as a stall
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Source(NamedTuple):
    """An address to ask, and the address of the file that it stands for (itself, or a mirror's)."""

    url: str
    original: str


class Cancelled(Exception):
    """Someone asked the download to stop; what is there is kept."""


class _Progressed(Exception):
    """A try failed after it had brought new bytes: count from zero again."""


class Fetch:
    """One file's download.

    Args:
        partial: where the bytes go.
        sources: addresses, in the order to try them.
        expected: the SHA-256 or its beginning, or '' to take any bytes.
        size: bytes, where a catalogue promises them.
        report: called with the number of bytes gained (negative when some were thrown away).
        found_size: called with the file's size once it is known.
        cancel: stops the download when set.
    """

    def __init__(
        self,
        partial: Partial,
        sources: Sequence[Source],
        *,
        expected: str = "",
        size: int | None = None,
        report: Callable[[int], object] = lambda count: None,
        found_size: Callable[[int], object] = lambda size: None,
        cancel: threading.Event | None = None,
    ) -> None:
        self.partial = partial
        self.expected = expected
        self.size = size
        self.cancel = cancel or threading.Event()
        self._sources = list(sources)
        self._report = report
        self._found_size = found_size
        self._attempts: list[tuple[str, str]] = []
        self._mismatches: dict[Source, str] = {}
        self._best = partial.size
        self._hasher: PrefixHasher | None = None
        self._session = new_session(settings.connections())

    def run(self) -> tuple[str, Source]:
        """Downloads until the file is whole and right; returns its digest and who served it.

        Raises:
            DigestMismatchError: the only answers were other bytes.
            DownloadError: no address served the file.
            NotEnoughSpaceError: it does not fit on the disk.
            Cancelled: `cancel` was set.
        """
        import tenacity

        self._report(self.partial.size)
        try:
            while True:
                tries = tenacity.Retrying(
                    retry=tenacity.retry_if_exception_type(Passing),
                    stop=tenacity.stop_after_attempt(settings.retries()),
                    wait=_wait,
                    sleep=self._sleep,
                    reraise=True,
                )
                with contextlib.suppress(_Progressed):
                    return tries(self._ask_each)
        except Fault:
            raise self._failure() from None
        finally:
            self._drop_hasher()
            self._session.close()

    def _ask_each(self) -> tuple[str, Source]:
        """One round over the addresses that are still worth asking."""
        worst: Fault = Permanent("no address")
        for source in list(self._sources):
            try:
                return self._ask(source), source
            except Permanent as fault:
                self._note(source, fault)
                self._sources.remove(source)
                worst = worst if isinstance(worst, Passing) else fault
            except Passing as fault:
                self._note(source, fault)
                if (fault.retry_after or 0) > _LONGEST_WAIT:
                    self._sources.remove(source)
                    worst = worst if isinstance(worst, Passing) else Permanent(str(fault))
                    continue
                if self.partial.size > self._best and not isinstance(fault, _TooSlow):
                    self._best = self.partial.size
                    raise _Progressed from None
                worst = fault
        raise worst

    def _ask(self, source: Source) -> str:
        """Gets from one address what lacks; returns the digest of the whole."""
        partial = self.partial
        if partial.state.get("source") != identity(source.original) and not self.expected:
            self._restart()  # nothing will tell whether the halves belong together
        total = partial.state.get("total")
        if not isinstance(total, int) or partial.have.missing(total):
            self._receive(source)
        hasher = self._hashing()
        digest = hasher.finish(partial.prefix)
        self._hasher = None
        if digest.startswith(self.expected):
            return digest
        self._restart()
        first = source not in self._mismatches
        self._mismatches[source] = digest
        if first:
            _log.warning("Wrong digest from %s; starting afresh once", redact(source.url))
            return self._ask(source)
        raise Permanent(f"its SHA-256 is {digest}, not {self.expected}")

    def _receive(self, source: Source) -> None:
        partial = self.partial
        start = partial.prefix
        headers = {}
        if start:
            headers["Range"] = f"bytes={start}-"
            validator = self._validator(source)
            if validator:
                headers["If-Range"] = validator
        response = open_url(self._session, source.url, headers)
        with contextlib.closing(response):
            start, total = self._placed(response, source, start)
            self._check_room(total)
            self._copy(response, start, total)
        if total is None:
            partial.state["total"] = partial.prefix
            partial.save()

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

    def _placed(
        self, response: requests.Response, source: Source, start: int
    ) -> tuple[int, int | None]:
        """Where the body begins in the file, and the file's size if it is told."""
        headers = response.headers
        known = self.partial.state.get("total")
        if response.status_code == 416:
            self._restart()
            raise Passing("the server refused the range that it was asked for")
        if response.status_code == 206:
            match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
            if not match or int(match[1]) != start:
                self._restart()
                raise Passing("the server sent another range than it was asked for")
            total = None if match[3] == "*" else int(match[3])
            if known is not None and total is not None and total != known:
                self._restart()
                raise Passing("the file changed between two tries")
        else:
            if start:  # the range was ignored, or the file changed: this is all of it
                self._restart()
                start = 0
            length = headers.get("Content-Length", "")
            total = int(length) if length.isdigit() and not _encoded(response) else None
        if self.size is not None and total is not None and total != self.size:
            raise Permanent(f"it is {total} bytes long, and the catalogue says {self.size}")
        if not start:
            self.partial.state = {"source": identity(source.original)}
        state: dict[str, Any] = self.partial.state
        state["source"] = identity(source.original)
        state["etag"] = headers.get("ETag")
        state["modified"] = headers.get("Last-Modified")
        state["total"] = total if total is not None else known
        self.partial.save()
        if total is not None:
            self._found_size(total)
        return start, total

    def _copy(self, response: requests.Response, start: int, total: int | None) -> None:
        """Writes the body from `start` on, and has it hashed behind."""
        hasher = self._hashing()
        limit = total if total is not None else self.size
        position = start
        pace = _Pace()
        decode = _encoded(response)
        while chunk := read_some(response, decode=decode):
            if self.cancel.is_set():
                raise Cancelled
            if limit is not None and position + len(chunk) > limit:
                self._restart()
                raise Permanent(f"it sends more than the promised {limit} bytes")
            self._write(chunk, position)
            position += len(chunk)
            hasher.advance(position)
            self._report(len(chunk))
            pace.check(len(chunk))
        if limit is not None and position < limit:
            if total is None:
                raise Permanent(f"it ends after {position} bytes, and the catalogue says {limit}")
            raise Passing(f"the connection was closed after {position} of {limit} bytes")

    def _write(self, chunk: bytes, position: int) -> None:
        import errno

        try:
            self.partial.write(chunk, position)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, getattr(errno, "EDQUOT", 0), errno.EFBIG}:
                raise
            total = self.partial.state.get("total") or self.size
            needed = None if total is None else total - self.partial.size
            raise _no_room(self.partial, needed, None) from None

    def _check_room(self, total: int | None) -> None:
        if total is None:
            return
        needed = total - self.partial.size
        free = shutil.disk_usage(self.partial.folder).free
        if needed > free:
            raise _no_room(self.partial, needed, free)

    def _hashing(self) -> PrefixHasher:
        if self._hasher is None:
            self._hasher = PrefixHasher(self.partial.data)
            self._hasher.advance(self.partial.prefix)
        return self._hasher

    def _drop_hasher(self) -> None:
        if self._hasher is not None:
            self._hasher.close()
            self._hasher = None

    def _restart(self) -> None:
        self._drop_hasher()
        self._report(-self.partial.size)
        self.partial.restart()

    def _sleep(self, seconds: float) -> None:
        if self.cancel.wait(seconds):
            raise Cancelled

    def _note(self, source: Source, fault: Fault) -> None:
        self._attempts.append((redact(source.url), str(fault)))
        _log.info("%s: %s", redact(source.url), fault)

    def _failure(self) -> DownloadError:
        last = {address: reason for address, reason in self._attempts}
        if self._mismatches and not self._sources and len(self._mismatches) == len(last):
            source, actual = next(iter(self._mismatches.items()))
            return DigestMismatchError(redact(source.url), self.expected, actual)
        reasons = "".join(f"\n  {address}: {reason}" for address, reason in last.items())
        kept = self.partial.size
        advice = f" The {kept} bytes that arrived are kept; the next try resumes." if kept else ""
        message = f"Could not download the file:{reasons}\n{advice}".rstrip()
        return DownloadError(message, self._attempts)


class _TooSlow(Passing):
    """Bytes trickle in: not progress worth another round of tries."""


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
            raise _TooSlow(f"only {self._count} bytes in {elapsed:.0f} seconds")
        self._since += elapsed
        self._count = 0


def _wait(state: Any) -> float:
    """Capped exponential back-off with jitter, or as long as the server asks."""
    import tenacity

    backoff = tenacity.wait_exponential_jitter(initial=0.25, max=30, jitter=0.25)(state)
    fault = state.outcome.exception()
    return max(backoff, getattr(fault, "retry_after", None) or 0.0)


def _encoded(response: requests.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity").strip().lower() != "identity"


def _no_room(partial: Partial, needed: int | None, free: int | None) -> NotEnoughSpaceError:
    want = "More space is" if needed is None else f"{needed} bytes more are"
    have = "the quota or the disk is full" if free is None else f"{free} bytes are free"
    return NotEnoughSpaceError(
        f"{want} needed in {partial.folder.parent}, and {have}. "
        "Free some (hub cache prune) or set HUBCORE_HOME to a larger disk; "
        "what arrived is kept and the next try resumes.",
        needed=needed,
        free=free,
    )
