"""Tasks of installed packages: listed as data, imported when a model is run; ours are the same."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from environments import write_dist_info
from PIL import Image
from torch import nn

import hubcore
from hubcore.catalogs.metrics import Metric, metric_of
from hubcore.catalogs.tasks import INPUTS, OURS, all_tasks, find_task
from hubcore.cli import main
from hubcore.errors import AmbiguousNameError, HubError, PluginError, UnknownNameError
from hubcore.prediction import PredictionError, Predictor
from hubcore.prediction.expansion import expand
from hubcore.prediction.tasks import require_task, task_class
from hubcore.store import default_store
from hubcore.testing import CHECKS, Fault, Skipped, Subject

DOCUMENT = (Path(__file__).parents[1] / "docs" / "tasks.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.M | re.S)
(FACTS,) = re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.M | re.S)

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes=4):
        super().__init__()
        self.conv = nn.Conv2d(3, num_classes, 8, 8)

    def forward(self, x):
        return self.conv(x).mean((2, 3))
"""


class Weights:
    """Weights that hubcore knows nothing of."""

    url = ""

    def __init__(self):
        self.meta = {}

    def transforms(self):
        from hubcore.transforms import ImageClassification

        return ImageClassification(crop_size=32)

    def get_state_dict(self, *args, **kwargs):
        return {}


