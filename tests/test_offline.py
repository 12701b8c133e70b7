"""``HUBCORE_OFFLINE=1`` makes no connection, whatever is called."""

import json
import shlex
import shutil

import pytest
import torch
import torchvision
from environments import ROOT, write_plugin

import hubcore
from hubcore.cli import main
from hubcore.cli.commands import all_commands
from hubcore.cli.ours import OURS
from hubcore.errors import OfflineError

PHOTO = ROOT / "examples" / "photos" / "chelsea.png"
MISSING = "ResNet18_Weights.IMAGENET1K_V1"

# Every command, in the ways that might need a file or a server.
COMMANDS = [
    "list",
    "list --json",
    "show resnet18",
    f"show {MISSING}",
    f"predict resnet18 {PHOTO} --output {{tmp}}/out",
    "predict resnet18 https://example.org/cat.jpg --output {tmp}/out",
    "predict resnet18 s3://acme/photos --executor ray --output {tmp}/out",
    "predict resnet18 https://example.org/cat.jpg --executor ray --output {tmp}/out",
    f"download {MISSING}",
    f"download {MISSING} --output {{tmp}}/files",
    "download --all resnet18",
    "cache list",
    f"cache import {PHOTO}",
    "cache verify",
    "cache rm resnet18",
    "cache prune --unused --yes",
    "cache path resnet18",
    "cache forget https://download.pytorch.org/models/resnet18-f37072fd.pth",
    "store serve --port 0",
    "bundle create resnet18 -o {tmp}/b.hub",
    "bundle import {tmp}/missing.hub",
    "bundle list {tmp}/missing.hub",
    "bundle verify {tmp}/missing.hub",
    "lock resnet18 --output {tmp}/new.lock",
    "sync {tmp}/old.lock",
    "push s3://weights {tmp}/old.lock",
    "push {tmp}/mirror {tmp}/old.lock",
    "search x --index https://example.org/hub/",
    "list --index https://example.org/hub/",
    "plugins",
    "doctor",
    "help list",
    "version",
    "completion bash",
    "check hub-optical-flow",
    "check hub-optical-flow --online",
    "new {tmp}/acme-flowers",
    "pack {tmp}/w.pth --model resnet18 --categories {tmp}/names.txt --name acme --output {tmp}/d",
    "catalog list",
    "catalog rm nothing",
    "catalog validate {tmp}/acme-tiny/acme_tiny/catalog.json",
    "catalog export torchvision.models.resnet --builder ResNet18_Weights=resnet18",
    "licenses resnet18",
    "bom resnet18 --output {tmp}/bom.json",
    "bom --cached",
    f"card {MISSING}",
    "sign hub-video --key {tmp}/missing.pem --output {tmp}/s.sig",
    "verify hub-video --key {tmp}/missing.pub",
    "evaluate resnet18 --data {tmp}/images",
    "train resnet18 --data {tmp}/images --output {tmp}/t",
    "export resnet18 --output {tmp}/resnet18.pt2",
    f"embed resnet18 {PHOTO} --output {{tmp}}/f.parquet",
    "embed resnet18 'gs://acme/shards/*.tar' --executor ray --output {tmp}/out",
    f"similar {{tmp}}/missing.parquet {PHOTO}",
    "site build --output {tmp}/site",
    f"quantize resnet18 --calibrate {PHOTO.parent} --output {{tmp}}/q",
]


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    torch.save(torchvision.models.resnet18(num_classes=3).state_dict(), tmp_path / "w.pth")
    (tmp_path / "names.txt").write_text("daisy\nrose\ntulip\n")
    (tmp_path / "images" / "tabby").mkdir(parents=True)
    shutil.copy(PHOTO, tmp_path / "images" / "tabby")
    write_plugin(tmp_path, "acme-tiny", {"schema": 1})
    locked = {
        "url": "https://download.pytorch.org/models/resnet18-f37072fd.pth",
        "sha256": "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    }
    name = f"hub-classification/{MISSING}"
    lock = {"lock": 1, "plugins": {}, "weights": {name: locked}}
    (tmp_path / "old.lock").write_text(json.dumps(lock))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_makes_no_connection(command, offline, connections, tmp_path, capfd):
    try:
        code = main(shlex.split(command.format(tmp=tmp_path)))
    except SystemExit as exit:
        code = exit.code
    assert code != 2, capfd.readouterr().err  # the command was understood
    assert not connections


def test_no_command_is_left_out():
    tried = {command.split()[0] for command in COMMANDS}
    assert tried >= {*OURS, *(command.name for command in all_commands())}


def member():
    return hubcore.get_weight(MISSING)


# Every public function, and every method that might need a file.
CALLS = {
    "get_model": lambda: hubcore.get_model("resnet18", weights="DEFAULT"),
    "get_model_builder": lambda: hubcore.get_model_builder("resnet18")(weights="DEFAULT"),
    "get_model_weights": lambda: next(iter(hubcore.get_model_weights("resnet18"))).download(),
    "get_weight": lambda: member().get_state_dict(),
    "predict": lambda: hubcore.predict("resnet18", PHOTO, weights="DEFAULT"),
    "embed": lambda: hubcore.embed("resnet18", PHOTO),
    "features": lambda: hubcore.features("resnet18"),
    "list_models": lambda: hubcore.list_models(),
    "license_evidence": lambda: hubcore.license_evidence(MISSING),
    "list_weights": lambda: hubcore.list_weights(),
    "model_info": lambda: hubcore.model_info("resnet18"),
    "weights_info": lambda: hubcore.weights_info(MISSING),
    "plugins": lambda: hubcore.plugins(),
    "refresh": lambda: hubcore.refresh(),
    "register": lambda: hubcore.register({"schema": 1}).remove(),
    "load_report": lambda: hubcore.load_report(hubcore.get_model("resnet18")),
    "torch.hub.load": lambda: torch.hub.load(
        str(ROOT), "resnet18", source="local", weights="DEFAULT"
    ),
    "transforms": lambda: member().transforms(),
    "torchvision's member": lambda: hubcore.get_model(
        "resnet18", weights=torchvision.models.ResNet18_Weights.DEFAULT
    ),
    "weights_backbone": lambda: hubcore.get_model("fcn_resnet50", weights_backbone="DEFAULT"),
}
# Types, and decorators that only wrap a function.
NOT_CALLED = {
    "HubError",
    "LoadReport",
    "ModelInfo",
    "Preprocessing",
    "Weights",
    "WeightsEnum",
    "WeightsInfo",
    "WeightsLike",
    "handle_legacy_interface",
    "kwonly_to_pos_or_kw",
}
NEED_A_FILE = {
    "get_model",
    "get_model_builder",
    "get_model_weights",
    "get_weight",
    "predict",
    "embed",
    "features",
    "torch.hub.load",
    "torchvision's member",
    "weights_backbone",
}


@pytest.mark.parametrize("name", CALLS)
def test_a_function_makes_no_connection(name, offline, connections):
    if name in NEED_A_FILE:
        with pytest.raises(OfflineError):
            CALLS[name]()
    else:
        CALLS[name]()
    assert not connections


def test_no_public_name_is_left_out():
    assert {*CALLS, *NOT_CALLED} >= set(hubcore.__all__)


def test_without_the_setting_a_connection_would_be_seen(monkeypatch, connections):
    """So the tests above can fail."""
    monkeypatch.setenv("HUBCORE_MIRRORS", "https://download.pytorch.org/=http://127.0.0.1:9/")
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    with pytest.raises(hubcore.HubError):
        hubcore.get_weight("MobileNet_V2_Weights.IMAGENET1K_V1").download()
    assert connections
