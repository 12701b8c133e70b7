"""The same picture gives the same pixels as a file, an array and a tensor, or is refused."""

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

import hubcore
from hubcore.prediction import InputError
from hubcore.prediction.expansion import expand
from hubcore.prediction.images import open_image

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)
GREY = RGB[..., 0]


def opened(content):
    return np.asarray(open_image("it", content))


def tensor(values):
    return torch.from_numpy(np.ascontiguousarray(values)).permute(2, 0, 1)


def saved(folder, values, suffix):
    path = folder / f"saved{suffix}"
    Image.fromarray(values).save(path)
    return path


RIGHT = {
    "uint8 array": RGB,
    "read-only array": np.frombuffer(RGB.tobytes(), np.uint8).reshape(RGB.shape),
    "array that is not contiguous": np.asfortranarray(RGB),
    "float32 array": RGB.astype(np.float32) / 255,
    "float64 array": RGB / 255,
    "uint16 array": RGB.astype(np.uint16) * 257,
    "big-endian uint16 array": (RGB.astype(np.uint16) * 257).astype(">u2"),
    "float16 array": (RGB / 255).astype(np.float16),
    "big-endian floats": (RGB / 255).astype(">f4"),
    "float16 tensor": (tensor(RGB).float() / 255).half(),
    "uint16 tensor": tensor(RGB.astype(np.uint16) * 257),
    "uint8 tensor": tensor(RGB),
    "float tensor": tensor(RGB).float() / 255,
    "float64 tensor that needs gradients": (tensor(RGB).double() / 255).requires_grad_(),
    "tensor that is not contiguous": tensor(RGB).contiguous(memory_format=torch.contiguous_format),
    "PIL image": Image.fromarray(RGB),
    "masked array without a masked pixel": np.ma.masked_array(RGB),
    "parameter": torch.nn.Parameter(tensor(RGB).float() / 255),
    "long doubles": (RGB / 255).astype(np.longdouble),
    "floats that leave the range by rounding": (RGB / 255).clip(0, 1) * 1.0000001 - 1e-8,
}


@pytest.mark.parametrize("kind", RIGHT)
def test_the_same_picture_gives_the_same_pixels(kind):
    np.testing.assert_array_equal(opened(RIGHT[kind]), RGB)


@pytest.mark.parametrize("kind", ["path", "bytes", "BytesIO", "open file", "memoryview"])
def test_a_file_may_be_given_in_any_way(kind, tmp_path):
    path = saved(tmp_path, RGB, ".png")
    with path.open("rb") as file:
        ways = {
            "path": path,
            "bytes": path.read_bytes(),
            "BytesIO": io.BytesIO(path.read_bytes()),
            "open file": file,
            "memoryview": memoryview(path.read_bytes()),
        }
        (item,) = expand(ways[kind], "image-classification")
        np.testing.assert_array_equal(np.asarray(item.open()), RGB)


@pytest.mark.parametrize("kind", ["uint16", "float", "NaN", "beyond", "int32"])
def test_a_grey_file_and_its_array_give_the_same_or_the_same_error(kind, tmp_path):
    values = {
        "uint16": GREY.astype(np.uint16) * 257,
        "float": GREY.astype(np.float32) / 255,
        "NaN": np.full((4, 4), np.nan, np.float32),
        "beyond": GREY.astype(np.float32),
        "int32": GREY.astype(np.int32),
    }[kind]
    outcomes = []
    for content in (values, saved(tmp_path, values, ".tif"), Image.fromarray(values)):
        try:
            outcomes.append(opened(content).tolist())
        except InputError as error:
            outcomes.append(error.reason)
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert isinstance(outcomes[0], list) == (kind in ("uint16", "float"))


