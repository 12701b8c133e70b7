#!/usr/bin/env python
"""Changes checkpoints at random, and counts what ends in anything but tensors or a plain error.

    python scripts/fuzz_checkpoints.py --count 10000 --seed 1

Zip files, their pickles, files of torch's old format and safetensors files are changed byte by
byte, operation by operation and field by field. Each is read as weights are, in a process with
limits of memory and time. A fault is: a crash, a read that takes too long or too much memory
(`fuzzing.py` has the numbers), and an error that is no `HubError`. Linux only.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import pickletools
import random
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzzing import INTEGERS, Faults, changed_bytes, changed_json, in_processes, main


def state_dicts() -> dict[str, Any]:
    """What is saved: tensors of many kinds, plain and shared; and a whole checkpoint."""
    import torch

    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).state_dict()
    shared = torch.arange(12.0)
    kinds: dict[str, Any] = {
        "half": torch.ones(3).half(),
        "bytes": torch.arange(6, dtype=torch.uint8).reshape(2, 3),
        "flag": torch.tensor(True),
        "part": shared[2:8].reshape(2, 3).t(),
        "whole": shared,
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "quantized": torch.quantize_per_tensor(torch.rand(2, 2), 0.1, 3, torch.qint8),
        "channels": torch.quantize_per_channel(
            torch.rand(2, 2), torch.tensor([0.1, 0.2]), torch.tensor([1, 2]), 0, torch.qint8
        ),
    }
    whole = {"model": dict(net), "epoch": 3, "best": 0.5, "args": {"lr": [0.1, None]}, "name": "x"}
    return {"net": net, "kinds": kinds, "whole": whole}


def samples() -> list[tuple[str, bytes]]:
    """Sound files, each with its format."""
    import torch
    from safetensors.torch import save

    found = []
    for value in state_dicts().values():
        for form, zipped in (("zip", True), ("old", False)):
            target = io.BytesIO()
            torch.save(value, target, _use_new_zipfile_serialization=zipped)
            found.append((form, target.getvalue()))
        packed = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(found[-2][1])) as archive,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target_archive,
        ):
            for name in archive.namelist():
                target_archive.writestr(name, archive.read(name))
        found.append(("zip", packed.getvalue()))
    net = {name: value.contiguous() for name, value in state_dicts()["net"].items()}
    found.append(("safetensors", save(net, {"format": "pt"})))
    return found


def changed_pickle(data: bytes, chance: random.Random) -> bytes:
    """An operation removed, doubled, moved or exchanged, or its argument changed."""
    starts = [at for _, _, at in pickletools.genops(data) if at is not None]
    pieces = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    rest = data[sum(map(len, pieces)) :]
    at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    change = chance.randrange(7)
    if change == 0:
        del pieces[at]
    elif change == 1:
        pieces[at:at] = [pieces[at]] * chance.choice((1, 2, 1000, 300_000))
    elif change == 2:
        pieces[at], pieces[other] = pieces[other], pieces[at]
    elif change == 3:
        pieces[at] = pieces[other]
    elif change == 4:
        pieces.insert(at, bytes([chance.choice(b"(.0124aebdghjlqrstu})]RQNK\x81\x85\x86\x87\x94")]))
    elif change == 5:
        numbers = [place for place, piece in enumerate(pieces) if piece[:1] in (b"K", b"M", b"J")]
        number = chance.choice(INTEGERS)
        made = b"\x8a\x09" + number.to_bytes(9, "little")
        pieces[chance.choice(numbers or [at])] = made
    else:
        pieces[at] = pieces[at][:1] + changed_bytes(pieces[at], chance)[1:]
    return b"".join(pieces) + rest


def changed_zip(data: bytes, chance: random.Random) -> bytes:
    """A record changed, renamed, doubled or packed otherwise; or the bytes of the file."""
    change = chance.randrange(10)
    if change < 3:
        return changed_bytes(data, chance)
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(made, "w") as target,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # of names that are there twice
        names = source.namelist()
        victim = chance.choice(names)
        for name in names:
            content = source.read(name)
            packing = source.getinfo(name).compress_type
            if name.endswith("/data.pkl") and change < 7:
                content = (changed_bytes if change == 3 else changed_pickle)(content, chance)
            elif name == victim and change == 7:
                content = changed_bytes(content, chance) if content else b"x"
            elif name == victim and change == 8:
                name = chance.choice((*names, "../x", "/x", "a\nb", "data.pkl", "constants.pkl"))
            elif name == victim:
                packing = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
            target.writestr(name, content, packing)
    return made.getvalue()


def changed_old(data: bytes, chance: random.Random) -> bytes:
    """A change in one of the five pickles that the file begins with, or in the numbers after."""
    if chance.random() < 0.3:
        return changed_bytes(data, chance)
    starts = [0]
    stream = io.BytesIO(data)
    for _ in range(5):
        for _ in pickletools.genops(stream):
            pass
        starts.append(stream.tell())
    number = chance.choice((0, 1, 2, 3, 3, 3, 3, 3, 4))
    before, after = starts[number : number + 2]
    change = chance.choice((changed_pickle, changed_pickle, changed_bytes))
    return data[:before] + change(data[before:after], chance) + data[after:]


def changed_safetensors(data: bytes, chance: random.Random) -> bytes:
    """A change in the header's values, or in the bytes."""
    length = int.from_bytes(data[:8], "little")
    if chance.random() < 0.4:
        return changed_bytes(data, chance)
    header, _ = changed_json(json.loads(data[8 : 8 + length]), chance)
    if chance.random() < 0.3:
        tensor = chance.choice([value for value in header.values() if isinstance(value, dict)])
        tensor["shape"] = chance.choices(INTEGERS, k=chance.randrange(5))
    made = json.dumps(header).encode()
    return struct.pack("<Q", len(made)) + made + data[8 + length :]


CHANGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "zip": changed_zip,
    "old": changed_old,
    "safetensors": changed_safetensors,
}


def changed(number: int, seed: int, sound: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """The input of a number: the same each time."""
    chance = random.Random(f"{seed}:{number}")
    form, data = sound[number % len(sound)]
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        # A file that an earlier change made unreadable for the tools here gets no further ones.
        with contextlib.suppress(Exception):
            data = CHANGES[form](data, chance)
    return form, data


def use(data: bytes, store: Any) -> None:
    """Reads a file as weights of the store are read, and touches what is in it."""
    import torch

    from hubcore.checkpoints.legacy import mappable
    from hubcore.checkpoints.reading import read_checkpoint

    path = store.blob_path(hashlib.sha256(data).hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    readable = mappable(path, store)
    for file in {path, readable}:
        found = read_checkpoint(file)
        for value in found.values() if isinstance(found, dict) else ():
            if isinstance(value, torch.Tensor) and value.numel() < 10**6:
                value.clone()
    for file in {path, readable}:
        file.unlink()


def reader(folder: Path, seed: int) -> Callable[[int], str]:
    """What reads the input of a number, in a process of its own."""
    from hubcore.store import Store

    warnings.simplefilter("ignore")
    sound = samples()
    store = Store(folder)
    for _, data in sound:
        use(data, store)  # a sound file has no fault; and what readers import is here before

    def read(number: int) -> str:
        form, data = changed(number, seed, sound)
        use(data, store)
        return form

    return read


def fuzz(count: int, seed: int) -> Faults:
    """Reads so many changed files. Returns the faults."""
    return in_processes(reader, count, seed)


if __name__ == "__main__":
    raise SystemExit(main(__doc__, fuzz))
