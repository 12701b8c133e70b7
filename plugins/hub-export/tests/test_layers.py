"""Errors of exporting name the layer, by the name that its author knows, and the line."""

import pytest
import torch
from small_models import Colours, exported
from torch import nn

from hub_export import DifferenceError, ExportError, formats
from hub_export.layers import LIBRARIES

FORMATS = ["torch", "onnx"]
SUFFIX = {"torch": ".pt2", "onnx": ".onnx"}


class Deep(Colours):
    """A few layers, of which one is replaced by a test."""

    def __init__(self, inner=None):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())
        self.blocks = nn.Sequential(nn.Conv2d(3, 3, 1), inner or nn.Identity(), nn.ReLU())

    def forward(self, images):
        return super().forward(self.blocks(self.stem(images)))


class OtherwiseTraced(nn.Module):
    def forward(self, x):
        return x * 1.5 if torch.compiler.is_exporting() else x


@pytest.mark.parametrize("name", FORMATS)
def test_a_layer_that_is_traced_otherwise_is_where_the_difference_begins(name, tmp_path):
    with pytest.raises(DifferenceError, match=r"begins at blocks\.1: 0\.5") as caught:
        exported(tmp_path / f"model{SUFFIX[name]}", Deep(OtherwiseTraced()))
    assert "as torch.export traced it" in str(caught.value)
    assert caught.value.begins == "blocks.1"
    assert not list(tmp_path.iterdir())


class OtherwiseComputed(nn.Module):
    """Of a window with NaN torch gives NaN, and ONNX Runtime the largest of the others."""

    def forward(self, x):
        logs = torch.log(x - 0.05)
        return torch.nan_to_num(nn.functional.max_pool2d(logs, 3), nan=7.0)


def test_a_layer_that_an_engine_computes_otherwise_is_where_the_difference_begins(tmp_path):
    with pytest.raises(DifferenceError, match=r"begins at blocks\.1 \(max_pool2d\)") as caught:
        exported(tmp_path / "model.onnx", Deep(OtherwiseComputed()), raw=True)
    assert "as the format computes it" in str(caught.value)
    assert caught.value.begins == "blocks.1"
    assert not list(tmp_path.iterdir())


class Shrinking(nn.Module):
    """OpenVINO ignores that a resize is antialiased."""

    def forward(self, x):
        return nn.functional.interpolate(x, size=(7, 5), mode="bilinear", antialias=True)


def test_openvino_shows_the_values_of_its_layers_too(tmp_path):
    pytest.importorskip("openvino")
    with pytest.raises(DifferenceError, match=r"begins at blocks\.1 \(_upsample_bilinear2d_aa\)"):
        exported(tmp_path / "model.xml", Deep(Shrinking()))
    assert not list(tmp_path.iterdir())


class Determinant(nn.Module):
    def forward(self, x):
        return x * torch.linalg.det(x[..., :3, :3])[..., None, None]


class InVolumes(nn.Module):
    def forward(self, x):
        places = torch.linspace(-1, 1, 24 * 24).view(1, 1, 24, 24, 1).expand(len(x), 1, 24, 24, 3)
        return x + nn.functional.grid_sample(x[:, None], places)[:, 0, :1]


@pytest.mark.parametrize(("layer", "kind"), [(Determinant, "Det"), (InVolumes, "GridSample")])
def test_what_openvino_cannot_do_is_named_with_its_layer(layer, kind, tmp_path):
    """Whether it knows no such operation at all, or not with these inputs."""
    pytest.importorskip("openvino")
    said = rf"cannot convert the operation {kind}\. Its layer 'blocks\.1' is where"
    with pytest.raises(ExportError, match=said) as caught:
        exported(tmp_path / "model.xml", Deep(layer()))
    assert __file__ in str(caught.value)
    assert not list(tmp_path.iterdir())


class WritesNothing(nn.Module):
    """As the shifted windows of video's Swin Transformers do where a side is not shifted."""

    def forward(self, x):
        mask = x.new_zeros((8, *x.shape[-2:]))
        for number, part in enumerate((slice(-7), slice(-7, 0), slice(0, None))):
            mask[:4, part, part] = number
        return x + mask.mean(dim=0)


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_what_writes_nothing_into_a_tensor_is_left_out(suffix, tmp_path):
    if suffix == ".xml":
        pytest.importorskip("openvino")  # which refuses it
    exported(tmp_path / f"model{suffix}", Deep(WritesNothing()))


class OfDoubles(nn.Module):
    """ONNX Runtime has no convolution of float64."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1, dtype=torch.float64)

    def forward(self, x):
        return self.conv(x.double()).float()


def test_a_file_that_an_engine_cannot_open_is_an_error_that_names_the_layer(tmp_path):
    with pytest.raises(ExportError, match=r"cannot be opened.*Its layer 'blocks\.1\.conv'"):
        exported(tmp_path / "model.onnx", Deep(OfDoubles()), raw=True)
    assert not list(tmp_path.iterdir())


class BySizes(nn.Module):
    """Sizes that stand beside tensors, in the model's code and inside of a resize."""

    def forward(self, x):
        height, width = x.shape[2:]
        x = nn.functional.interpolate(x, size=(height + 5, 31), mode="nearest-exact")
        return torch.where(x > height / width, x * (height / width), x - height**0.5)


def test_numbers_made_of_sizes_meet_tensors_in_onnx(tmp_path):
    """They are float64, and the tensors float32; the file is checked on images of several sizes."""
    exported(tmp_path / "model.onnx", Deep(BySizes()), raw=True)


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


def test_a_layer_that_gives_other_values_each_time_is_named(tmp_path):
    with pytest.raises(DifferenceError, match=r"begins at blocks\.1, which gives other values"):
        exported(tmp_path / "model.pt2", Deep(Noisy()))


class Branching(nn.Module):
    def forward(self, x):
        return x if x.mean().item() > 0 else -x


def test_a_layer_that_cannot_be_traced_is_named_with_the_line(tmp_path):
    with pytest.raises(ExportError) as caught:
        exported(tmp_path / "model.pt2", Deep(Branching()))
    message = str(caught.value)
    assert "cannot be traced" in message
    assert "Its layer 'blocks.1' is where it happens" in message
    assert __file__ in message
    assert message.endswith("return x if x.mean().item() > 0 else -x.")
    assert not list(tmp_path.iterdir())


class Decomposed(nn.Module):
    def forward(self, x):
        return x * torch.linalg.svd(x.mean(dim=(0, 1)), full_matrices=False).S.sum()


def test_an_operation_that_onnx_lacks_is_named_with_layer_and_line(tmp_path):
    with pytest.raises(ExportError) as caught:
        exported(tmp_path / "model.onnx", Deep(Decomposed()))
    message = str(caught.value)
    assert "cannot be written as ONNX: ONNX has no operation for aten._linalg_svd" in message
    assert "Its layer 'blocks.1' is where it happens" in message
    assert "torch.linalg.svd(" in message
    assert not list(tmp_path.iterdir())


class Failing(nn.Module):
    def forward(self, x):
        raise RuntimeError("no such thing")


def test_a_bare_model_that_cannot_be_run_is_an_error_that_names_the_layer(tmp_path):
    with pytest.raises(ExportError, match=r"cannot be run.*no such thing.*'blocks\.1'"):
        exported(tmp_path / "model.pt2", Deep(Failing()), raw=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", formats.FORMATS)
def test_a_line_of_an_exporter_is_not_told_as_the_models(format):
    """Where a format's own package fails, no path in that package is shown to the author."""
    assert {module.partition(".")[0] for module in formats.FORMATS[format].needs} <= set(LIBRARIES)
