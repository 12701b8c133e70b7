"""Builders, members and preprocessing reach processes that know nothing of their parent."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_torch_hub import bare_site, clone, run  # noqa: F401  # fixtures

import hubcore
from hubcore.download.hashing import sha256_of

SCRIPT = """
import multiprocessing, sys
from pathlib import Path

import torch


class Data(torch.utils.data.Dataset):
    def __init__(self, builder, member):
        self.model, self.member, self.preprocess = builder, member, member.transforms()

    def __len__(self):
        return 2

    def __getitem__(self, index):
        model = self.model(weights=self.member).eval()
        image = self.preprocess(torch.zeros(3, 80, 80, dtype=torch.uint8))
        return model(image.unsqueeze(0)).detach()[0]


def describe(builder, member, send):
    import hubcore

    send.put((builder.__name__, repr(member), member is hubcore.get_weight(NAME)))
    send.put(hubcore.get_model(MODEL, weights=member) is not None)


def main(method):
    HEAD
    processes = multiprocessing.get_context(method)
    queue = processes.Queue()
    child = processes.Process(target=describe, args=(builder, member, queue))
    child.start()
    print(*queue.get(timeout=120), queue.get(timeout=120))
    child.join()
    data = Data(builder, member)
    loader = torch.utils.data.DataLoader(data, num_workers=1, multiprocessing_context=method)
    (first, second) = loader
    print(torch.equal(first, second), torch.allclose(first[0], data[0], atol=1e-5))


if __name__ == "__main__":
    main(sys.argv[1])
"""

REGISTERED = """
    import hubcore
    hubcore.register(Path("catalog.json"), name="acme", trust=True)
    builder, member = hubcore.get_model_builder("acme/net"), hubcore.get_weight(NAME)
"""

NETS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 8, 8)
        self.fc = nn.Linear(4, num_classes)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))
"""


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A program with a model of its own, a catalogue and a checkpoint."""
    (tmp_path / "acme_nets.py").write_text(NETS)
    scope = {}
    exec(NETS, scope)
    torch.save(scope["Net"]().state_dict(), tmp_path / "w.pth")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def catalog_of(path):
    member = {
        "url": path.as_uri(),
        "sha256": sha256_of(path),
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
        "meta": {"categories": ["a", "b", "c"]},
    }
    return {
        "schema": 1,
        "models": {
            "net": {
                "task": "image-classification",
                "architecture": "acme_nets:Net",
                "weights": "Net_Weights",
                "head": ["fc"],
            }
        },
        "weights": {"Net_Weights": {"builder": "net", "default": "V1", "members": {"V1": member}}},
    }


def script(head, name, model):
    return (SCRIPT.replace("    HEAD\n", head.lstrip("\n")).replace("NAME", repr(name))).replace(
        "MODEL", repr(model)
    )


def run_script(text, method):
    Path("program.py").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", method], capture_output=True, text=True, timeout=300,
        env={**os.environ, "HUBCORE_HOME": str(Path("home").resolve())}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("method", "source"),
    [
        ("spawn", "a file"),
        pytest.param("forkserver", "a dictionary", marks=pytest.mark.sweep),
    ],
)
def test_what_was_registered_is_registered_there_too(method, source, workplace):
    import json

    (workplace / "catalog.json").write_text(json.dumps(catalog_of(workplace / "w.pth")))
    head = REGISTERED
    if source == "a dictionary":
        head = head.replace('Path("catalog.json")', '__import__("json").load(open("catalog.json"))')
    lines = run_script(script(head, "acme/Net_Weights.V1", "acme/net"), method)
    assert lines == ["net Net_Weights.V1 True True", "True True"]


def test_weights_that_were_registered_for_a_model_of_ours(workplace):
    from torchvision.models import squeezenet1_1

    torch.save(squeezenet1_1(num_classes=3).state_dict(), workplace / "s.pth")
    import json

    catalog = catalog_of(workplace / "s.pth")
    del catalog["models"]
    catalog["weights"]["Net_Weights"]["builder"] = "squeezenet1_1"
    (workplace / "catalog.json").write_text(json.dumps(catalog))
    head = REGISTERED.replace("acme/net", "squeezenet1_1")
    lines = run_script(script(head, "acme/Net_Weights.V1", "squeezenet1_1"), "spawn")
    assert lines == ["squeezenet1_1 Net_Weights.V1 True True", "True True"]


FAMILY = """
import multiprocessing, sys


def describe(values, queue):
    import hubcore, hub_detection
    builder, member, preprocess, model = values
    queue.put((builder is hub_detection.detr_resnet50, member is hubcore.get_weight(repr(member)),
               type(preprocess).__name__, model.__module__))


def main():
    import hub_detection, hubcore
    member = hubcore.get_weight("DETR_ResNet50_Weights.DEFAULT")
    from hub_detection.detr import DETR
    values = hub_detection.detr_resnet50, member, member.transforms(), DETR
    for method in ("spawn", "forkserver"):
        processes = multiprocessing.get_context(method)
        queue = processes.Queue()
        child = processes.Process(target=describe, args=(values, queue))
        child.start()
        print(*queue.get(timeout=120))
        child.join()


if __name__ == "__main__":
    START
    main()
"""
EXPECTED = ["True True ObjectDetection hub_detection.detr"] * 2


def test_an_installed_familys_builder_member_preprocessing_and_model(workplace):
    text = FAMILY.replace("START", "pass")
    assert run_script(text, "") == EXPECTED


def test_those_of_a_bare_clone_through_torch_hub(clone, bare_site, tmp_path):  # noqa: F811
    """Other folders of the clone stay out of the new process too."""
    start = "import os, torch; torch.hub.load(os.environ['CLONE'], 'resnet18', source='local')"
    text = FAMILY.replace("START", start)
    (tmp_path / "program.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-S", "program.py"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(bare_site), "CLONE": str(clone),
             "HUBCORE_HOME": str(tmp_path / "home")}, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == EXPECTED
    assert {p.name for p in clone.joinpath(".torch_hub").iterdir()} >= {
        "hubcore.py", "hub_detection.py",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["resnet50", "detr_resnet50", "quantized_resnet18"])
def test_a_builder_is_one_object_in_a_process_however_it_was_copied(name):
    import copy

    builder = hubcore.get_model_builder(name)
    assert pickle.loads(pickle.dumps(builder)) is builder
    assert copy.copy(builder) is builder
    assert copy.deepcopy(builder) is builder


def test_builders_of_packages_without_code_and_of_odd_names_pickle(workplace):
    catalog = catalog_of(workplace / "w.pth")
    catalog["models"]["net.a1-in1k"] = catalog["models"]["net"]
    with hubcore.register(catalog, name="acme"):
        builder = hubcore.get_model_builder("acme/net.a1-in1k")
        assert pickle.loads(pickle.dumps(builder)) is builder


def test_a_builder_knows_what_is_registered_later(workplace):
    """It is also the same builder still."""
    from torchvision.models import squeezenet1_1

    builder = hubcore.get_model_builder("squeezenet1_1")
    torch.save(squeezenet1_1(num_classes=3).state_dict(), workplace / "s.pth")
    catalog = catalog_of(workplace / "s.pth")
    del catalog["models"]
    catalog["weights"]["Net_Weights"]["builder"] = "squeezenet1_1"
    with hubcore.register(catalog, name="acme"):
        assert builder(weights="acme/Net_Weights.V1").num_classes == 3
        assert hubcore.get_model_builder("squeezenet1_1") is builder
