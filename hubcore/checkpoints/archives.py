"""Looks at a file before a reader gets it: is what it asks for within the limits?"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import torch

from ..errors import WeightsError
from .claims import storages_of
from .limits import MAX_DIRECTORY, MAX_HEADER, MAX_PICKLE, MAX_RECORDS, MAX_UNPACKED
from .pickles import HostilePickleError, check_pickle

__all__ = [
    "BoundedFile",
    "check_archive",
    "check_pickles",
    "check_safetensors",
    "records_of",
    "unreadable",
]

_PICKLES_OF_AN_OLD_FILE = 5  # magic number, version, system, object, keys of the storages
_OBJECT = 3
_SMALL = 64 * 1024**2


class BoundedFile(io.FileIO):
    """A file of which `zipfile` cannot read too much at once, whatever sizes the file tells it.

    Reading "the rest", as it does for the last bytes, gives no more than the limit, either.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            # Not simply the limit: Python takes memory for all that is asked for, before it reads.
            left = os.fstat(self.fileno()).st_size - self.tell()
            size = min(max(left, 0), MAX_DIRECTORY)
        if size > MAX_DIRECTORY:
            raise HostilePickleError("its directory or its table of tensors is too large")
        return super().read(size) or b""


def records_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The records of a zip file by name.

    Raises:
        HostilePickleError: there are too many, or two have one name.
    """
    infos = archive.infolist()
    if len(infos) > MAX_RECORDS:
        raise HostilePickleError(f"it has more than {MAX_RECORDS:,} records")
    records = {info.filename: info for info in infos}
    if len(records) != len(infos):
        raise HostilePickleError("two of its records have one name")
    return records


def check_archive(path: Path) -> bool:
    """Checks a zip file before `torch.load` reads it.

    Returns:
        Whether its tensors can be mapped: they are not compressed.

    Raises:
        WeightsError: it is damaged or goes beyond the limits.
    """
    try:
        with BoundedFile(path) as file, zipfile.ZipFile(file) as archive:
            records = records_of(archive)
            if len({name.lower() for name in records}) != len(records):
                raise HostilePickleError("two of its records have one name")
            total = sum(info.file_size for info in records.values())
            if total > MAX_UNPACKED * path.stat().st_size + _SMALL:
                raise HostilePickleError(f"it unpacks to {total:,} bytes")
            for name, info in records.items():
                if name.endswith("data.pkl") and info.file_size > MAX_PICKLE:
                    raise HostilePickleError("its table of tensors is too large")
            stored = all(info.compress_type == zipfile.ZIP_STORED for info in records.values())
        # As torch.load will find it: other readers may find another record.
        reader = torch._C.PyTorchFileReader(str(path))
        # torch.load before 2.6 runs such a file in spite of weights_only.
        if any(name.lower() == "constants.pkl" for name in reader.get_all_records()):
            raise HostilePickleError("it is a TorchScript archive, which holds code")
        table = reader.get_record("data.pkl")
        check_pickle(table)
        sizes = {tuple(name.split("/")[-2:]): info.file_size for name, info in records.items()}
        for key, size in storages_of(table).items():
            if size > sizes.get(("data", key), 0):
                raise HostilePickleError("a storage in it does not lie within its record")
    except OSError:
        raise
    except Exception as error:  # on a damaged file zipfile and torch raise many kinds
        raise unreadable(path, error) from error
    return stored


def check_pickles(path: Path) -> None:
    """Checks a file in torch's format before 1.6, which begins with pickles.

    Raises:
        WeightsError: it is damaged, something else, or goes beyond the limits.
    """
    with path.open("rb") as file:
        start = file.read(MAX_PICKLE)
    try:
        ends = [0]
        for _ in range(_PICKLES_OF_AN_OLD_FILE):
            ends.append(check_pickle(start, ends[-1]))
        storages = storages_of(start[ends[_OBJECT] : ends[_OBJECT + 1]])
        if sum(storages.values()) > path.stat().st_size:
            raise HostilePickleError("its tensors would be larger than the file")
    except HostilePickleError as error:
        raise unreadable(path, error) from error


def check_safetensors(path: Path) -> None:
    """Checks the length of a safetensors file's header.

    Raises:
        WeightsError: it is longer than the file, or than the limit.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > min(MAX_HEADER, path.stat().st_size - 8):
        raise unreadable(path, f"its header would have {length:,} bytes")


def unreadable(path: Path, reason: object) -> WeightsError:
    """The error for a damaged file; ``reason`` says in a line what is wrong with it."""
    first = (str(reason).splitlines() or [type(reason).__name__])[0]
    return WeightsError(
        f"{path} is not a readable checkpoint ({first}). If it is a damaged file of the store, "
        f"'hub cache verify' repairs it."
    )
