"""Mapping a checkpoint by the short cut: as `torch.load` reads it, or not at all."""

import io
import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch
from equivalence import same
from torch import nn

from hubcore.checkpoints.mapped import map_tensors
from hubcore.checkpoints.reading import read_checkpoint
from hubcore.errors import WeightsError


def saved(value, path, **options):
    torch.save(value, path, **options)
    return path


def quantized_linear():
    model = nn.Sequential(nn.Linear(3, 2))
    model.qconfig = torch.ao.quantization.default_qconfig
    torch.ao.quantization.prepare(model, inplace=True)
    model(torch.ones(1, 3))
    return torch.ao.quantization.convert(model).state_dict()


DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
DTYPES += [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]


@pytest.mark.parametrize(
    "state_dict",
    [
        *({"w": torch.arange(6).to(dtype).reshape(2, 3)} for dtype in DTYPES),
        {"scalar": torch.tensor(3.0), "empty": torch.empty(0, 4), "plain": {}.get("none")},
        {"part": torch.arange(12.0).reshape(3, 4)[1:, ::2], "turned": torch.ones(2, 3).T},
        {"images": torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)},
        {"parameter": nn.Parameter(torch.ones(2)), "frozen": nn.Parameter(torch.ones(2), False)},
        {"q": torch.quantize_per_tensor(torch.rand(3, 4), 0.1, 3, torch.quint8)},
        {
            "q": torch.quantize_per_channel(
                torch.rand(2, 3), torch.tensor([0.1, 0.2]), torch.tensor([0, 1]), 0, torch.qint8
            )
        },
        quantized_linear(),
    ],
    ids=lambda state_dict: "-".join([*state_dict, str(next(iter(state_dict.values())).dtype)]),
)
def test_equals_torch_load(tmp_path, state_dict):
    path = saved(state_dict, tmp_path / "w.pth")
    mapped, loaded = map_tensors(path), torch.load(path, weights_only=True)
    assert same(mapped, loaded)
    for key, value in loaded.items():
        if isinstance(value, torch.Tensor):
            assert mapped[key].stride() == value.stride()
            assert type(mapped[key]) is type(value)
            assert mapped[key].requires_grad == value.requires_grad


def test_meta_data_of_the_state_dict_stays(tmp_path):
    """Modules find the version that wrote them there."""
    state_dict = nn.BatchNorm1d(3).state_dict()
    mapped = map_tensors(saved(state_dict, tmp_path / "w.pth"))
    assert type(mapped) is OrderedDict
    assert mapped._metadata == state_dict._metadata


def test_tensors_that_shared_memory_share_it(tmp_path):
    whole = torch.zeros(4)
    mapped = map_tensors(saved({"whole": whole, "part": whole[2:]}, tmp_path / "w.pth"))
    mapped["part"][0] = 1
    assert mapped["whole"].tolist() == [0, 0, 1, 0]


def test_a_tensor_owns_its_part_of_the_file_only(tmp_path):
    """So that saving or copying one does not take the whole file along."""
    mapped = map_tensors(saved({"big": torch.ones(10_000), "small": torch.ones(1)}, tmp_path / "w"))
    assert mapped["small"].untyped_storage().nbytes() == 4


def test_writing_does_not_reach_the_file(tmp_path):
    path = saved({"w": torch.zeros(1000)}, tmp_path / "w.pth")
    before = path.read_bytes()
    map_tensors(path)["w"].fill_(7)
    assert path.read_bytes() == before


class Harm:
    def __reduce__(self):
        return exec, ("import builtins; builtins.harmed = True",)


@pytest.mark.parametrize(
    "harm",
    [Harm(), print, torch.load, nn.Linear(1, 1)],
    ids=["exec", "print", "torch.load", "a module"],
)
def test_code_is_neither_named_nor_run(tmp_path, harm):
    path = saved({"w": torch.ones(1), "harm": harm}, tmp_path / "w.pth")
    assert map_tensors(path) is None
    with pytest.raises(WeightsError, match="never runs code"):
        read_checkpoint(path)
    assert "harmed" not in dir(__import__("builtins"))


def test_names_given_to_the_reader_cannot_be_altered(tmp_path):
    """A pickle can set attributes of what it names; here that reaches nothing."""
    attack = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x08\x00\x00\x00__code__K\x01s\x86b."
    path = saved({"w": torch.ones(1)}, tmp_path / "w.pth")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    forged = tmp_path / "forged.pth"
    with zipfile.ZipFile(forged, "w") as archive:
        archive.writestr(next(name for name in names if name.endswith("data.pkl")), attack)
    assert map_tensors(forged) is None
    assert map_tensors(path)["w"].item() == 1


def test_out_of_the_record_is_refused(tmp_path):
    """A table that points past a tensor's bytes gives no foreign memory."""
    path = saved({"w": torch.zeros(2, 3)}, tmp_path / "w.pth")
    content = path.read_bytes()
    assert content.count(b"K\x02K\x03\x86") == 1  # the shape
    path.write_bytes(content.replace(b"K\x02K\x03\x86", b"K\x7fK\x7f\x86"))
    assert map_tensors(path) is None


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_an_error_in_words(tmp_path, keep):
    path = saved({"w": torch.ones(10_000)}, tmp_path / "w.pth")
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    assert not keep or map_tensors(path) is None
    with pytest.raises(
        WeightsError, match=r"not a readable checkpoint|never runs code|is an empty file"
    ):
        read_checkpoint(path)


def test_a_compressed_file_is_left_to_torch(tmp_path):
    plain, packed = saved({"w": torch.ones(100)}, tmp_path / "w.pth"), tmp_path / "packed.pth"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", 8) as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info))
    assert map_tensors(packed) is None


def test_other_structures_are_left_to_torch(tmp_path):
    path = saved({"model": {"w": torch.ones(2)}, "epoch": 3}, tmp_path / "w.pth")
    assert map_tensors(path) is None
    assert same(read_checkpoint(path), {"model": {"w": torch.ones(2)}, "epoch": 3})


def test_other_byte_order_is_left_to_torch(tmp_path):
    path, swapped = saved({"w": torch.ones(2)}, tmp_path / "w.pth"), tmp_path / "swapped.pth"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(swapped, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            target.writestr(info.filename, b"big" if info.filename.endswith("byteorder") else data)
    assert map_tensors(swapped) is None


def test_a_pickle_without_an_archive_is_left_to_torch(tmp_path):
    path = tmp_path / "w.pth"
    path.write_bytes(pickle.dumps({"a": 1}) + bytes(io.DEFAULT_BUFFER_SIZE))
    assert map_tensors(path) is None
