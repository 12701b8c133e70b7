"""Pairs of images with the true optical flow: Sintel, KITTI, FlyingChairs and plain folders."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hubcore.prediction.folders import natural
from hubcore.prediction.inputs import ImageInput, PairInput

from ..errors import DataError
from .samples import Data, Sample, relative

__all__ = ["read_flow", "read_flows"]


def read_flows(root: Path, split: str | None) -> Data:
    """Reads pairs of images with their flow.

    Args:
        root: a folder of Sintel (``training/clean`` and ``training/flow``), KITTI 2015
            (``training/image_2`` and ``training/flow_occ``) or FlyingChairs
            (``data/*_img1.ppm``, ``data/*_flow.flo``); or one with images and flows of the same
            names: ``a_img1.png``, ``a_img2.png`` and ``a_flow.flo`` (or ``.npy``, ``.pfm``).
        split: of Sintel, the pass: ``clean`` or ``final``; of FlyingChairs, ``train`` or ``val``.

    Raises:
        DataError: the layout is none of these.
    """
    training = root / "training" if (root / "training").is_dir() else root
    if (training / "flow").is_dir() and (training / "clean").is_dir():
        kind, found = "Sintel", _sintel(training, split or "clean")
    elif (training / "flow_occ").is_dir():
        kind, found = "KITTI", _kitti(training)
    else:
        kind, found = _numbered(root, split)
    if not found:
        raise DataError(
            f"{root}: no pairs of images with flow. Expected Sintel's, KITTI's or FlyingChairs' "
            f"folders, or files named a_img1.png, a_img2.png and a_flow.flo."
        )
    return Data(kind, root, [_sample(root, *one) for one in found])


def _sample(root: Path, first: Path, second: Path, flow: Path) -> Sample:
    pair = PairInput(
        f"{first} to {second}", ImageInput(str(first), first), ImageInput(str(second), second)
    )
    return Sample(relative(root, first), pair, partial(read_flow, flow), (flow,))


def _sintel(root: Path, split: str) -> list[tuple[Path, Path, Path]]:
    if not (root / split).is_dir():
        raise DataError(f"{root}: Sintel has the passes clean and final, not '{split}'")
    found = []
    for scene in sorted((root / split).iterdir()):
        images = sorted(scene.glob("*.png"))
        for first, second in pairwise(images):
            found.append((first, second, root / "flow" / scene.name / f"{first.stem}.flo"))
    return found


def _kitti(root: Path) -> list[tuple[Path, Path, Path]]:
    return [
        (first, first.with_name(first.name.replace("_10.", "_11.")), root / "flow_occ" / first.name)
        for first in sorted((root / "image_2").glob("*_10.png"))
    ]


def _numbered(root: Path, split: str | None) -> tuple[str, list[tuple[Path, Path, Path]]]:
    folder = root / "data" if (root / "data").is_dir() else root
    chairs = next(iter(sorted(root.glob("*train_val.txt"))), None)
    found = []
    for first in sorted(folder.glob("*_img1.*"), key=natural):
        start = first.name.partition("_img1.")[0]
        flows = [folder / f"{start}_flow{suffix}" for suffix in (".flo", ".npy", ".pfm", ".png")]
        flow = next((path for path in flows if path.is_file()), flows[0])
        found.append((first, folder / first.name.replace("_img1.", "_img2."), flow))
    if chairs is None:
        return "pairs of images with flow", found
    numbers = chairs.read_text("ascii").split()
    if len(numbers) != len(found):
        raise DataError(f"{chairs}: {len(numbers)} splits for {len(found)} pairs")
    wanted = "1" if split == "train" else "2"
    return "FlyingChairs", [
        pair for pair, number in zip(found, numbers, strict=True) if number == wanted
    ]


def read_flow(path: Path) -> tuple[Any, Any]:
    """Reads a flow: ``.flo``, KITTI's 16-bit ``.png``, ``.pfm``, or ``.npy`` (2, H, W).

    Returns:
        The movement in pixels, float32 (2, height, width), and where it is known, bool
        (height, width).

    Raises:
        DataError: it cannot be read.
    """
    try:
        if path.suffix == ".flo":
            flow = _flo(path.read_bytes())
        elif path.suffix == ".pfm":
            flow = _pfm(path.read_bytes())
        elif path.suffix == ".png":
            return _kitti_png(path)
        else:
            flow = np.load(path, allow_pickle=False).astype(np.float32)
        if flow.ndim != 3 or flow.shape[0] != 2:
            raise ValueError(f"its shape is {flow.shape}, expected (2, height, width)")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: the flow cannot be read: {error}") from error
    # Middlebury's files mark what is unknown by a huge number.
    known = np.isfinite(flow).all(axis=0) & (np.abs(flow) < 1e9).all(axis=0)
    return flow, known


def _flo(content: bytes) -> Any:
    if content[:4] != b"PIEH":
        raise ValueError("it does not begin as a .flo file does")
    width, height = np.frombuffer(content, "<i4", 2, 4).tolist()
    values = np.frombuffer(content, "<f4", offset=12)
    if width < 1 or height < 1 or len(values) != 2 * width * height:
        raise ValueError(f"it has not the {width} x {height} pixels that it states")
    return values.reshape(height, width, 2).transpose(2, 0, 1).astype(np.float32)


def _pfm(content: bytes) -> Any:
    heading = re.match(rb"(P[Ff])\s+(\d+)\s+(\d+)\s+(-?[\d.]+(?:e-?\d+)?)\s", content)
    if heading is None:
        raise ValueError("it does not begin as a .pfm file does")
    channels = 3 if heading[1] == b"PF" else 1
    width, height, scale = int(heading[2]), int(heading[3]), float(heading[4])
    values = np.frombuffer(content, "<f4" if scale < 0 else ">f4", offset=heading.end())
    if len(values) != channels * width * height or channels < 2:
        raise ValueError(f"it has not two values for each of its {width} x {height} pixels")
    # The rows of a .pfm file go upwards.
    rows = values.reshape(height, width, channels)[::-1, :, :2]
    return rows.transpose(2, 0, 1).astype(np.float32)


def _kitti_png(path: Path) -> tuple[Any, Any]:
    """KITTI's flow: 16-bit colours, (value - 2**15) / 64 pixels, and whether it is known."""
    from torchvision.datasets._optical_flow import _read_16bits_png_with_flow_and_valid_mask

    try:
        flow, known = _read_16bits_png_with_flow_and_valid_mask(str(path))
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: the flow cannot be read: {reason}") from error
    return np.asarray(flow, np.float32), np.asarray(known)
