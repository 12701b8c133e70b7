"""A plain, fast file server for measuring downloads: one process, threads, sendfile, ranges.

    python benchmarks/file_server.py FOLDER [--rate MIB_PER_SECOND]

Prints its port; ``/sent-so-far`` tells how many bytes of files it has sent. A rate limits each
connection, as many object stores do.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import threading
import time
from pathlib import Path

PIECE = 1024 * 1024

sent_so_far = 0  # bytes of files
_lock = threading.Lock()


def serve(connection: socket.socket, folder: Path, rate: float | None) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while True:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            path = head.split(b" ", 2)[1].decode().lstrip("/").partition("?")[0]
            asked = re.search(rb"\r\nrange: *bytes=(\d+)-(\d*)", head, re.I)
            if path == "sent-so-far":
                body = str(sent_so_far).encode()
                length = f"Content-Length: {len(body)}"
                connection.sendall(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode() + body)
                continue
            try:
                with (folder / Path(path).name).open("rb") as file:
                    _send(connection, file.fileno(), head.startswith(b"HEAD"), asked, rate)
            except FileNotFoundError:
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            except ConnectionError:
                return


def _send(
    connection: socket.socket,
    file: int,
    only_head: bool,
    asked: re.Match[bytes] | None,
    rate: float | None,
) -> None:
    global sent_so_far
    status = os.fstat(file)
    start = int(asked[1]) if asked else 0
    end = int(asked[2]) + 1 if asked and asked[2] else status.st_size
    head = f"HTTP/1.1 {'206 Partial Content' if asked else '200 OK'}\r\n"
    head += (
        f'Content-Length: {end - start}\r\nAccept-Ranges: bytes\r\nETag: "{status.st_mtime_ns}"\r\n'
    )
    head += "Content-Type: application/octet-stream\r\n"
    if asked:
        head += f"Content-Range: bytes {start}-{end - 1}/{status.st_size}\r\n"
    connection.sendall(head.encode() + b"\r\n")
    if only_head:
        return
    piece = PIECE if rate is None else 128 * 1024
    began, sent = time.monotonic(), 0
    while start < end:
        count = os.sendfile(connection.fileno(), file, start, min(piece, end - start))
        if not count:
            return
        start += count
        sent += count
        with _lock:
            sent_so_far += count
        if rate:
            time.sleep(max(began + sent / rate - time.monotonic(), 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rate", type=float, help="MiB a second and connection")
    args = parser.parse_args()
    rate = args.rate * 1024 * 1024 if args.rate else None
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(
                target=serve, args=(connection, args.folder, rate), daemon=True
            ).start()


if __name__ == "__main__":
    main()
