"""`hub quantize`: 8-bit weights from float ones, registered, and used afterwards by name."""

import json
import os
import subprocess
import sys

import pytest
import torch
from photos import imagenet_photos, import_mobilenet
from PIL import Image
from terminals import terminal

import hubcore
from hub_quantization.post_training import quantize
from hubcore import refresh
from hubcore.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A store and local catalogues of the test's own."""
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    refresh()
    yield tmp_path / "home"
    refresh()


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # calibration is many small steps
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def folder(tmp_path):
    """Two pictures, which is enough where accuracy is of no matter."""
    images = tmp_path / "images"
    images.mkdir()
    for colour in ("red", "blue"):
        Image.new("RGB", (90, 70), colour).save(images / f"{colour}.png")
    return images


@pytest.mark.parametrize(
    "backend",
    ["x86", *(pytest.param(name, marks=pytest.mark.sweep) for name in ("onednn", "qnnpack"))],
)
def test_quantized_mobilenet_sees_what_is_in_photos(backend, tmp_path, capsys):
    """Of twenty real photos at least sixteen are named rightly, in less than 0.3 of the size."""
    if backend not in torch.backends.quantized.supported_engines:
        pytest.skip(f"this torch has no {backend}")
    float_size = import_mobilenet().stat().st_size
    photos = imagenet_photos()
    output = tmp_path / "quantized.pth"
    arguments = ["--output", str(output), "--backend", backend, "--name", "tiny"]
    paths = [str(path) for path, _ in photos]
    assert main(["quantize", "mobilenet_v2", "--weights", "IMAGENET1K_V1", *arguments,
                 "--calibrate", *paths]) == 0  # fmt: skip
    assert "registered as  tiny" in capsys.readouterr().out
    assert output.stat().st_size < 0.3 * float_size
    assert torch.load(output, weights_only=True)

    weights = hubcore.get_weight("tiny_Weights.DEFAULT")
    model, preprocess = hubcore.get_model("tiny", weights=weights).eval(), weights.transforms()
    batch = torch.stack([preprocess(Image.open(path).convert("RGB")) for path, _ in photos])
    with torch.inference_mode():
        named = model(batch).argmax(1).tolist()
    assert sum(seen == label for seen, (_, label) in zip(named, photos, strict=True)) >= 16
    assert weights.meta["unquantized"] is hubcore.get_weight("MobileNet_V2_Weights.IMAGENET1K_V1")

    assert main(["predict", "tiny", paths[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["annotations"][0]


@pytest.mark.sweep
def test_onednn_needs_no_vector_neural_network_instructions():
    """A processor without them, as oneDNN believes this one to be, sees the same."""
    one = f"{__file__}::test_quantized_mobilenet_sees_what_is_in_photos[onednn]"
    older = {"ATEN_CPU_CAPABILITY": "avx2", "DNNL_MAX_CPU_ISA": "AVX2"}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "--no-cov", one],
        env={**os.environ, **older},
        check=True,
    )


def test_the_local_name_lasts_and_its_file_is_verified(folder, tmp_path, home, capsys):
    import_mobilenet()
    output = tmp_path / "small.pth"
    pictures = [Image.open(path) for path in sorted(folder.iterdir())]
    made = quantize("mobilenet_v2", pictures, output, weights="IMAGENET1K_V1", name="small")
    assert made.images == 2
    assert made.catalog == home / "catalogs" / "small.json"
    assert "small" in hubcore.list_models()
    output.write_bytes(b"something else")
    assert main(["predict", "small", str(folder / "red.png")]) == 1
    assert "small.pth" in capsys.readouterr().err
    made.catalog.unlink()
    refresh()
    assert "small" not in hubcore.list_models()


def test_a_terminal_sees_what_is_being_done_and_a_program_gets_json(
    folder, tmp_path, capsys, monkeypatch
):
    import_mobilenet()
    arguments = ["mobilenet_v2", "--weights", "IMAGENET1K_V1", "--calibrate", str(folder)]
    output = tmp_path / "small.pth"
    (folder / "broken.png").write_bytes(b"no picture")
    with terminal(monkeypatch) as read:
        code = main(["quantize", *arguments, "--output", str(output), "--name", "small", "--json"])
        seen = read()
    for step in ("loading mobilenet_v2", "calibrating", "converting", "checking small.pth"):
        assert step in seen
    made = json.loads(capsys.readouterr().out)
    assert code == 1
    assert made["model"] == "small"
    assert (made["images"], made["size"]) == (2, output.stat().st_size)
    [refused] = made["failed"]
    assert refused["source"].endswith("broken.png")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fasterrcnn_resnet50_fpn"], "only image classifiers can be quantized"),
        (["quantized_resnet18"], "quantized already: give the float model, 'resnet18'"),
        (["mobilenet_v2", "--weights", "NO_SUCH"], "Unknown weights"),
        (["no_such_model"], "Unknown model"),
        (["mobilenet_v2", "--name", "resnet18"], "There is a model 'resnet18' already"),
        (
            ["mobilenet_v2", "--name", "hub_video"],
            "'hub_video' belongs to an installed package",
        ),
        (["mobilenet_v2", "--name", "not good"], "'not good' cannot be a model's name"),
        (["mobilenet_v2", "--output", "."], "is a folder"),
        (["mobilenet_v2", "--weights", "IMAGENET1K_V1"], "is not in"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_cannot_be_done_is_told_in_one_line(arguments, complaint, folder, tmp_path, capsys):
    if "--output" not in arguments:
        arguments = [*arguments, "--output", str(tmp_path / "out.pth")]
    assert main(["quantize", *arguments, "--calibrate", str(folder)]) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert "Traceback" not in error
    assert not (tmp_path / "out.pth").exists()


def test_no_readable_image_is_an_error_that_leaves_nothing(tmp_path, home, capsys):
    import_mobilenet()
    (tmp_path / "text.jpg").write_text("no image")
    output = tmp_path / "out.pth"
    arguments = ["--output", str(output), "--calibrate", str(tmp_path / "text.jpg")]
    assert main(["quantize", "mobilenet_v2", "--weights", "IMAGENET1K_V1", *arguments]) == 1
    error = capsys.readouterr().err
    assert "text.jpg" in error
    assert "no image to calibrate with" in error
    assert not output.exists()
    assert not (home / "catalogs").exists()


def test_a_model_that_cannot_be_traced_is_an_error(tmp_path):
    from hub_quantization.graph import observed

    class Branching(torch.nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(hubcore.HubError, match="its graph cannot be traced"):
        observed(Branching(), "x86")


@pytest.mark.sweep
def test_a_quantized_onnx_file_sees_what_is_in_photos(tmp_path, capsys):
    """Run by ONNX Runtime, named by what it is, in less than 0.3 of the size."""
    import_mobilenet()
    photos = imagenet_photos()
    output = tmp_path / "int8.onnx"
    paths = [str(path) for path, _ in photos]
    assert main(["quantize", "mobilenet_v2", "--weights", "IMAGENET1K_V1", "--json",
                 "--output", str(output), "--calibrate", *paths]) == 0  # fmt: skip
    made = json.loads(capsys.readouterr().out)
    assert made["images"] == 20
    assert made["size"] == output.stat().st_size < 0.3 * made["float_size"]
    results = hubcore.predict(output, paths, engine="onnxruntime")
    named = [result.classes[0].category_id for result in results]
    assert sum(seen == label for seen, (_, label) in zip(named, photos, strict=True)) >= 16
    assert results[0].made_by == "mobilenet_v2 IMAGENET1K_V1 (int8)"


def test_a_quantized_onnx_file_has_neither_name_nor_backend(folder, tmp_path, capsys):
    """What is refused leaves nothing behind, and says what to install."""
    command = ["quantize", "mobilenet_v2", "--calibrate", str(folder)]
    command += ["--output", str(tmp_path / "int8.onnx")]
    for option in (["--name", "tiny"], ["--backend", "qnnpack"]):
        assert main([*command, *option]) == 1
        assert "an ONNX file has neither" in capsys.readouterr().err
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "hub_export", None)
        assert main(command) == 1
    assert "pip install 'hub-quantization[onnx]'" in capsys.readouterr().err
    assert not (tmp_path / "int8.onnx").exists()
