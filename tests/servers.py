"""A web server on loopback that serves files well, or misbehaves as a test tells it.

    with FaultyServer() as server:
        url = server.serve("/weights.pth", data, [reset(after=1000), status(503)])

The first request gets the first fault, the next one the second, and so on; when they are used up,
the file is served as a good server does, with ranges, ETag and If-Range. `server.requests` tells
what was asked for.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = Callable[["Exchange"], None]


@dataclass
class Resource:
    data: bytes
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    always: Fault | None = None
    rate: float | None = None  # bytes a second and connection


class Exchange:
    """One request, and what a fault may do to answer it."""

    def __init__(self, handler: Handler, resource: Resource) -> None:
        self.handler = handler
        self.resource = resource
        self.data = resource.data
        self.etag = resource.headers.get("ETag", f'"{hashlib.md5(self.data).hexdigest()}"')

    @property
    def start(self) -> int:
        return self.wanted()[0]

    def wanted(self) -> tuple[int, int]:
        """Which bytes are asked for, by Range and If-Range."""
        size = len(self.data)
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.handler.headers.get("Range", ""))
        condition = self.handler.headers.get("If-Range")
        modified = self.resource.headers.get("Last-Modified")
        if not match or (condition and condition not in {self.etag, modified}):
            return 0, size
        end = int(match[2]) + 1 if match[2] else size
        return int(match[1]), min(end, size)

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()

    def send_head(self, **changed: str | None) -> tuple[int, int]:
        """The head that a good server sends, with some fields changed or (None) left out."""
        start, end = self.wanted()
        partial = "Range" in self.handler.headers and (start, end) != (0, len(self.data))
        if start > len(self.data) or (start == len(self.data) and partial):
            self.head(416, {"Content-Range": f"bytes */{len(self.data)}", "Content-Length": "0"})
            return 0, 0
        headers: dict[str, str | None] = {
            "Content-Length": str(end - start),
            "ETag": self.etag,
            "Accept-Ranges": "bytes",
            **self.resource.headers,
        }
        if partial:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(self.data)}"
        headers.update({name.replace("_", "-"): value for name, value in changed.items()})
        self.head(206 if partial else 200, {k: v for k, v in headers.items() if v is not None})
        return start, end

    def write(self, data: bytes) -> None:
        if self.handler.command == "HEAD":
            return
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def end(self) -> None:
        """Closes the connection when this answer is sent."""
        self.handler.close_connection = True

    def reset(self) -> None:
        """Breaks the connection off: the client sees a reset, not an end."""
        linger = struct.pack("ii", 1, 0)
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.handler.connection.close()
        self.end()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        owner = self.server.owner
        with owner.lock:
            owner.requests.append((self.path, dict(self.headers)))
            resource = owner.resources.get(self.path) or owner.resources.get("*")
            fault = None
            if resource is not None:
                fault = resource.faults.pop(0) if resource.faults else resource.always
        if resource is None:
            self.send_error(404)
            return
        exchange = Exchange(self, resource)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            (fault or good)(exchange)

    def do_HEAD(self) -> None:
        """As GET, without the body."""
        self.do_GET()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    owner: FaultyServer

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.owner.lock:
            self.owner.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.owner.lock:
            self.owner.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class FaultyServer:
    """Serves what it is told to, on a port of its own."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.resources: dict[str, Resource] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections: set[socket.socket] = set()  # that are open
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.owner = self
        self._secure = context is not None
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> FaultyServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http{'s' * self._secure}://127.0.0.1:{self._server.server_port}"

    def serve(
        self,
        path: str,
        data: bytes,
        faults: Sequence[Fault] = (),
        *,
        always: Fault | None = None,
        rate: float | None = None,
        **headers: str,
    ) -> str:
        """Offers a file, and returns its address; the path ``*`` answers for all others."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.resources[path] = Resource(data, list(faults), named, always, rate)
        return self.url + path

    def asked(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for this path."""
        return [headers for asked, headers in self.requests if asked == path]


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def good(exchange: Exchange) -> None:
    """As a good server does it."""
    start, end = exchange.send_head()
    rate = exchange.resource.rate
    if rate is None:
        exchange.write(exchange.data[start:end])
        return
    piece = 64 * 1024
    began = time.monotonic()
    for sent, position in enumerate(range(start, end, piece)):
        exchange.write(exchange.data[position : min(position + piece, end)])
        time.sleep(max(began + (sent + 1) * piece / rate - time.monotonic(), 0))


def status(code: int, **headers: str) -> Fault:
    """Answers with this status and an explaining body."""

    def fault(exchange: Exchange) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.head(code, {"Content-Length": "5", **named})
        exchange.write(b"sorry")

    return fault


def redirect(to: str, code: int = 302) -> Fault:
    def fault(exchange: Exchange) -> None:
        exchange.head(code, {"Location": to, "Content-Length": "0"})

    return fault


def cut(after: int) -> Fault:
    """Promises the whole body, sends so many bytes of it, and closes the connection in order."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head()
        exchange.write(exchange.data[start : min(start + after, end)])
        exchange.end()

    return fault


def reset(after: int) -> Fault:
    """Sends so many bytes, and breaks the connection off."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head()
        exchange.write(exchange.data[start : min(start + after, end)])
        time.sleep(0.05)  # a reset throws away what the client has not read yet
        exchange.reset()

    return fault


