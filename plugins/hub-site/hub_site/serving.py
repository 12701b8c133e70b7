"""Serves the site on this machine only, and builds it anew when what it is made of has changed."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

import hubcore
from hubcore import settings
from hubcore.cli.streams import say
from hubcore.errors import HubError

from .docs.guides import PICTURES

__all__ = ["ServeError", "Server", "serve"]

HOST = "127.0.0.1"
_PAUSE = 1.0  # seconds between two looks at whether something has changed
# What this process found its packages in comes first, then what was installed since.
_REBUILD = """\
import sys
sys.path[:] = dict.fromkeys([*{path!r}, *sys.path[1:]])
from hubcore.cli.__main__ import run
run()
"""


class ServeError(HubError):
    """The site cannot be served."""


class Server(ThreadingHTTPServer):
    """A web server of a folder, for browsers of this machine.

    Args:
        folder: the site.
        port: the port; 0 for any that is free.
        before_page: called before a page is sent.

    Raises:
        ServeError: the port cannot be had.
    """

    daemon_threads = True

    def __init__(self, folder: Path, port: int, before_page: Callable[[], None]) -> None:
        self.before_page = before_page
        handler = functools.partial(_Handler, directory=str(folder))
        try:
            super().__init__((HOST, port), handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ServeError(f"Cannot use port {port}: {reason}. Choose another: --port") from error

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # that of HTTPServer looks up the machine's name
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error."""


class _Handler(SimpleHTTPRequestHandler):
    server: Server

    def send_head(self) -> Any:
        # A page of elsewhere could lead its own name here and read what only you may see.
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self.send_error(403, "Open the address that hub site serve prints")
            return None
        path = self.path.partition("?")[0]
        if path.endswith(("/", ".html")):
            self.server.before_page()
        return super().send_head()

    def list_directory(self, path: Any) -> None:
        self.send_error(404)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing: the terminal is for what goes wrong."""


class _Rebuilt:
    """Builds the site anew if what it is made of has changed.

    Args:
        arguments: those of ``hub site build``.
        guides: the folder of the guides, or None.
    """

    def __init__(self, arguments: Sequence[str], guides: Path | None) -> None:
        self._arguments = arguments
        self._guides = guides
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._state = _state(guides)

    def __call__(self) -> None:
        with self._lock:
            if time.monotonic() - self._looked < _PAUSE:
                return
            state = _state(self._guides)
            if state != self._state:
                self._state = state
                self._build()
            self._looked = time.monotonic()

    def _build(self) -> None:
        """In a process of its own, which imports what is installed now."""
        code = _REBUILD.format(path=sys.path)
        done = subprocess.run(
            [sys.executable, "-c", code, "site", "build", *self._arguments],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            say("hub: warning: the site could not be built anew; the old one is shown")
        else:
            say("Built anew.")


def serve(
    folder: Path,
    arguments: Sequence[str],
    guides: Path | None,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Serves a site that was built until Ctrl-C, or until the process is asked to end.

    Args:
        folder: the site.
        arguments: those of ``hub site build``, to build it anew.
        guides: the folder of the guides, or None.
        port: the port; 0 for any that is free.
        ready: called with the address once it answers.

    Raises:
        ServeError: the port cannot be had.
    """
    with Server(folder, port, _Rebuilt(arguments, guides)) as server:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            ready(server.address)
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGTERM, before)


def _state(guides: Path | None) -> frozenset[tuple[str, int, int]]:
    """What tells whether something has changed: names, times and sizes of files."""
    found = set()
    for path in _watched(guides):
        with contextlib.suppress(OSError):
            status = os.stat(path)  # noqa: PTH116  # paths are text: there are hundreds
            found.add((os.fspath(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)


def _watched(guides: Path | None) -> Iterator[str | Path]:
    """The meta-data of distributions, the catalogues, and the guides."""
    for folder in dict.fromkeys(sys.path):
        with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
            yield from [e.path for e in entries if e.name.endswith((".dist-info", ".egg-info"))]
    with contextlib.suppress(HubError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said when the site is built
        catalogs = settings.catalogs_folder()
        yield from catalogs.glob("*") if catalogs is not None else ()
        hubcore.refresh()
        yield from (plugin.path for plugin in hubcore.plugins() if plugin.path is not None)
    if guides is not None:
        yield from (path for path in guides.rglob("*") if path.suffix in (".md", *PICTURES))
