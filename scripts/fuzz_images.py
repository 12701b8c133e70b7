#!/usr/bin/env python
"""Gives `hub predict` hostile images beside good ones, and counts what ends in a fault.

    python scripts/fuzz_images.py --count 2000 --seed 1

Images of many formats are changed byte by byte, cut off or made into bombs; names hold control
characters and escape sequences; links lead in circles; FIFOs and empty files stand for images. A
fault is: a good image without its result, another exit code than 0 or 1, an escape sequence or a
traceback in the output, and what `fuzzing.py` counts in each process. Linux only.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from fuzzing import Faults, changed_bytes, in_processes, main

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "TGA")
NAMES = (
    "a b",
    "\x1b[2Jx",
    "x\nhub: done",
    "\u202egnp",
    "-rf",
    "x" * 240,
    "caf\u00e9",
    "'\"$(x)",
    "\udcff",
)


def image(form: str, chance: random.Random) -> bytes:
    """A sound image file."""
    from PIL import Image

    size = (chance.randrange(4, 90), chance.randrange(4, 90))
    mode = (
        "RGB" if form in ("JPEG", "PPM", "WEBP", "BMP", "TGA") else chance.choice(("RGB", "L", "P"))
    )
    target = io.BytesIO()
    Image.frombytes("RGB", size, chance.randbytes(3 * size[0] * size[1])).convert(mode).save(
        target, form
    )
    return target.getvalue()


def bomb(chance: random.Random) -> bytes:
    """A PNG of a few bytes that says it has more pixels than there is memory for."""
    width, height = chance.choice(
        ((100_000, 100_000), (2**31 - 1, 1), (20_000, 20_000), (1, 2**30))
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def put_hostile(folder: Path, chance: random.Random) -> str:
    """Puts something hostile into a folder. Returns a word for it."""
    form = chance.choice(FORMATS)
    path = folder / f"{chance.choice(NAMES)}.{form.lower()}"
    kind = chance.choice(("changed",) * 12 + ("bomb", "loop", "fifo", "empty", "folder"))
    if kind == "changed":
        data = image(form, chance)
        for _ in range(chance.choice((1, 1, 2, 5))):
            data = changed_bytes(data, chance) or b"x"
        path.write_bytes(data)
    elif kind == "bomb":
        path.with_suffix(".png").write_bytes(bomb(chance))
    elif kind == "loop":
        path.symlink_to(folder / f"other{path.suffix}")
        (folder / f"other{path.suffix}").symlink_to(path)
        (folder / "up").symlink_to(folder)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "empty":
        path.touch()
    else:
        path.mkdir()
    return kind


def catalogue(folder: Path) -> dict[str, object]:
    """A model with random weights that are in the store."""
    import torch
    from torchvision.models import squeezenet1_1

    from hubcore.store import default_store

    torch.save(squeezenet1_1(num_classes=3).state_dict(), folder / "w.pth")
    digest = default_store().add(folder / "w.pth").name
    member = {
        "url": "https://example.org/w.pth",
        "sha256": digest,
        "transforms": [
            "hubcore.transforms:ImageClassification",
            {"crop_size": 64, "resize_size": 64},
        ],
        "meta": {"categories": ["a", "b", "c"]},
    }
    model = {
        "task": "image-classification",
        "architecture": ["torchvision.models:squeezenet1_1", {"num_classes": 3}],
        "weights": "Fuzz_Weights",
    }
    weights = {"builder": "fuzz", "default": "V1", "members": {"V1": member}}
    return {"schema": 1, "models": {"fuzz": model}, "weights": {"Fuzz_Weights": weights}}


def predictions(folder: Path, seed: int) -> Callable[[int], str]:
    """What predicts the images of a number, in a process of its own."""
    os.environ["HUBCORE_HOME"] = os.environ["TORCH_HOME"] = str(folder / "home")
    import hubcore
    from hubcore.cli import main as hub

    hubcore.register(catalogue(folder), name="fuzzing")

    def predict(number: int) -> str:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            return check(Path(place), random.Random(f"{seed}:{number}"))

    def check(folder: Path, chance: random.Random) -> str:
        photos = folder / "photos"
        photos.mkdir()
        for name in ("good1.png", "good2.png"):
            (photos / name).write_bytes(image("PNG", chance))
        kind = put_hostile(photos, chance)
        command = ["predict", "fuzz", chance.choice((str(photos), str(photos / "**" / "*")))]
        command += chance.choice(([], ["--output", str(folder / "drawn")], ["--json"]))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = hub(command)
        told = out.getvalue() + err.getvalue()
        if code not in (0, 1):
            raise AssertionError(f"exit code {code} ({kind})")
        if not all(name in out.getvalue() for name in ("good1.png", "good2.png")):
            raise AssertionError(f"a good image has no result ({kind}): {err.getvalue()[-200:]}")
        if "Traceback" in told or {"\x1b", "\u202e", "\x9b"} & set(told):
            raise AssertionError(f"a traceback or an escape sequence was printed ({kind})")
        if "--json" in command:
            json.loads(out.getvalue())
        if {path.name for path in folder.iterdir()} - {"photos", "drawn"}:
            raise AssertionError(f"something was written elsewhere ({kind})")
        return kind

    predict(-1)
    return predict


def fuzz(count: int, seed: int) -> Faults:
    """Predicts so many folders of images. Returns the faults."""
    return in_processes(predictions, count, seed)


if __name__ == "__main__":
    raise SystemExit(main(__doc__, fuzz))