class Net(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package that adds a task, as an unpacked wheel lies in site-packages."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    packages = []

    def install(package="acme_vectors", name="image-embedding", code=EXAMPLE, facts=FACTS,
                target="embedding:Embedding", catalog=None):  # fmt: skip
        packages.append(package)
        folder = site / package
        folder.mkdir()
        # Importing the package would be as bad as importing the task's module.
        (folder / "__init__.py").write_text(f"import sys\nsys.{package}_was_imported = True\n")
        (folder / "embedding.py").write_text(code)
        (folder / "net.py").write_text(NET)
        if facts is not None:
            (folder / "embedding.json").write_text(facts)
        points = f"[hubcore.tasks]\n{name} = {package}.{target}\n"
        if catalog is not None:
            (folder / "catalog.json").write_text(json.dumps(catalog))
            points += f"[hubcore.catalog]\n{package} = {package}:catalog.json\n"
        write_dist_info(site, package, points, fields="Summary: vectors\n\ntext\n")
        hubcore.refresh()
        return folder

    yield install
    for package in packages:
        for module in [m for m in sys.modules if m.partition(".")[0] == package]:
            del sys.modules[module]
        vars(sys).pop(f"{package}_was_imported", None)
    monkeypatch.undo()
    hubcore.refresh()


def catalog_with(folder, tmp_path):
    """A catalogue of one model for the documented task, with weights in the store."""
    from hubcore.download.hashing import sha256_of

    torch.manual_seed(0)
    state = {"conv.weight": torch.randn(4, 3, 8, 8), "conv.bias": torch.randn(4)}
    torch.save(state, tmp_path / "net.pth")
    default_store().add(tmp_path / "net.pth")
    member = {
        "url": "https://example.org/net.pth",
        "sha256": sha256_of(tmp_path / "net.pth"),
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
        "meta": {},
    }
    return {
        "schema": 1,
        "models": {"acme-net": {"task": "image-embedding", "architecture": f"{folder}.net:Net",
                                "weights": "Net_Weights"}},
        "weights": {"Net_Weights": {"builder": "acme-net", "default": "V1",
                                    "members": {"V1": member}}},
    }  # fmt: skip


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.effect_noise((120, 90), 80).convert("RGB").save(path)
    return path


# -- Ours


def test_our_tasks_are_written_as_those_of_packages():
    """Each has its facts in the file beside its module, a class, and metrics that are known."""
    ours = all_tasks()[: len(OURS)]
    assert [task.name for task in ours] == list(OURS)
    for task in ours:
        assert task.status == "ok"
        assert task.help
        assert task.input in INPUTS
        assert task.metrics
        assert all(metric_of(metric) for metric in task.metrics)
        assert task_class(task).__module__ == task.target.partition(":")[0]


def test_every_task_of_a_family_is_one_that_models_can_be_run_for():
    for name in hubcore.list_models():
        require_task(hubcore.model_info(name).task)


def test_tasks_are_imported_without_torch():
    """So that an engine that needs no torch can use them."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from hubcore.prediction.tasks import task_class\n"
        "from hubcore.catalogs.tasks import all_tasks\n"
        "print(*(task_class(task).__name__ for task in all_tasks() if not task.distribution))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(OURS)


# -- Packages'


def test_the_documented_task_is_run_drawn_and_printed(install, photo, tmp_path, capsys):
    install(catalog=catalog_with("acme_vectors", tmp_path))
    assert main(["list", "--task", "image-embedding"]) == 0
    assert "acme-net" in capsys.readouterr().out
    assert not hasattr(sys, "acme_vectors_was_imported")

    [result] = hubcore.predict("acme-net", photo, progress=False)
    vector = torch.tensor(result.values)
    assert vector.shape == (4,)
    assert vector.norm().item() == pytest.approx(1)
    assert result.draw().height > 90

    assert main(["predict", "acme-net", str(photo), "--output", str(tmp_path / "drawn")]) == 0
    assert "a vector of 4:" in capsys.readouterr().out
    assert len(list((tmp_path / "drawn").iterdir())) == 1
    assert main(["predict", "acme-net", str(photo), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["info"]["task"] == "image-embedding"
    assert document["annotations"][0]["embedding"] == pytest.approx(result.values, abs=1e-6)


def test_the_conformance_kit_passes_a_sound_package_and_runs_its_model(install, tmp_path):
    install(catalog=catalog_with("acme_vectors", tmp_path))
    subject = Subject.of_plugin("acme-vectors")
    for name in ("tasks", "preprocessing", "parameters", "head", "loading"):
        assert list(CHECKS[name](subject)) == [], name


@pytest.mark.parametrize(
    ("change", "check", "says"),
    [
        ({"target": "embedding:Absent"}, "tasks", "has no attribute 'Absent'"),
        ({"target": "embedding:Vector"}, "tasks", "is no subclass of Task"),
        ({"target": "embedding"}, "tasks", "not of the form 'module:Class'"),
        ({"code": "import absent_package"}, "tasks", "No module named 'absent_package'"),
        ({"code": EXAMPLE.replace("def results", "def other")}, "tasks", "lacks results"),
        ({"facts": "{"}, "tasks", "is not JSON"),
        ({"facts": FACTS.replace('"image"', '"smell"')}, "tasks", "'smell'"),
        ({"facts": FACTS.replace("false", '"no"')}, "tasks", "not a bool"),
        ({"facts": FACTS.replace('"lower"', '"left"')}, "tasks", "no description of a metric"),
        ({"name": "object-detection"}, "tasks", "is the name of a task of the hub's"),
        ({"code": EXAMPLE.replace("round(value, 6)", "float('nan')")}, "loading", "is no JSON"),
        ({"code": EXAMPLE.replace("output.float() /", "1 / 0 +")}, "loading", "division by zero"),
    ],
)
def test_the_conformance_kit_finds_what_is_wrong_with_a_task(
    install, tmp_path, change, check, says
):
    install(catalog=catalog_with("acme_vectors", tmp_path), **change)
    faults = [str(one) for one in CHECKS[check](Subject.of_plugin("acme-vectors"))
              if isinstance(one, Fault)]  # fmt: skip
    assert any(says in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("task", "kind", "says"),
    [
        ("object-detektion", Fault, "Did you mean 'object-detection'"),
        ("protein-folding", Skipped, "no installed package adds its task"),
    ],
)
def test_a_model_whose_task_nobody_adds_is_told_of(task, kind, says, tmp_path):
    """One that looks misspelt is a fault; another may come with a package that is not here."""
    catalog = catalog_with("acme_vectors", tmp_path)
    catalog["models"]["acme-net"]["task"] = task
    with hubcore.register(catalog, name="lone"):
        [found] = CHECKS["tasks"](Subject.of_plugin("lone"))
    assert isinstance(found, kind)
    assert says in str(found)


# -- Names and states


def test_a_package_cannot_take_a_name_of_ours(install):
    install(name="object-detection")
    assert find_task("object-detection").distribution == ""
    assert [t.distribution for t in all_tasks() if t.name == "object-detection"] == [""]


def test_a_name_that_two_packages_add_means_neither(install):
    install()
    install(package="other_vectors")
    with pytest.raises(AmbiguousNameError, match="other-vectors/image-embedding"):
        find_task("image-embedding")
    assert find_task("Other_Vectors/image-embedding").distribution == "other-vectors"


def test_a_broken_package_costs_only_its_own_task(install, capsys):
    install(facts="[]")
    with pytest.raises(PluginError, match="pip uninstall acme-vectors"):
        require_task("image-embedding")
    assert find_task("object-detection").status == "ok"
    assert main(["plugins", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["tasks"]
    [task] = [task for task in told if task["distribution"] == "acme-vectors"]
    assert task["status"] == "broken"
    assert "holds no object" in task["error"]
    assert main(["plugins"]) == 0
    assert "image-embedding" in capsys.readouterr().out


def test_a_disabled_package_adds_no_task(install, monkeypatch):
    install()
    monkeypatch.setenv("HUBCORE_DISABLE", "acme-vectors")
    with pytest.raises(PluginError, match="take it out of HUBCORE_DISABLE"):
        find_task("image-embedding")


def test_a_failure_of_the_tasks_module_names_its_package(install, photo):
    install(code="raise RuntimeError('no luck')")
    with pytest.raises(HubError, match=r"acme-vectors.*no luck.*pip uninstall acme-vectors"):
        Predictor(Net(), Weights(), task="image-embedding")


def test_an_unknown_task_gets_similar_names(install):
    install()
    with pytest.raises(PredictionError, match="Did you mean 'image-embedding'"):
        require_task("image-embeding")
    with pytest.raises(UnknownNameError, match="Tasks: image-classification"):
        find_task("zzz")


def test_the_summary_is_the_line_of_help_of_a_package_without_a_file(install):
    install(facts=None)
    task = find_task("image-embedding")
    assert (task.help, task.input, task.classes) == ("vectors", "image", True)


# -- Metrics and inputs


def test_metrics_of_tasks_have_a_direction_and_cannot_change_ours(install):
    assert metric_of("mean-rank") is None
    known = metric_of("miou")
    install(facts=FACTS.replace('"recall@1": {}', '"miou": {"better": "lower"}'))
    assert metric_of("Mean-Rank") == Metric(False, (1.0, float("inf")))
    assert metric_of("miou") == known
    install(package="other_vectors", name="other", facts=FACTS.replace("image-embedding", "other")
            .replace("[1, null]", "[0, 5]"))  # fmt: skip
    assert metric_of("mean-rank") is None


def test_the_task_decides_what_an_input_is(install, tmp_path):
    for number in range(3):
        Image.new("RGB", (9, 9)).save(tmp_path / f"{number}.png")
    install(facts=FACTS.replace('"image",', '"pair",'))
    pairs = expand(tmp_path, "image-embedding")
    assert [Path(pair.second.name).name for pair in pairs] == ["1.png", "2.png"]
    assert len(expand(tmp_path, "a task that nobody adds")) == 3
