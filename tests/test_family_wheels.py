"""The families as distributions: what their wheels hold, and what installing one brings."""

from __future__ import annotations

import email
import json
import zipfile

import pytest
from environments import ROOT, Environment

# A family, what pip must bring along with it, and a model that is quick to build.
FAMILIES = {
    "classification": ((), "mobilenet_v3_small()"),
    "detection": (
        ("hub-classification",),
        "ssdlite320_mobilenet_v3_large(weights_backbone=None)",
    ),
    "segmentation": (
        ("hub-classification",),
        "lraspp_mobilenet_v3_large(weights_backbone=None)",
    ),
    "quantization": (("hub-classification",), "quantized_shufflenet_v2_x0_5()"),
    "video": ((), "s3d()"),
    "optical-flow": ((), "raft_small()"),
}
each_family = pytest.mark.parametrize("family", FAMILIES)


@each_family
def test_a_wheel_holds_the_catalogue_and_the_types(family, wheels):
    """Without its catalogue a wheel offers nothing; without its stub editors complete nothing."""
    package = f"hub_{family.replace('-', '_')}"
    with zipfile.ZipFile(wheels(f"hub-{family}")) as wheel:
        names = set(wheel.namelist())
        metadata = email.message_from_bytes(
            wheel.read(next(name for name in names if name.endswith("/METADATA")))
        )
        entry_points = wheel.read(
            next(name for name in names if name.endswith("/entry_points.txt"))
        ).decode()
        catalog = json.loads(wheel.read(f"{package}/catalog.json"))
    assert {f"{package}/{name}" for name in ("__init__.py", "__init__.pyi", "py.typed")} <= names
    assert not any("tests" in name for name in names)
    assert f"{family} = {package}:catalog.json" in entry_points
    assert catalog["models"]
    assert metadata["Requires-Python"] == ">=3.10"
    requirements = metadata.get_all("Requires-Dist")
    needed = [requirement.partition(";")[0] for requirement in requirements]  # without conditions
    assert not any("<" in requirement or "==" in requirement for requirement in needed)


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(name, marks=() if name == "detection" else pytest.mark.sweep)
        for name in FAMILIES
    ],
)
def test_installing_a_family_brings_what_it_needs(family, wheels, tmp_path):
    """From hubcore alone, `pip install hub-X` is enough to build a model of the family."""
    needed, model = FAMILIES[family]
    for name in ("hubcore", "hub-classification", f"hub-{family}"):
        folder = wheels(name).parent
    environment = Environment(tmp_path / "environment")
    environment.install(wheels("hubcore"))
    environment.pip("install", "-q", "--no-index", "--find-links", folder, f"hub-{family}")
    package, builder = f"hub_{family.replace('-', '_')}", model.partition("(")[0]
    result = environment.run(
        f"import json, hubcore\n"
        f"from {package} import {builder}\n"
        f"names = sorted(plugin.distribution for plugin in hubcore.plugins())\n"
        f"print(json.dumps([names, type({model}).__module__, hubcore.list_models()]))\n"
    )
    names, module, models = json.loads(result.stdout)
    assert names == sorted({f"hub-{family}", *needed})
    assert module.startswith("torchvision.models.")
    catalog = ROOT / "plugins" / f"hub-{family}" / package / "catalog.json"
    assert set(json.loads(catalog.read_text("utf-8"))["models"]) <= set(models)
