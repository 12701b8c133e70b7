"""timm's entries with files of ours, behind an address of ours."""

import json
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import timm
import torch
from servers import FaultyServer

import hubcore
from hubcore.store import default_store

CATALOG = Path(__file__).parents[1] / "hub_timm" / "catalog.json"
DATA = json.loads(CATALOG.read_text("utf-8"))


def seeded(name, server, tensors, tmp_path):
    """timm's entry, registered as of the distribution "seeded", with these tensors in its file."""
    path = tmp_path / f"{name}.pth"
    torch.save(tensors, path)
    enum = DATA["models"][name]["weights"]
    entry = deepcopy(DATA["weights"][enum])
    member = entry["members"]["PRETRAINED"]
    member["url"] = server.serve(f"/{name}/model.pth", path.read_bytes())
    member["sha256"] = None
    return hubcore.register(
        {**DATA, "models": {name: DATA["models"][name]}, "weights": {enum: entry}},
        name="seeded",
        trust=True,  # it names timm, which is not of the running program
    )


@contextmanager
def pinned(name, tmp_path):
    """The canonical name of timm's entry with random tensors at hand, and their file."""
    torch.manual_seed(0)
    tensors = timm.create_model(name).state_dict()
    with FaultyServer() as server, seeded(name, server, tensors, tmp_path):
        weights = hubcore.get_model_weights(f"seeded/{name}").DEFAULT
        path = weights.download(check_hash=False, progress=False)
        default_store().pin(weights.url, path.name)
        yield f"seeded/{name}", tmp_path / f"{name}.pth"


def assert_is_timms(name, tmp_path, arguments, build=None):
    """The hub's model with these arguments is the one that timm makes of the same file.

    Args:
        build: makes the hub's model, of its name and the arguments; default: `hubcore.get_model`.

    Returns:
        The hub's model and timm's.
    """
    with pinned(name, tmp_path) as (ours, path):
        torch.manual_seed(1)
        built = (build or hubcore.get_model)(ours, weights="DEFAULT", **arguments).eval()
        report = hubcore.load_report(built)
    file = {"file": str(path)}
    torch.manual_seed(1)
    peer = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=file, **arguments).eval()
    theirs = peer.state_dict()
    assert list(built.state_dict()) == list(theirs)
    for key, value in built.state_dict().items():
        assert torch.equal(value, theirs[key]), key
    # Whatever timm's own tensors were not made from is called new.
    torch.manual_seed(2)
    other = timm.create_model(
        name, pretrained=True, pretrained_cfg_overlay=file, **arguments
    ).state_dict()
    random = {key for key in theirs if not torch.equal(theirs[key], other[key])}
    assert random <= set(report.new)
    constant = {key for key, value in theirs.items() if not (value != value.flatten()[0]).any()}
    assert set(report.new) <= random | constant
    assert "state_dict" not in built.pretrained_cfg
    return built, peer


def assert_same_outputs(built, peer, images):
    """Both give the same for these images: a tensor, or a list of them."""
    with torch.inference_mode():
        found, expected = built(images), peer(images)
    if not isinstance(found, list):
        found, expected = [found], [expected]
    assert [y.shape for y in found] == [y.shape for y in expected]
    assert all(map(torch.equal, found, expected))


def smallest_of_each_module():
    """One name for each of timm's modules of architectures: that of its smallest model."""
    modules = timm.models._registry._model_to_module
    sizes = {
        entry["builder"]: entry["members"]["PRETRAINED"]["meta"].get("num_params", 0)
        for entry in DATA["weights"].values()
    }
    chosen = {}
    for name in sorted(DATA["models"], key=lambda name: sizes.get(name, 0)):
        chosen.setdefault(modules.get(name.partition(".")[0]), name)
    return sorted(chosen.values())
