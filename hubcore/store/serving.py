"""Offers a store's files to other machines over HTTP, by their digests and nothing else.

``GET /sha256/DIGEST`` and ``HEAD`` are answered, with ranges; every other address is not found.
There is no list of what the store holds, and no request changes it. Whoever asks verifies what
arrives.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
import re
import select
import socket
import stat
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, BinaryIO
from urllib.parse import quote

from ..errors import StoreError
from .contents import Contents
from .growing import Growing
from .ownership import is_ours_alone
from .records import read_record

__all__ = ["USER", "BlobServer", "blob_address", "is_loopback", "open_verified"]

USER = "hub"
"""The name that goes with the token, which is sent as a password."""

_PATH = re.compile(r"/sha256/([0-9a-f]{64})")
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")
_PIECE = 1024 * 1024  # bytes
_REQUEST = 10.0  # seconds in which a request must be complete; then an idle connection ends, too
_STALL = 30.0  # seconds in which a reader must take something
_SLOWEST = 1024  # bytes a second that a reader must take, over `_STALL`


def blob_address(peer: str, digest: str, token: str = "") -> str:
    """Where a peer offers a file.

    Args:
        peer: the peer's address, ``http://HOST:PORT`` or ``https:``, whatever stands behind.
        digest: the file's full SHA-256.
        token: what the peer wants to be shown, or ""; not used where the address has a user.
    """
    scheme, _, rest = peer.rstrip("/").partition("://")
    if token and "@" not in rest.partition("/")[0]:
        rest = f"{USER}:{quote(token, safe='')}@{rest}"
    return f"{scheme}://{rest}/sha256/{digest}"


def open_verified(store: Contents, digest: str) -> BinaryIO | None:
    """Opens a file that is as it was when it was verified; None where that is not known.

    So nothing of a store that others may write is opened: there the records prove nothing. Changes
    nothing and hashes nothing.

    Args:
        store: the store; its overlays are not looked at.
        digest: the full SHA-256.
    """
    path = store.blob_path(digest)
    try:
        # Without O_NONBLOCK the opening of a pipe would wait.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
        file = open(descriptor, "rb", buffering=0)  # noqa: PTH123, SIM115  (a descriptor; returned)
    except OSError:
        return None
    try:
        status = os.fstat(file.fileno())
        facts = read_record(store.record_path(digest))
        if (
            stat.S_ISREG(status.st_mode)
            and (facts.get("size"), facts.get("mtime_ns")) == (status.st_size, status.st_mtime_ns)
            and is_ours_alone(path, store.root)
        ):
            return file
    except OSError:
        pass
    file.close()
    return None


class BlobServer:
    """Offers the verified files of a store until it is closed. A context manager.

    Args:
        store: the store.
        host: the address to listen at. Only this machine's own addresses (127.0.0.1, ``::1``) need
            no token.
        port: the port, or 0 for a free one.
        token: what must be shown to be given anything, or "".
        connections: the most connections at a time; more are told to come back.

    Raises:
        StoreError: the address is open to other machines and there is no token; or it cannot be
            listened at; or others can write to the store, so that it has no verified files.

    Attributes:
        address: where it is, ``http://HOST:PORT``.
    """

    def __init__(
        self,
        store: Contents,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = "",
        connections: int = 32,
    ) -> None:
        if store.root.exists() and not is_ours_alone(store.root, store.root):
            raise StoreError(
                f"Others can write to {store.root}, or to a folder above it, so no file there is "
                f"known to be as it was verified: nothing is offered. To mend it: chmod -R go-w "
                f"{store.root}"
            )
        if not token and not is_loopback(host):
            raise StoreError(
                f"{host} is open to other machines, and without a token anybody there could read "
                "the store. Set HUBCORE_PEER_TOKEN, here and where the files are fetched."
            )
        server = _Server6 if ":" in host else _Server
        try:
            self._server = server((host, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"Cannot listen at {host}, port {port}: {reason}.") from None
        self._server.offer(store, token, connections)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._server.server_address[1]}"
        self._thread: threading.Thread | None = None

    def grow(self, digest: str, growing: Growing | None) -> None:
        """Offers a file while it is being fetched, to those who hash it themselves.

        Args:
            digest: the full SHA-256 that it is to have.
            growing: the file; None to offer it no more.
        """
        self._server.grow(digest, growing)

    @property
    def sent(self) -> int:
        """The bytes of files that were sent so far."""
        return self._server.sent

    @property
    def busy(self) -> bool:
        """Whether anybody is connected."""
        return bool(self._server.still_open())

    def start(self) -> None:
        """Answers in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="hubcore-serve", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Answers until `close` is called in another thread."""
        self._server.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """Ends the server and what it is sending."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        for connection in self._server.still_open():
            _hang_up(connection)

    def __enter__(self) -> BlobServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def offer(self, store: Contents, token: str, connections: int) -> None:
        self.store = store
        # As bytes: a text with other letters could not be compared.
        pair = f"{USER}:{token}".encode()
        self.credentials = b"Basic " + base64.b64encode(pair) if token else b""
        self.sent = 0
        self._most = connections
        self._open: set[socket.socket] = set()
        self._growing: dict[str, Growing] = {}
        self._lock = threading.Lock()

    def grow(self, digest: str, growing: Growing | None) -> None:
        with self._lock:
            if growing is None:
                self._growing.pop(digest, None)
            else:
                self._growing[digest] = growing

    def growing(self, digest: str) -> Growing | None:
        """The file that is being fetched, if this process fetches it."""
        with self._lock:
            return self._growing.get(digest)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            full = len(self._open) >= self._most
            if not full:
                self._open.add(request)
        if not full:
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.settimeout(0.1)
            request.sendall(
                b"HTTP/1.1 503 Too many connections\r\nRetry-After: 1\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
        self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def still_open(self) -> list[socket.socket]:
        """The connections."""
        with self._lock:
            return list(self._open)

    def count(self, sent: int) -> None:
        with self._lock:
            self.sent += sent

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: clients hang up and send nonsense, and that is no fault of ours."""


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hubcore"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = _STALL
    server: _Server
    _timer: threading.Timer | None = None

    def handle_one_request(self) -> None:
        # A time limit for the whole request: that of the socket holds for each piece of it.
        self._timer = threading.Timer(_REQUEST, _hang_up, [self.connection])
        self._timer.daemon = True
        self._timer.start()
        try:
            super().handle_one_request()
        finally:
            self._timer.cancel()

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            self.close_connection = True  # a body that nobody reads would pass for a request
        wanted = self.server.credentials
        shown = self.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if wanted and not hmac.compare_digest(shown, wanted):
            self._refuse(401, WWW_Authenticate='Basic realm="hub"')
            return
        match = _PATH.fullmatch(self.path)  # so no path leads anywhere
        if match is None:
            self._refuse(404)
            return
        digest = match[1]
        growing = self.server.growing(digest)  # first: it may be verified and renamed meanwhile
        file = open_verified(self.server.store, digest)
        if file is not None:
            with file:
                size = os.fstat(file.fileno()).st_size
                self._serve(digest, size, file, lambda start: size - start, with_body)
            return
        with growing.reading() if growing else contextlib.nullcontext() as reader:
            if reader is None:
                self._refuse(404)
                return
            # No ranges besides the rest: those further on would be waited for.
            self._serve(
                digest,
                reader.total,
                reader.file,
                lambda start: reader.wait(start, _STALL),
                with_body,
                ranges="none",
            )

    def _serve(
        self,
        digest: str,
        size: int,
        file: BinaryIO,
        there: Callable[[int], int],
        with_body: bool,
        ranges: str = "bytes",
    ) -> None:
        etag = f'"{digest}"'
        start, end = self._wanted(size, etag)
        if start > end or (start == size and size):
            self._refuse(416, Content_Range=f"bytes */{size}")
            return
        part = (start, end) != (0, size)
        self.send_response(206 if part else 200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", ranges)
        self.send_header("ETag", etag)
        if part:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        if with_body:
            self._send(file, there, start, end)

    def _wanted(self, size: int, etag: str) -> tuple[int, int]:
        """The bytes that are asked for, as (start, end); all of them for anything unusual."""
        match = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        if match is None or self.headers.get("If-Range", etag) != etag:
            return 0, size
        return int(match[1]), min(int(match[2]) + 1, size) if match[2] else size

    def _send(self, file: BinaryIO, there: Callable[[int], int], start: int, end: int) -> None:
        """Sends the bytes ``[start, end)`` of a file.

        Args:
            file: the file.
            there: waits for the bytes from an offset, and tells how many there are; 0 if no more
                will come.
            start, end: offsets.
        """
        position, whole = start, True
        while whole and position < end:
            ready = min(position + there(position), position + _PIECE, end)
            whole = ready > position  # else cut short meanwhile; the length that was promised tells
            since, taken = time.monotonic(), 0  # the reader's time, not that of the file's growth
            while whole and position < ready:
                count = self._sent(file, position, ready - position)
                whole = count > 0
                position += count
                taken += count
                elapsed = time.monotonic() - since
                if elapsed > _STALL:
                    if taken < _SLOWEST * elapsed:
                        raise TimeoutError
                    since, taken = since + elapsed, 0
        self.server.count(position - start)
        if not whole:
            self.close_connection = True

    def _sent(self, file: BinaryIO, position: int, most: int) -> int:
        """Sends as much as the reader takes at once, and tells how much; 0 at the file's end.

        Raises:
            TimeoutError: it takes nothing for `_STALL` seconds.
        """
        if not hasattr(os, "sendfile"):  # Windows
            file.seek(position)
            return int(self.connection.send(file.read(most)))
        while True:
            try:
                return os.sendfile(self.connection.fileno(), file.fileno(), position, most)
            except BlockingIOError:
                poll = select.poll()
                poll.register(self.connection, select.POLLOUT)
                if not poll.poll(_STALL * 1000):
                    raise TimeoutError from None

    def _refuse(self, status: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: what was asked for is nobody's business."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # another name
        return False


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