def stall(after: int, seconds: float = 30.0) -> Fault:
    """Sends so many bytes and then nothing, with the connection open."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head()
        exchange.write(exchange.data[start : min(start + after, end)])
        _until_gone(exchange, seconds)

    return fault


def trickle(seconds: float = 30.0) -> Fault:
    """Sends a byte now and then."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head()
        until = time.monotonic() + seconds
        while start < end and time.monotonic() < until:
            exchange.write(exchange.data[start : start + 1])
            start += 1
            time.sleep(0.05)

    return fault


def ignore_range(exchange: Exchange) -> None:
    """Answers 200 with everything, whatever was asked for."""
    exchange.head(200, {"Content-Length": str(len(exchange.data))})
    exchange.write(exchange.data)


def wrong_range(exchange: Exchange) -> None:
    """Answers 206 with bytes that are not those asked for."""
    start = max(exchange.start - 7, 0)
    size = len(exchange.data)
    exchange.head(
        206,
        {
            "Content-Length": str(size - start),
            "Content-Range": f"bytes {start}-{size - 1}/{size}",
            "ETag": exchange.etag,
        },
    )
    exchange.write(exchange.data[start:])


def lying_range(exchange: Exchange) -> None:
    """Answers 206 with the right Content-Range and other bytes."""
    start, end = exchange.send_head()
    exchange.write(bytes(end - start))


def other_bytes(exchange: Exchange) -> None:
    """Serves bytes of the same length that are not the file's."""
    start, end = exchange.send_head()
    exchange.write(bytes(byte ^ 0xFF for byte in exchange.data[start:end]))


def longer(extra: int) -> Fault:
    """Promises and sends more bytes than the file has."""

    def fault(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": str(len(exchange.data) + extra)})
        exchange.write(exchange.data + bytes(extra))

    return fault


def beyond_length(extra: int) -> Fault:
    """Promises the right length, and sends more."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head()
        exchange.write(exchange.data[start:end] + b"x" * extra)

    return fault


def endless(exchange: Exchange) -> None:
    """Sends without a length, and does not stop."""
    exchange.head(200, {"Transfer-Encoding": "chunked"})
    piece = b"%x\r\n" % 65536 + bytes(65536) + b"\r\n"
    for _ in range(16 * 1024):  # 1 GiB, in case nobody hangs up
        exchange.write(piece)


def chunked(after: int | None = None) -> Fault:
    """Sends without a length, in chunks; breaks off after so many bytes."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head(Content_Length=None, Transfer_Encoding="chunked")
        stop = end if after is None else min(start + after, end)
        for position in range(start, stop, 65536):
            piece = exchange.data[position : min(position + 65536, stop)]
            exchange.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        if after is None:
            exchange.write(b"0\r\n\r\n")
        else:
            exchange.end()

    return fault


def until_close(after: int | None = None) -> Fault:
    """Sends without any length: the body ends where the connection does."""

    def fault(exchange: Exchange) -> None:
        start, end = exchange.send_head(Content_Length=None, Connection="close")
        exchange.write(exchange.data[start : end if after is None else start + after])
        exchange.end()

    return fault


def stated(length: str) -> Fault:
    """States a length that is none, or not this body's."""

    def fault(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": length})
        exchange.write(exchange.data)
        exchange.end()

    return fault


def trickled_headers(seconds: float = 30.0) -> Fault:
    """Sends header after header, and never the last one."""

    def fault(exchange: Exchange) -> None:
        exchange.write(b"HTTP/1.1 200 OK\r\n")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            exchange.write(b"X-Slow: 1\r\n")
            time.sleep(0.05)

    return fault


def silent(seconds: float = 600.0) -> Fault:
    """Takes the request, and answers nothing."""
    return lambda exchange: _until_gone(exchange, seconds)


def gzip_bomb(exchange: Exchange) -> None:
    """Sends some megabytes that become a gigabyte."""
    exchange.head(200, {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"})
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(1024):
        packed = packer.compress(bytes(1024 * 1024))
        if packed:
            exchange.write(b"%x\r\n" % len(packed) + packed + b"\r\n")


def page(body: bytes, kind: str = "text/html") -> Fault:
    """Answers 200 with something that is not the file."""

    def fault(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Type": kind, "Content-Length": str(len(body))})
        exchange.write(body)

    return fault


def gzipped(exchange: Exchange) -> None:
    """Compresses the body on the way, though nobody asked for it."""
    body = gzip.compress(exchange.data, 1)
    exchange.head(200, {"Content-Encoding": "gzip", "Content-Length": str(len(body))})
    exchange.write(body)


def gzipped_and_cut(count: int = 0) -> Fault:
    """Compresses the body, states no length, and leaves out its end."""

    def fault(exchange: Exchange) -> None:
        body = gzip.compress(exchange.data, 1)
        exchange.head(200, {"Content-Encoding": "gzip", "Connection": "close"})
        exchange.write(body[: count or len(body) // 2])

    return fault


def mislabelled_gzip(exchange: Exchange) -> None:
    """Serves a file that is itself a .gz, and calls that a Content-Encoding."""
    exchange.send_head(Content_Encoding="gzip")
    exchange.write(exchange.data)


def garbage(exchange: Exchange) -> None:
    """Answers something that is no HTTP."""
    exchange.write(b"\x00\xff\x13\x37 what?\r\n\r\n")
    exchange.end()


def nothing(exchange: Exchange) -> None:
    """Hangs up without an answer."""
    exchange.end()


def _until_gone(exchange: Exchange, seconds: float) -> None:
    """Waits until the client hangs up."""
    exchange.handler.connection.settimeout(seconds)
    with contextlib.suppress(OSError):
        exchange.handler.connection.recv(1)
    exchange.end()
