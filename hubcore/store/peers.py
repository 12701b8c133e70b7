"""Other stores, which may have a file whose full digest is known: asked before its own address."""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import settings
from ..devices import read_small
from ..download.addresses import check_address, redact
from ..download.cancellation import Cancel, CancelledError
from ..download.faults import AttemptError
from ..download.http import new_session, open_url
from ..download.partial import Partial
from ..download.transfer import Source
from ..errors import HubError, SettingsError
from .contents import Contents
from .growing import Growing
from .serving import blob_address

__all__ = ["addresses", "asked_first", "peers_with"]

_log = logging.getLogger(__name__)

_MOST = 64  # peers that are asked
_ENOUGH = 4  # peers that have the file, after which no more answers are awaited
_WAIT = 2.0  # seconds for which answers are awaited


def addresses() -> list[str]:
    """The addresses of the peers of the settings, those in files among them.

    Raises:
        SettingsError: a file of addresses cannot be read, or holds something else.
    """
    found: list[str] = []
    for peer in settings.peers():
        found += [peer] if _is_address(peer) else _in_file(Path(peer))
    return list(dict.fromkeys(found))


@contextlib.contextmanager
def asked_first(
    store: Contents,
    digest: str,
    original: str,
    cancel: Cancel,
    partial: Partial,
    follow: Callable[[list[Source]], bool],
) -> Iterator[list[Source]]:
    """Finds the peers that have a file; with a job among them, one of its processes fetches it.

    In the block the file is fetched and published; then it is offered to the job.

    Args:
        store: the store that the file is for.
        digest: the file's full SHA-256, or "" where it is not known: then no peer is asked.
        original: the catalogue's address of the file.
        cancel: ends the wait.
        partial: what has arrived of the file: offered to the job while this process fetches it.
        follow: fetches the file from those that are fetching it; tells whether all of it came, and
            was right.

    Raises:
        SettingsError: a file of addresses cannot be read.
        CancelledError: `cancel` was set.
    """
    peers = peers_with(digest, original, cancel) if digest else []
    if peers or not digest or not settings.job_is_peer():
        yield peers
        return
    from .rendezvous import take_turns

    def answering(offers: list[str], token: str) -> list[str]:
        asked = random.sample(offers, min(len(offers), _MOST))
        return _holders([blob_address(offer, digest, token) for offer in asked], cancel)

    def pause(seconds: float) -> None:
        partial.touch()
        cancel.sleep(seconds)

    def follow_at(urls: list[str]) -> bool:
        return follow(_at(urls, original))

    growing = Growing(partial)
    with take_turns(store, digest, answering, pause, follow_at, growing) as urls:
        yield _at(urls, original)


def peers_with(digest: str, original: str, cancel: Cancel) -> list[Source]:
    """The peers that say that they have a file, those that answered first before others.

    Costs at most two seconds, however many peers are gone.

    Args:
        digest: the file's full SHA-256.
        original: the catalogue's address of the file.
        cancel: ends the wait.

    Raises:
        SettingsError: a file of addresses cannot be read.
        CancelledError: `cancel` was set.
    """
    peers = addresses()
    if not peers:
        return []
    token = settings.peer_token()
    asked = random.sample(peers, min(len(peers), _MOST))
    urls = [blob_address(peer, digest, token) for peer in asked]
    return _at(_holders(urls, cancel), original)


def _at(urls: list[str], original: str) -> list[Source]:
    return [Source(url, original, peer=True) for url in urls]


def _holders(urls: list[str], cancel: Cancel) -> list[str]:
    """Those of the addresses that answer in time, and have something."""
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    wait = cancel.child()

    def ask(url: str) -> None:
        session, found = new_session(1), None
        try:
            check_address(url)
            open_url(session, url, {}, wait, method="HEAD").close()
            found = url
        except (AttemptError, HubError) as fault:
            _log.info("The peer at %s: %s", redact(url), fault)
        except CancelledError:
            pass
        finally:
            session.close()
            answers.put(found)

    for url in urls:
        threading.Thread(target=ask, args=[url], name="hubcore-peer", daemon=True).start()
    until = time.monotonic() + _WAIT
    found: list[str] = []
    for _ in urls:
        try:
            answer = answers.get(timeout=max(until - time.monotonic(), 0.0))
        except queue.Empty:
            break
        if answer is not None:
            found.append(answer)
        if len(found) == _ENOUGH:
            break
    cancel.check()
    wait.set()
    return found


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _in_file(path: Path) -> list[str]:
    """The addresses in a file, one a line; none if it does not exist (yet)."""
    try:
        lines = read_small(path).decode().split()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"Cannot read {path}, which 'peers' names: {reason}.") from None
    if not all(map(_is_address, lines)):
        raise SettingsError(
            f"{path}, which 'peers' names, must hold addresses such as http://10.0.0.1:8470, one a "
            "line, and holds something else."
        )
    return lines
