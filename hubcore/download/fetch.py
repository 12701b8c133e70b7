"""Downloads one file from the first of several addresses that serves it.

Only attempts without progress count against the limit of retries. Bytes that arrived are kept as
long as they can be trusted. After a wrong digest the download starts over once.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence

from .. import settings
from ..errors import DigestMismatchError, DownloadError, HubError, NotEnoughSpaceError
from .addresses import redact
from .cancellation import Cancel
from .faults import (
    AttemptError,
    ChangedError,
    NoRoomError,
    PermanentError,
    TemporaryError,
    TrickleError,
)
from .impostors import impostor
from .pace import SLOWEST
from .partial import Partial
from .ranges import Helpers
from .transfer import Source, Transfer

__all__ = ["Cancel", "Source", "fetch"]

_log = logging.getLogger(__name__)

_REMEDY = (
    "It was not kept. Open the address in a browser to see what the server wants: a login (set "
    "[headers] in hubcore's config.toml), a later try, or another address"
)
_LONGEST_WAIT = 120.0  # seconds; a server that asks for more is not tried again


def fetch(
    partial: Partial,
    sources: Sequence[Source],
    *,
    expected: str = "",
    size: int | None = None,
    about: int | None = None,
    report: Callable[[int], object] = lambda count: None,
    found_size: Callable[[int], object] = lambda size: None,
    cancel: Cancel | None = None,
    connections: int | None = None,
) -> tuple[str, Source]:
    """Downloads a file until it is complete and verified.

    Args:
        partial: the partial file that receives the bytes.
        sources: the addresses, in the order to try them: of the web, or of a scheme of which a
            package tells where on the web they are.
        expected: the SHA-256 or a prefix of it, in lower case, or "" to accept any bytes.
        size: the file's size in bytes, if the catalogue gives it.
        about: its approximate size in bytes, if the catalogue gives that.
        report: called with the number of bytes gained (negative if bytes were discarded).
        found_size: called with the file's size in bytes when it is known.
        cancel: stops the download when it is set.
        connections: the maximum number of connections; by default that of the settings.

    Returns:
        The file's full SHA-256, and the source that served it.

    Raises:
        DigestMismatchError: every address served bytes with another digest.
        DownloadError: no address served the file.
        OfflineError: ``HUBCORE_OFFLINE`` is set.
        NotEnoughSpaceError: the file does not fit on the disk.
        CancelledError: `cancel` was set.
    """
    transfer = Transfer(
        partial,
        checked=bool(expected),
        size=size,
        about=about,
        report=report,
        found_size=found_size,
        cancel=cancel or Cancel(),
        connections=connections or settings.connections(),
    )
    search = _Search(transfer, sources, expected)
    failures = 0
    try:
        while True:
            try:
                found = search.ask_each()
            except TemporaryError as fault:
                failures += 1
                if failures >= settings.retries():
                    raise
                transfer.cancel.sleep(_pause(failures, fault))
                continue
            if found:
                partial.seal()
                return found
            failures = 0  # there was progress
            transfer.cancel.sleep(0.05)
    except AttemptError:
        raise search.failure() from None
    finally:
        transfer.close()


class _Search:
    """The addresses that are still worth trying, and why the attempts failed."""

    def __init__(self, transfer: Transfer, sources: Sequence[Source], expected: str) -> None:
        self._transfer = transfer
        self._sources = list(sources)
        self._attempts: list[tuple[str, str]] = []
        self._expected = expected
        self._furthest = transfer.partial.size
        self._wrong: dict[Source, tuple[str, str]] = {}  # the digest, and what it is instead
        self._no_room: NotEnoughSpaceError | None = None
        self._began_anew: set[Source] = set()
        self._one_stream: set[Source] = set()
        # Whose bytes the partial holds; None: of an earlier process.
        self._senders: set[Source | None] = {None}

    def ask_each(self) -> tuple[str, Source] | None:
        """Tries each address once.

        Returns:
            The digest of the file and its source, or None if an attempt failed but made progress.

        Raises:
            TemporaryError: there was no progress; another round may help.
            PermanentError: no address is left.
        """
        transfer = self._transfer
        temporary: TemporaryError | None = None
        progress = False
        for source in list(self._sources):
            transfer.cancel.check()
            began = time.monotonic()
            try:
                return self._ask(source), source
            except AttemptError as fault:
                transfer.cancel.check()  # then that is why
                self._attempts.append((redact(source.url), str(fault)))
                _log.info("%s: %s", redact(source.url), fault)
                if isinstance(fault, NoRoomError):
                    self._no_room = fault.error
                gained = transfer.partial.size - self._furthest
                self._furthest = max(self._furthest, transfer.partial.size)
                # A byte before each stall would keep us here for years.
                if gained > SLOWEST * (time.monotonic() - began) and not isinstance(
                    fault, (PermanentError, TrickleError)
                ):
                    if not self._expected:
                        return None  # only this source can go on where it broke off
                    progress = True
                elif isinstance(fault, TemporaryError) and _is_wait_short(fault):
                    temporary = fault
                else:
                    self._sources.remove(source)
        if progress:
            return None
        raise temporary or PermanentError("no address is left")

    def failure(self) -> HubError:
        """The error for the user, once no address has served the file."""
        if self._no_room is not None:
            return self._no_room
        attempts = self._attempts
        last = dict(attempts)
        if self._wrong and not self._sources and len(self._wrong) == len(last):
            source, (actual, instead) = next(iter(self._wrong.items()))
            advice = f"What arrived is {instead}." if instead else ""
            return DigestMismatchError(redact(source.url), self._expected, actual, advice)
        reasons = "".join(f"\n  {address}: {reason}" for address, reason in last.items())
        kept = self._transfer.partial.size
        advice = f"\nThe {kept} bytes that arrived are kept: the next try resumes." if kept else ""
        return DownloadError(f"Could not download the file:{reasons}{advice}", attempts)

    def _ask(self, source: Source) -> str:
        """Downloads the missing bytes from one address; returns the digest of the whole file."""
        transfer = self._transfer
        transfer.begin(source)
        while (gap := self._gap()) is not None:
            try:
                self._receive(source, *gap)
            except ChangedError:  # what another address sent may be wrong: this one begins anew
                if source in self._began_anew:
                    raise
                self._began_anew.add(source)
        digest = transfer.digest()
        if self._expected and digest.startswith(self._expected):
            return digest
        instead = impostor(transfer.partial.data, source.url) or ""
        if not self._expected:
            if not instead:
                return digest
            transfer.restart()
            raise PermanentError(f"it sent {instead}. {_REMEDY}")
        literal = transfer.take_literally(source)
        lied = source.peer and self._senders == {source}
        transfer.restart()
        start_over = literal or not (lied or source in self._wrong)
        self._wrong[source] = digest, instead
        if start_over:
            _log.info("Wrong SHA-256 from %s: starting over", redact(source.url))
            return self._ask(source)
        what = f" (it is {instead})" if instead else ""
        if source.peer:
            _log.warning("The peer at %s sent other bytes than it says", redact(source.url))
        raise PermanentError(f"its SHA-256 is {digest}, not {self._expected}{what}")

    def _gap(self) -> tuple[int, int | None] | None:
        """The first gap as (start, end), end None for the rest; None if the file is complete."""
        partial, total = self._transfer.partial, self._transfer.total
        if "source" not in partial.state:  # no server has answered yet
            return 0, None
        if total is None:
            return None if partial.state.get("ended") else (partial.prefix, None)
        gaps = partial.have.missing(total)
        if not gaps:
            return None
        start, end = gaps[0]
        return start, (None if end == total else end)

    def _receive(self, source: Source, start: int, end: int | None) -> None:
        transfer = self._transfer
        body = transfer.open(source, start, end)
        if not transfer.partial.size:
            self._senders.clear()
        self._senders.add(source)
        if body.total is None or body.end is None or not body.ranges or source in self._one_stream:
            transfer.copy(body)
        else:
            helpers = Helpers(transfer, source, body.end, body.total)
            try:
                transfer.copy(body, helpers.between)
                helpers.finish()
            finally:
                helpers.stop()
                if helpers.refused:
                    self._one_stream.add(source)
        if body.end is not None and self._gap() == (start, end):
            raise TemporaryError("the server sent none of the requested bytes")
        if body.end is None:
            transfer.partial.state["ended"] = True
            transfer.partial.save()


def _is_wait_short(fault: TemporaryError) -> bool:
    return (fault.retry_after or 0.0) <= _LONGEST_WAIT


def _pause(failures: int, fault: TemporaryError) -> float:
    """Seconds before the next round: exponential back-off with jitter, or what the server asks."""
    backoff = min(2.0 ** (failures - 3), 30.0) + random.uniform(0, 0.25)
    return max(backoff, fault.retry_after or 0.0)
