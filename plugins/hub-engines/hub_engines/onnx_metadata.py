"""Reads what an ONNX file says of itself, without an ONNX library and without its tensors.

Such a file is a protocol buffer: fields, each with a number and a length, of which only the
metadata are looked at. The format is https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import FileError

__all__ = ["read_metadata"]

METADATA = 14  # `metadata_props` of a ModelProto: a message with a key (1) and a value (2)
LENGTH = 2  # the wire type of texts, bytes and messages
FIXED = {1: 8, 5: 4}  # the wire types of a fixed number of bytes
LARGEST = 16 << 20
"""Bytes of one metadata entry: names of 20,000 classes take one."""


def read_metadata(path: Path, key: str) -> str | None:
    """The text that an ONNX file keeps under a key; None if it has none.

    Raises:
        FileError: it is no ONNX file.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            for number, length in _fields(file, size):
                if number != METADATA:
                    file.seek(length, 1)
                    continue
                if length > LARGEST:
                    raise ValueError("an entry of its metadata is larger than 16 MB")
                end = file.tell() + length
                entry = {}
                for inner, inner_length in _fields(file, end):
                    entry[inner] = file.read(inner_length)
                if entry.get(1) == key.encode():
                    return entry.get(2, b"").decode("utf-8")
        except ValueError as error:
            raise FileError(f"{path} is not an ONNX file that can be read: {error}.") from error
    return None


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """The number and the length of each field that has a length; the caller reads its content."""
    while file.tell() < end:
        number, kind = divmod(_varint(file), 8)
        if kind == 0:
            _varint(file)
        elif kind in FIXED:
            file.seek(FIXED[kind], 1)
        elif kind == LENGTH:
            length = _varint(file)
            if number == 0 or file.tell() + length > end:
                raise ValueError("it is damaged, or something else")
            yield number, length
        else:
            raise ValueError("it is damaged, or something else")


def _varint(file: BinaryIO) -> int:
    """A whole number, 7 bits a byte, the lowest first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("it ends early")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is damaged, or something else")
