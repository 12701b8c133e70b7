"""The catalogues of the built-in families: valid, equal to torchvision, and the files current."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("torchvision")

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "scripts"))

from catalogtool import compare  # noqa: E402  # needs the path above
from catalogtool.families import FAMILIES, Family  # noqa: E402

import hubcore  # noqa: E402
from hubcore.catalogs.catalog import Catalog  # noqa: E402

SCHEMA = json.loads((ROOT / "hubcore" / "catalogs" / "catalog.schema.json").read_text("utf-8"))
FAMILY = {family.name: family for family in FAMILIES}
each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def catalog_data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(FAMILY[name].catalog.read_text("utf-8"))
    return data


def schema_errors(data: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def run_script(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "torchvision_catalog.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)


# The schema


def test_the_schema_is_a_json_schema() -> None:
    """It is valid against the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@each_family
def test_every_catalogue_is_valid(family: Family) -> None:
    """Each committed catalogue keeps the published schema."""
    assert schema_errors(catalog_data(family.name)) == []


def test_unknown_keys_are_allowed() -> None:
    """A newer catalogue of the same format may say more, anywhere."""
    data = catalog_data("optical-flow")
    data["future"] = 1
    data["models"]["raft_large"]["future"] = 1
    data["weights"]["Raft_Large_Weights"]["future"] = 1
    member = data["weights"]["Raft_Large_Weights"]["members"]["C_T_V1"]
    member["future"] = member["meta"]["future"] = 1
    assert schema_errors(data) == []


def _set(*path: str) -> Callable[[dict[str, Any], Any], None]:
    """A change of one value in a catalogue of optical flow."""

    def change(data: dict[str, Any], value: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


MODEL = ("models", "raft_large")
ENUM = ("weights", "Raft_Large_Weights")
MEMBER = (*ENUM, "members", "C_T_V1")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "1"),
        (("schema",), 0),
        (("lists",), {"names": "../names.json"}),
        (("lists",), {"names": "/names.json"}),
        ((*MODEL, "task"), None),
        ((*MODEL, "architecture"), "torchvision.models"),
        ((*MODEL, "architecture"), ["torchvision.models:resnet50"]),
        ((*MODEL, "head"), "fc"),
        ((*MODEL, "pretrained"), ["C_T_V1"]),
        ((*MODEL, "parameters"), ["weights"]),
        ((*ENUM, "members"), {}),
        ((*ENUM, "default"), "not a name"),
        ((*MEMBER, "url"), None),
        ((*MEMBER, "sha256"), "abc"),
        ((*MEMBER, "sha256"), "A" * 64),
        ((*MEMBER, "size"), "5 MB"),
        ((*MEMBER, "transforms"), ["hubcore.transforms:OpticalFlow", []]),
        ((*MEMBER, "meta", "min_size"), [128]),
        ((*MEMBER, "meta", "_metrics"), {"Sintel": 1.0}),
        ((*MEMBER, "meta", "unquantized"), "ResNet50_Weights.V1"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_the_schema_refuses_faults(path: tuple[str, ...], value: Any) -> None:
    """A value of a wrong kind is an error at its place."""
    data = catalog_data("optical-flow")
    _set(*path)(data, value)
    assert any(path[-1] in error or path[-2] in error for error in schema_errors(data))


def test_every_description_is_its_own() -> None:
    """No two models and no two weights of any family are described by the same words."""
    texts: list[str] = []
    for family in FAMILIES:
        data = catalog_data(family.name)
        texts += [model["doc"] for model in data["models"].values()]
        for enum in data["weights"].values():
            texts += [member["meta"]["_docs"] for member in enum["members"].values()]
    assert sorted(set(texts)) == sorted(texts)


# Equality with torchvision


def test_nothing_differs_from_torchvision() -> None:
    """The check finds no difference, and all made files are what the script makes."""
    result = run_script(ROOT, "check")
    assert result.stdout.startswith("no differences from torchvision "), result.stdout
    assert result.returncode == 0, result.stderr


def _differences(family: str, data: dict[str, Any]) -> list[str]:
    ours = FAMILY[family]
    catalog = Catalog(data, ours.distribution, package=ours.package, path=ours.catalog)
    return list(compare.differences(ours, catalog))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*MODEL, "task"), "object-detection"),
        ((*MODEL, "architecture"), "torchvision.models.optical_flow:raft_small"),
        ((*MODEL, "loads_weights"), False),
        ((*MODEL, "parameters"), {"progress": True, "weights": None}),
        ((*MODEL, "parameters", "progress"), False),
        ((*MODEL, "parameters", "size"), 1),
        ((*MODEL, "pretrained"), "C_T_V1"),
        ((*MODEL, "head"), ["fc"]),
        ((*MODEL, "doc"), ""),
        ((*ENUM, "builder"), "raft_small"),
        ((*ENUM, "default"), "C_T_V1"),
        ((*ENUM, "aliases"), {"OLD": "C_T_V1"}),
        ((*MEMBER, "url"), "https://download.pytorch.org/models/raft_large_C_T_V1-12345678.pth"),
        ((*MEMBER, "sha256"), "0" * 64),
        ((*MEMBER, "license"), "BSD-3-Clause"),
        ((*MEMBER, "transforms"), ["hubcore.transforms:ObjectDetection", {}]),
        ((*MEMBER, "transforms"), ["hubcore.transforms:OpticalFlow", {"size": 1}]),
        ((*MEMBER, "meta", "num_params"), 1),
        ((*MEMBER, "meta", "min_size"), [128, 127]),
        ((*MEMBER, "meta", "_metrics"), {}),
        ((*MEMBER, "meta", "_ops"), 1.0),
        ((*MEMBER, "meta", "note"), "one key more"),
        ((*MEMBER, "meta", "categories"), "@coco-91"),
        ((*MEMBER, "meta", "_docs"), ""),
    ],
    ids=lambda value: ".".join(value[1:]) if isinstance(value, tuple) else None,
)
def test_the_check_reports_each_fault(path: tuple[str, ...], value: Any) -> None:
    """Whatever is altered in a catalogue is a difference that names its place."""
    data = catalog_data("optical-flow")
    assert _differences("optical-flow", data) == []
    _set(*path)(data, value)
    found = _differences("optical-flow", data)
    assert found, f"a changed {'.'.join(path)} went unnoticed"
    assert all(line.startswith((path[1], "raft_small")) for line in found)


