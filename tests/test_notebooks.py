"""What notebooks show: tables, pictures and progress, where others see lists and lines."""

import io
import pickle
import sys
from hashlib import sha256
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from photos import COFFEE, import_mobilenet
from PIL import Image
from servers import FaultyServer

import hubcore
from hubcore.catalogs.shown import ModelNames
from hubcore.download.progress import Progress
from hubcore.prediction import Classification, ClassificationResult
from hubcore.prediction.inputs import ImageInput


def test_names_and_plugins_are_lists_that_notebooks_show_as_tables():
    names = hubcore.list_models("resnet18")
    assert names == ["resnet18"]
    assert pickle.loads(pickle.dumps(names)) == ["resnet18"]
    html = names._repr_html_()
    assert "<td>resnet18</td><td>image-classification</td><td>hub-classification</td>" in html
    assert "<td>hub-classification</td>" in hubcore.plugins()._repr_html_()
    assert ModelNames()._repr_html_().endswith("<tbody></tbody></table>")


def test_weights_are_shown_with_their_facts():
    html = hubcore.get_weight("ResNet18_Weights.IMAGENET1K_V1")._repr_html_()
    assert "<td>parameters</td><td>11,689,512</td>" in html
    assert "<td>acc@1 on ImageNet-1K</td><td>69.758</td>" in html


def test_a_result_shows_its_picture():
    image = ImageInput("grey.png", Image.new("RGB", (64, 48)))
    result = ClassificationResult(image, (64, 48), (Classification("cat", 1, 0.9),))
    assert Image.open(io.BytesIO(result._repr_png_())).size == result.draw().size


def test_a_load_report_fits_a_line():
    class Own:
        url, transforms, meta = "own", None, {"categories": ["x"] * 10}

        def get_state_dict(self, **_):
            return hubcore.get_model("resnet18", num_classes=10).state_dict()

        def __repr__(self):
            return "own"

    report = hubcore.load_report(hubcore.get_model("resnet18", weights=Own(), num_classes=3))
    assert repr(report) == ("<LoadReport of own: 120 tensors loaded, 2 (fc.weight, fc.bias) new>")


@pytest.mark.parametrize("notebook", [True, False])
def test_progress_is_shown_in_notebooks_whose_streams_are_no_terminals(
    notebook, monkeypatch, capsys
):
    shell = SimpleNamespace(config={"IPKernelApp": {}} if notebook else {})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "tqdm.auto", sys.modules.get("tqdm") or __import__("tqdm"))
    display = Progress("weights.pth")
    display.expect("one", 100)
    display.gained(100)
    display.close()
    assert ("weights.pth: 100%" in capsys.readouterr().err) is notebook


CELLS = {
    "names": "import hubcore; hubcore.list_models('resnet18')",
    "weights": "hubcore.get_weight('ResNet18_Weights.DEFAULT')",
    "plugins": "hubcore.plugins()",
    "picture": (
        "[result] = hubcore.predict('mobilenet_v2', PHOTO, weights='IMAGENET1K_V1'); result"
    ),
    "progress": "hubcore.get_weight('Kernel_Weights.V1').download()",
}
CATALOG = """
hubcore.register({"schema": 1, "weights": {"Kernel_Weights": {
    "builder": "resnet18", "default": "V1", "members": {"V1": {
        "url": URL, "sha256": SHA256, "license": "MIT",
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 224}],
        "meta": {"categories": []},
}}}}}, name="kernel");
"""


def test_a_real_kernel_shows_tables_pictures_and_progress(tmp_path):
    """As Jupyter runs it: nothing else is printed, no warning either."""
    nbformat = pytest.importorskip("nbformat")
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    import_mobilenet()
    data = bytes(3_000_000)
    with FaultyServer() as server:
        url = server.serve("/kernel.pth", data)
        names = f"PHOTO, URL, SHA256 = {str(COFFEE)!r}, {url!r}, {sha256(data).hexdigest()!r}\n"
        cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
        cells[0].source += "; " + names + CATALOG + "hubcore.list_models('resnet18')"
        notebook = nbformat.v4.new_notebook(cells=cells)
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc")
        NotebookClient(notebook, km=kernel, timeout=300).execute()
    shown = {name: cell.outputs for name, cell in zip(CELLS, cells, strict=True)}
    for name, kind in (("names", "html"), ("weights", "html"), ("plugins", "html")):
        [output] = shown[name]
        assert "<table" in output["data"][f"text/{kind}"]
    # The checkpoint has torch's old format, and whoever waits for its conversion is told.
    *said, output = shown["picture"]
    text = "".join(one.get("text", "") for one in said)
    assert "Warning" not in text
    assert not text or "converting the checkpoint" in text
    assert "image/png" in output["data"]
    *bars, path = shown["progress"]
    assert path["data"]["text/plain"].startswith("PosixPath(")
    if "ipywidgets" not in sys.modules and not find_spec("ipywidgets"):
        text = "".join(bar["text"] for bar in bars)
        assert "kernel.pth: 100%" in text
        assert "Warning" not in text
