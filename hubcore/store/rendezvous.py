"""Agrees with the other processes of a job on who fetches a file, through a store that they share.

The shared store is `torch.distributed`'s. For each digest it holds whose turn it is to fetch the
file, a count that shows that the one whose turn it is lives, and the addresses at which those who
have the file offer it. All of it only saves bandwidth: without it, or where it breaks, everybody
fetches the file.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from .. import settings
from .contents import Contents
from .growing import Growing
from .serving import BlobServer, is_loopback

__all__ = ["SharedStore", "take_turns"]

_log = logging.getLogger(__name__)

_POLL = 0.05  # seconds
_EAGER = 2.0  # seconds after which a process asks less often: a thousand would be all that is heard
_BEAT = 0.5  # seconds between two signs of life
# Seconds without a sign of life after which another one fetches the file.
_PATIENCE = 10.0
_FOLLOW = 2  # times to read what one who fetches the file has of it
_ASK = 3  # times to ask those who offer a file before another one fetches it
_QUIET = 1.0  # seconds without a connection after which a process that ends stops to offer files
_LONGEST_PARTING = 60.0  # seconds for which it goes on at most
_DONE, _FAILED = "done", "failed"


class SharedStore(Protocol):
    """What is needed of `torch.distributed.Store`."""

    def compare_set(self, key: str, expected: str, desired: str, /) -> bytes: ...

    def set(self, key: str, value: str, /) -> Any: ...

    def get(self, key: str, /) -> bytes: ...

    def check(self, keys: list[str], /) -> bool: ...

    def add(self, key: str, amount: int, /) -> int: ...


@contextlib.contextmanager
def take_turns(
    store: Contents,
    digest: str,
    answering: Callable[[list[str], str], list[str]],
    pause: Callable[[float], None],
    follow: Callable[[list[str]], bool] = lambda urls: False,
    growing: Growing | None = None,
    shared: SharedStore | None = None,
) -> Iterator[list[str]]:
    """Waits until another process of the job offers a file, or it is this one's turn to fetch it.

    Who fetches offers what has arrived, and the others read that while it grows. In the block the
    file is fetched, where it did not come so, and published. Then it is offered to the others.

    Args:
        store: the store that the file is for.
        digest: the file's full SHA-256.
        answering: which of some peers' addresses answer and have the file, given them and the
            token, as addresses of the file.
        pause: waits for so many seconds, or raises an exception to end the wait.
        follow: fetches the file from an address at which it is still growing; tells whether all of
            it came, and was right.
        growing: what this process will have of the file while it fetches it.
        shared: the store that the processes share; by default that of the job, if there is one.

    Yields:
        Addresses of the file at others; none where it must come from elsewhere.
    """
    turn = None
    found: list[str] = []
    try:
        shared = shared or _of_this_job()
        if shared is not None:
            turn = _Turn(shared, digest)
            found = turn.wait(answering, pause, follow)
    except Exception as error:  # torch's are RuntimeErrors; whatever broke, the file can be fetched
        if _is_ours(error):
            raise
        _log.info("The job's shared store cannot be used (%s)", type(error).__name__)
        turn = None
    if turn is None:
        yield found
        return
    with turn.beating(store, growing):
        try:
            yield found
        except BaseException:
            turn.end(_FAILED)
            raise
    try:
        turn.offer(store)
    except Exception as error:
        _log.info("%s is not offered to the job (%s)", digest, error)
        turn.end(_FAILED)
    else:
        turn.end(_DONE)


class _Turn:
    """One process's part in fetching one file."""

    def __init__(self, shared: SharedStore, digest: str) -> None:
        self._shared = shared
        self._digest = digest
        self._me = secrets.token_hex(8)
        self._is_mine = False

    def wait(
        self,
        answering: Callable[[list[str], str], list[str]],
        pause: Callable[[float], None],
        follow: Callable[[list[str]], bool],
    ) -> list[str]:
        """The addresses at which others offer the file.

        None if it is this process's to fetch, or if it came while it grew.
        """
        expected, awaited, unanswered = "", set(), 0
        followed: Counter[str] = Counter()
        seen, since = "", time.monotonic()
        began = time.monotonic()
        while True:
            said = self._shared.compare_set(self._key("turn"), expected, self._me).decode()
            if said == self._me:
                self._is_mine = True
                return []
            expected = ""
            owner, _, state = said.partition(" ")
            if state == _DONE:
                found = answering(self._offers(), self._token())
                if found:
                    return found
                unanswered += 1  # they are busy, or gone
                expected = said if unanswered % _ASK == 0 else ""
                pause(_BEAT)
            elif state == _FAILED:
                if owner in awaited:
                    return []  # nor would it be better to fail one after another
                expected = said
            else:
                awaited.add(owner)
                grows = self._get(f"growing/{owner}") if followed[owner] < _FOLLOW else ""
                if grows:
                    followed[owner] += 1
                    urls = answering([grows], self._token())
                    if urls and follow(urls):
                        return []
                beat = self._get(f"beat/{owner}")
                if f"{owner} {beat}" != seen:
                    seen, since = f"{owner} {beat}", time.monotonic()
                elif time.monotonic() - since > _PATIENCE:
                    _log.warning("The process of this job that fetched a file is gone")
                    expected = said
                pause(_POLL if time.monotonic() - began < _EAGER else _BEAT)

    @contextlib.contextmanager
    def beating(self, store: Contents, growing: Growing | None) -> Iterator[None]:
        """Shows to the others that this process lives, and what arrives, where it is its turn."""
        if not self._is_mine:
            yield
            return
        ended = threading.Event()

        def beat() -> None:
            count = 0
            with contextlib.suppress(Exception):  # the shared store is gone
                while not ended.wait(_BEAT):
                    count += 1
                    self._shared.set(self._key(f"beat/{self._me}"), str(count))

        def show() -> None:
            with contextlib.suppress(Exception):  # then the others wait until it is here
                while growing is not None and growing.total is None:
                    if ended.wait(_POLL):
                        return
                server = _server_for(store, self._shared, self._token())
                server.grow(self._digest, growing)
                self._shared.set(self._key(f"growing/{self._me}"), server.address)

        threads = [beat] if growing is None else [beat, show]
        for work in threads:
            threading.Thread(target=work, name="hubcore-beat", daemon=True).start()
        try:
            yield
        except BaseException:
            if growing is not None:
                growing.fail()
            raise
        finally:
            ended.set()
            with _lock:
                servers = list(_servers.values())
            for server in servers:
                server.grow(self._digest, None)

    def offer(self, store: Contents) -> None:
        """Serves the file to the others, for as long as this process lives."""
        server = _server_for(store, self._shared, self._token())
        number = self._shared.add(self._key("offers"), 1)
        self._shared.set(self._key(f"offer/{number}"), server.address)

    def end(self, state: str) -> None:
        """Tells the others how this process's turn ended."""
        if self._is_mine:
            with contextlib.suppress(Exception):
                said = f"{self._me} {state}"
                self._shared.compare_set(self._key("turn"), self._me, said)

    def _offers(self) -> list[str]:
        count = self._shared.add(self._key("offers"), 0)
        offers = (self._get(f"offer/{number + 1}") for number in range(count))
        return [offer for offer in dict.fromkeys(offers) if offer]

    def _token(self) -> str:
        """What the job's processes show one another."""
        token = settings.peer_token()
        if token:
            return token
        mine = secrets.token_urlsafe(24)
        return self._shared.compare_set("hubcore/token", "", mine).decode()

    def _get(self, name: str) -> str:
        # To get what is not there would wait for minutes.
        key = self._key(name)
        return self._shared.get(key).decode() if self._shared.check([key]) else ""

    def _key(self, name: str) -> str:
        return f"hubcore/{self._digest}/{name}"