@pytest.mark.parametrize("path", [MODEL, ENUM, MEMBER, (*MEMBER, "meta", "recipe")])
def test_the_check_reports_what_is_missing(path: tuple[str, ...]) -> None:
    """A model, an enumeration, a member or a key that torchvision has and the catalogue lacks."""
    data = catalog_data("optical-flow")
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    del parent[path[-1]]
    assert any(path[-1] in line for line in _differences("optical-flow", data))


def test_the_check_reports_what_is_too_much() -> None:
    """A model that neither torchvision nor the project's own data has."""
    data = catalog_data("optical-flow")
    data["models"]["raft_huge"] = copy.deepcopy(data["models"]["raft_large"])
    assert "models: raft_huge is not in torchvision" in _differences("optical-flow", data)


def test_the_check_compares_preprocessing_by_effect() -> None:
    """An argument equal to its default is no difference; one that changes the result is."""
    data = catalog_data("segmentation")
    transforms = data["weights"]["FCN_ResNet50_Weights"]["members"]["COCO_WITH_VOC_LABELS_V1"][
        "transforms"
    ]
    transforms[1]["interpolation"] = "bilinear"
    assert _differences("segmentation", data) == []
    transforms[1]["interpolation"] = "nearest"
    (found,) = _differences("segmentation", data)
    assert "transforms.interpolation" in found


def test_the_check_holds_the_hubs_own_models_against_their_code() -> None:
    """DETR is not in torchvision; its facts must be those of its own module."""
    data = catalog_data("detection")
    data["models"]["detr_resnet50"]["head"] = ["fc"]
    data["weights"]["DETR_ResNet50_Weights"]["members"]["COCO_V1"]["meta"]["num_params"] = 1
    assert sorted(_differences("detection", data)) == [
        "DETR_ResNet50_Weights.COCO_V1.meta.num_params: is 1, should be 41524768",
        "detr_resnet50.head: is ['fc'], should be ['class_embed']",
    ]


def test_the_check_resolves_references() -> None:
    """Weights that `unquantized` names must exist, and must be the right ones."""
    data = catalog_data("quantization")
    meta = data["weights"]["ResNet18_QuantizedWeights"]["members"]["IMAGENET1K_FBGEMM_V1"]["meta"]
    meta["unquantized"] = "@ResNet18_Weights.NOWHERE"
    assert any("ResNet18_Weights.NOWHERE" in line for line in _differences("quantization", data))
    meta["unquantized"] = "@ResNet34_Weights.IMAGENET1K_V1"
    assert any("meta.unquantized" in line for line in _differences("quantization", data))