REFUSED = {
    "NaN": (np.full((4, 4, 3), np.nan), "not finite"),
    "infinite": (np.full((4, 4, 3), np.inf, np.float32), "not finite"),
    "one NaN": (np.where(np.arange(48).reshape(4, 4, 3) == 5, np.nan, 0.5), "not finite"),
    "floats to 255": (RGB.astype(np.float32), "divide them by 255"),
    "float tensor to 255": (tensor(RGB).float(), "divide them by 255"),
    "normalised": (tensor(RGB).float() / 100 - 1.2, "must be from 0 to 1"),
    "int64": (RGB.astype(np.int64), "int64: expected uint8"),
    "int32 tensor": (tensor(RGB).int(), "int32: expected uint8"),
    "complex": (RGB.astype(complex), "complex128"),
    "objects": (np.full((4, 4, 3), None), "object"),
    "batch": (RGB[None], r"a batch: pass its images, list\(batch\)"),
    "tensor batch": (tensor(RGB)[None], "a batch"),
    "channels first": (RGB.transpose(2, 0, 1), r"\(H, W, C\)"),
    "tensor with channels last": (torch.from_numpy(RGB.copy()), r"\(C, H, W\)"),
    "five channels": (np.zeros((4, 4, 5), np.uint8), "1 to 4 channels"),
    "a row": (np.zeros(9, np.uint8), "expected"),
    "no pixels": (np.zeros((0, 4, 3), np.uint8), "no pixels"),
    "no columns": (torch.zeros(3, 4, 0), "no pixels"),
    "number": (7, "type is int: expected a path"),
    "nothing": (None, "NoneType: expected a path"),
    "dictionary": ({"image": RGB}, "dict: expected a path"),
    "text file": (io.StringIO("text"), "mode 'rb'"),
    "bytes of no image": (b"no image", "not an image in one of the formats"),
    "dates": (RGB.astype("datetime64[s]"), "datetime64"),
    "text": (RGB.astype(str), "<U3"),
    "complex tensor": (tensor(RGB) * 1j, "complex64"),
    "meta tensor": (torch.zeros(3, 4, 4, device="meta"), "without plain values"),
    "sparse tensor": (torch.zeros(3, 4, 4).to_sparse(), "without plain values"),
    "nested tensor": (torch.nested.nested_tensor([torch.rand(3, 4)]), "without plain values"),
    "masked": (np.ma.masked_greater(RGB, 100), "masked: fill them"),
    "nested list": ([[1, 2], [3, 4]], "list: expected a path"),
    "empty PIL image": (Image.new("RGB", (0, 4)), "no pixels"),
    "PIL floats to 255": (Image.fromarray(GREY).convert("F"), "divide them by 255"),
    "empty file": (io.BytesIO(), "not an image in one of the formats"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_no_common_meaning_is_refused_in_a_sentence(kind):
    content, reason = REFUSED[kind]
    with pytest.raises(InputError, match=reason):
        opened(content)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_grey_and_transparent_arrays_are_shown_on_white(channels):
    values = RNG.integers(0, 256, (6, 5, channels), dtype=np.uint8)
    mode = {1: "L", 2: "LA", 4: "RGBA"}[channels]
    expected = opened(Image.fromarray(values[..., 0] if channels == 1 else values, mode=None))
    assert Image.fromarray(values[..., 0] if channels == 1 else values).mode == mode
    np.testing.assert_array_equal(opened(values), expected)
    np.testing.assert_array_equal(opened(tensor(values)), expected)


def test_bool_is_black_and_white():
    values = GREY > 100
    for content in (values, torch.from_numpy(values), Image.fromarray(values)):
        np.testing.assert_array_equal(opened(content)[..., 1], np.where(values, 255, 0))


def test_bfloat16_is_right_to_its_precision():
    assert abs(opened((tensor(RGB).float() / 255).bfloat16()).astype(int) - RGB).max() <= 1


def test_colours_of_16_bits_are_the_same_as_a_file_and_as_an_array():
    """Pillow reads the upper 8 bits of such files; it cannot write them."""
    values = RNG.integers(0, 65536, (6, 5, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 5, 6, 16, 2, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    ]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    np.testing.assert_array_equal(opened(png), opened(values))


def test_an_open_file_is_read_at_once_from_its_beginning(tmp_path):
    """Later it may be closed, or read by somebody else."""
    path = saved(tmp_path, RGB, ".png")
    with path.open("rb") as file:
        file.seek(10)
        items = expand([file, file], "image-classification")
    for item in items:
        assert item.name == str(path)
        for _ in "to predict", "to draw":
            np.testing.assert_array_equal(np.asarray(item.open()), RGB)
    (failure,) = expand(file, "image-classification")
    assert "closed file" in str(failure.error)


def test_an_open_device_is_refused():
    with Path("/dev/zero").open("rb") as zero:
        (failure,) = expand(zero, "image-classification")
    assert "it is a device" in str(failure.error)


@pytest.mark.parametrize("kind", [os.fspath, os.fsencode])
def test_any_object_that_stands_for_a_path_is_one(kind, tmp_path):
    path = saved(tmp_path, RGB, ".png")

    class Named(os.PathLike):
        def __fspath__(self):
            return kind(path)

    (item,) = expand(Named(), "image-classification")
    (pair,) = expand([(Named(), Named())], "optical-flow")
    for image in (item, pair.first, pair.second):
        assert image.name == str(path)
        np.testing.assert_array_equal(np.asarray(image.open()), RGB)


@pytest.mark.parametrize("shape", [(1, 3000, 3), (3000, 1, 3)])
def test_a_line_is_refused_before_preprocessing_enlarges_it(shape):
    """Resized to 224 pixels in height, it would have 672000 in width."""
    (failure,) = hubcore.predict(
        torchvision.models.squeezenet1_1(),
        np.zeros(shape, np.uint8),
        weights="SqueezeNet1_1_Weights.IMAGENET1K_V1",
        on_error="return",
    )
    assert f"is {shape[1]} x {shape[0]} pixels: its longer side may be" in str(failure.error)


def test_a_tuple_is_several_images_and_for_optical_flow_a_pair():
    assert len(expand((RGB, RGB), "image-classification")) == 2
    assert len(expand([(RGB, RGB)], "optical-flow")) == 1


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a.jpg", "S3://bucket/a.png", "file:///a.png", "data:image/png;base64,AA"],
)
def test_a_web_address_is_named_as_one(address):
    (failure,) = expand(address, "image-classification")
    assert "is a web address: download the file" in str(failure.error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_regular_file_is_refused_at_once(kind, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    path = {"pipe": tmp_path / "pipe.png", "device": Path("/dev/zero"), "folder": tmp_path}[kind]
    with pytest.raises(InputError, match="not a regular file"):
        open_image("it", path)


def test_a_format_that_starts_another_program_is_not_read(tmp_path):
    """Pillow opens EPS with Ghostscript."""
    path = tmp_path / "a.eps"
    Image.fromarray(RGB).save(path)
    with pytest.raises(InputError, match="not an image in one of the formats"):
        open_image("it", path)
    (failure,) = expand(tmp_path, "image-classification")
    assert "no images" in str(failure.error)


def test_a_bomb_and_a_truncated_file_are_one_failure_each(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    whole = saved(tmp_path, RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8), ".png")
    with pytest.raises(InputError, match="decompression bomb"):
        open_image("it", whole)
    monkeypatch.undo()
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:200])
    with pytest.raises(InputError, match="truncated"):
        open_image("it", tmp_path / "cut.png")


@pytest.mark.skipif(sys.platform != "linux", reason="names and links of Linux")
def test_links_in_circles_and_odd_names_are_each_listed_once(tmp_path):
    (tmp_path / "a").mkdir()
    saved(tmp_path / "a", RGB, ".png")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    found = expand(f"{tmp_path}/**/*.png", "image-classification")
    assert [item.name for item in found] == [str(tmp_path / "a" / "saved.png")]
    for odd in ("x" * 5000, "nul\0"):
        (failure,) = expand(odd, "image-classification")
        assert isinstance(failure.error, InputError)