# -- The job and this process's part in it

_lock = threading.Lock()
_servers: dict[tuple[int, str, str], BlobServer] = {}  # by process, since a fork has no threads
_clients: dict[tuple[int, str, int], SharedStore] = {}


def _of_this_job() -> SharedStore | None:
    """The store of the job's process group, or else of torchrun's agent; None without either."""
    import torch.distributed as dist

    if not dist.is_available():
        return None
    if dist.is_initialized():
        shared: Any = dist.distributed_c10d._get_default_store()
        return shared  # type: ignore[no-any-return]  # torch does not say
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return None
    place = os.getpid(), os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    with _lock:
        client = _clients.get(place)
        if client is None:
            kind: Any = dist.TCPStore  # type: ignore[attr-defined]  # documented, not exported
            client = _clients[place] = kind(*place[1:], is_master=False)
        return client


def _server_for(store: Contents, shared: SharedStore, token: str) -> BlobServer:
    """This process's server of a store."""
    key = os.getpid(), str(store.root), token
    with _lock:
        server = _servers.get(key)
        if server is None:
            server = BlobServer(store, host=_own_address(shared), token=token, connections=64)
            server.start()
            _servers[key] = server
            atexit.register(_part, server)
        return server


def _part(server: BlobServer) -> None:
    """Goes on serving those who are still fetching from this process, which ends."""
    began = quiet_since = time.monotonic()
    while time.monotonic() - began < _LONGEST_PARTING:
        now = time.monotonic()
        if server.busy:
            quiet_since = now
        elif now - quiet_since > _QUIET:
            break
        time.sleep(_POLL)


def _own_address(shared: SharedStore) -> str:
    """The address of this machine at which the others of the job reach it."""
    while hasattr(shared, "underlying_store"):  # of a prefix
        shared = shared.underlying_store
    master = str(getattr(shared, "host", "") or os.environ.get("MASTER_ADDR", ""))
    if not master or is_loopback(master):
        return "127.0.0.1"
    for target in (
        master,
        "192.0.2.1",
    ):  # the second, which is nobody's, asks for the default route
        with contextlib.suppress(OSError):
            found = socket.getaddrinfo(target, 9, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, place = found[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(place)  # sends nothing
                address = str(probe.getsockname()[0])
            if not is_loopback(address):
                return address
    return "127.0.0.1"


def _is_ours(error: Exception) -> bool:
    """Whether an exception is the hub's own, such as that the download was cancelled."""
    return type(error).__module__.partition(".")[0] == __name__.partition(".")[0]