def test_the_script_fails_on_a_difference(tmp_path: Path) -> None:
    """In a clone with one wrong figure and a stale table it lists both, with exit code 1."""
    for folder in ("hubcore", "plugins", "scripts"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    clone = tmp_path / "plugins" / "hub-optical-flow"
    catalog = clone / "hub_optical_flow" / "catalog.json"
    catalog.write_text(catalog.read_text("utf-8").replace("5257536", "5257537"), "utf-8")
    readme = clone / "README.md"
    readme.write_text(readme.read_text("utf-8").replace("1.4411", "1.4"), "utf-8")
    result = run_script(tmp_path, "check", "--family", "optical-flow")
    assert result.returncode == 1, result.stderr
    assert "C_T_V1.meta.num_params: is 5257537, should be 5257536" in result.stdout
    assert "README.md is not what 'generate' writes" in result.stdout


def test_every_model_has_torchvisions_enumeration() -> None:
    """`get_model_weights` names the same enumeration, with the same members in the same order."""
    models = pytest.importorskip("torchvision.models")
    for family in FAMILIES:
        pytest.importorskip(family.package)
    for name in models.list_models():
        ours, theirs = hubcore.get_model_weights(name), models.get_model_weights(name)
        assert (ours.__name__, list(ours.__members__)) == (
            theirs.__name__,
            list(theirs.__members__),
        )
        assert ours.DEFAULT.name == theirs.DEFAULT.name


# The stubs


@each_family
def test_stubs_name_what_the_package_offers(family: Family) -> None:
    """Every name of the package is in its stub, with the builder's very parameters."""
    module = pytest.importorskip(family.package)
    tree = ast.parse(family.stub.read_text("utf-8"))
    names: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = names[ast.unparse(node.value)]
    assert set(names) == set(module.__all__)
    for name, node in names.items():
        offered = getattr(module, name)
        if isinstance(node, ast.ClassDef):
            members = [ast.unparse(item.targets[0]) for item in node.body]  # type: ignore[attr-defined]
            assert members == list(offered.__members__)
            continue
        assert isinstance(node, ast.FunctionDef)
        parameters = inspect.signature(offered).parameters
        written = dict(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
        assert {a.arg: ast.unparse(d) for a, d in written.items() if d is not None} == {
            key: parameter.default
            if isinstance(parameter.default, str)
            else repr(parameter.default)
            for key, parameter in parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY
        }


def test_type_checkers_understand_the_stubs(tmp_path: Path) -> None:
    """Members, builders and their results have the types that a user expects."""
    pytest.importorskip("mypy")
    for package in ("hub_classification", "hub_quantization"):
        importlib.import_module(package)
    program = tmp_path / "program.py"
    program.write_text(
        "from hub_classification import ResNet50_Weights, resnet50\n"
        "from hub_quantization import quantized_resnet50\n"
        "model = resnet50(weights=ResNet50_Weights.DEFAULT, progress=False, num_classes=10)\n"
        "resnet50(weights='IMAGENET1K_V2')\n"
        "quantized_resnet50(weights=ResNet50_Weights.IMAGENET1K_V1, quantize=False)\n"
        "url: str = ResNet50_Weights.IMAGENET1K_V2.url\n"
        "wrong: int = ResNet50_Weights.IMAGENET1K_V2.url\n"
        "resnet50(weights=5)\n"
        "ResNet50_Weights.IMAGENET1K_V9\n"
        "import hubcore\n"
        "[found] = hubcore.predict('resnet50', 'a.jpg', task='image-classification')\n"
        "label: str = found.classes[0].label\n"
        "wrong_too: int = found.classes[0].label\n"
        "hubcore.get_model('resnet50', weights=5.5)\n"
    )
    # Without torch's own types, whose reading would take most of the time.
    settings = tmp_path / "mypy.ini"
    settings.write_text(
        "[mypy]\nstrict = True\nfollow_imports = silent\n"
        "[mypy-torch.*]\nfollow_imports = skip\n"
        "[mypy-torchvision.*]\nignore_missing_imports = True\n"
    )
    paths = [str(ROOT), *(str(family.folder) for family in FAMILIES)]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(settings), str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"MYPYPATH": os.pathsep.join(paths), "PATH": ""},
    )
    lines = [line.partition(": error")[0] for line in result.stdout.splitlines()[:-1]]
    assert [line.rpartition(":")[2] for line in lines] == ["7", "8", "9", "13", "14"], result.stdout
