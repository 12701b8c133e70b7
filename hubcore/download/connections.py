"""Connections on which the wait for an answer has a time limit and can be cancelled.

The libraries' time limits hold for each piece of data: a server that sends its headers a byte at a
time is waited for without end, and a thread that waits cannot be told to stop. Here a connection is
registered while it is opened and while its answer's headers are read, so that another thread can
shut it down.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler

__all__ = ["Waiting", "plain_handlers", "watch"]

_current = threading.local()


class Waiting:
    """One wait for an answer, in the thread that enters it.

    Args:
        seconds: the time limit for all of it, redirects included.

    Attributes:
        expired: whether the time limit was reached.
        ended: whether the wait was ended, by that or by `end`.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self.ended = False
        self._connection: Any = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Waiting:
        _current.waiting = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        _current.waiting = None
        self._timer.cancel()

    def end(self) -> None:
        """Ends the wait, from another thread: the connection breaks."""
        with self._lock:
            self.ended = True
            if self._connection is not None:
                _shut_down(self._connection)

    @contextlib.contextmanager
    def on(self, connection: Any) -> Iterator[None]:
        """Registers the connection that is waited for."""
        with self._lock:
            self._connection = connection
        try:
            yield
            if self.ended:  # before there was a socket to shut down
                _shut_down(connection)
        finally:
            with self._lock:
                self._connection = None

    def _expire(self) -> None:
        self.expired = True
        self.end()


def _shut_down(connection: Any) -> None:
    sock: Any = getattr(connection, "sock", None)
    # Not SSLSocket.shutdown, which drops what the reading thread still uses.
    with contextlib.suppress(OSError, TypeError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watched:
    """For a connection class of http.client or urllib3."""

    def connect(self) -> None:
        with _watching(self):
            super().connect()  # type: ignore[misc]  # this is a mixin

    def getresponse(self, *args: Any, **options: Any) -> Any:
        with _watching(self):
            return super().getresponse(*args, **options)  # type: ignore[misc]


def _watching(connection: Any) -> contextlib.AbstractContextManager[None]:
    waiting = getattr(_current, "waiting", None)
    return waiting.on(connection) if waiting is not None else contextlib.nullcontext()


class _PlainConnection(_Watched, HTTPConnection):
    pass


class _PlainSecureConnection(_Watched, HTTPSConnection):
    pass


class _PlainHandler(HTTPHandler):
    def http_open(self, request: Any) -> Any:
        return self.do_open(_PlainConnection, request)


class _PlainSecureHandler(HTTPSHandler):
    def https_open(self, request: Any) -> Any:
        return self.do_open(_PlainSecureConnection, request)


def plain_handlers() -> list[Any]:
    """The handlers that make `urllib.request` use such connections."""
    return [_PlainHandler, _PlainSecureHandler]


def watch(session: Any, connections: int) -> None:
    """Makes a requests session use such connections, without retries of its own.

    Args:
        session: a `requests.Session`.
        connections: the maximum number of connections kept open to one host.
    """
    from requests.adapters import HTTPAdapter
    from urllib3 import connection, connectionpool

    class Connection(_Watched, connection.HTTPConnection):
        pass

    class SecureConnection(_Watched, connection.HTTPSConnection):
        pass

    class Pool(connectionpool.HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(connectionpool.HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    def use(manager: Any) -> Any:
        ours = manager.pool_classes_by_scheme
        if ours.get("http") is connectionpool.HTTPConnectionPool:  # not those of a SOCKS proxy
            manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
        return manager

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            use(self.poolmanager)

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            return use(super().proxy_manager_for(*args, **options))

    adapter = Adapter(pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
