"""No password, token or signed query of an address leaves the process, whatever is called."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import traceback

import pytest
import torch

import hubcore
from hubcore.cli import main
from hubcore.store import default_store

BODY = b"x" * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()
SECRETS = ("s3cretPW", "bob:", "T0KEN", "S1GNED")
ADDRESS = "https://bob:s3cretPW@models.invalid/w.pth?token=T0KEN&X-Amz-Signature=S1GNED"

PHOTOS = ADDRESS.replace("w.pth", "*.jpg")  # as they are listed, nothing of a cluster is needed


@pytest.fixture
def private(own_home, tmp_path, monkeypatch):
    """A catalogue whose addresses hold secrets, and its file in the store."""
    (own_home / "catalogs").mkdir()
    members = {
        "V1": {
            "url": ADDRESS,
            "mirrors": [ADDRESS.replace("models", "mirror")],
            "sha256": DIGEST,
            "transforms": "hubcore.transforms:ImageClassification",
            "meta": {"categories": ["cat"]},
        }
    }
    document = {
        "schema": 1,
        "models": {
            "acmenet": {
                "task": "image-classification",
                "architecture": "torchvision.models:resnet18",
                "weights": "A_Weights",
            }
        },
        "weights": {"A_Weights": {"builder": "acmenet", "default": "V1", "members": members}},
    }
    (own_home / "catalogs" / "acme.json").write_text(json.dumps(document), "utf-8")
    (tmp_path / "w.pth").write_bytes(BODY)
    (tmp_path / "images" / "cat").mkdir(parents=True)
    (tmp_path / "images" / "cat" / "1.png").write_bytes(BODY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUBCORE_RETRIES", "1")
    return own_home


def test_no_command_tells_or_writes_a_secret(private, tmp_path, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    commands = [
        ["download", "acmenet"],
        ["cache", "import", "w.pth", "--sha256", DIGEST],
        ["show", "acmenet"],
        ["show", "acmenet", "--json"],
        ["show", "A_Weights.V1"],
        ["show", "A_Weights.V1", "--json"],
        ["list", "acme*", "--json"],
        ["list", "--weights", "acme*", "--json"],
        ["show", "A_Weights"],
        ["show", "A_Weights", "--json"],
        ["version"],
        ["lock", "acmenet"],
        ["lock", "acmenet", "-o", "json.lock", "--json"],
        ["sync"],
        ["sync", "--frozen", "--json"],
        ["push", "mirror"],
        ["push", "mirror", "--json"],
        ["bundle", "create", "acmenet", "-o", "b.hub"],
        ["cache", "list"],
        ["cache", "list", "--json"],
        ["bundle", "list", "b.hub"],
        ["bundle", "verify", "b.hub", "--json"],
        ["catalog", "list", "--json"],
        ["cache", "verify"],
        ["cache", "pin", "A_Weights.V1", DIGEST],
        ["cache", "path", "acmenet"],
        ["cache", "forget", "A_Weights.V1"],
        ["cache", "forget", ADDRESS],
        ["cache", "prune", "--unused"],
        ["bundle", "import", "b.hub"],
        ["bundle", "import", "b.hub", "--trust", "--json"],
        ["predict", "acmenet", "w.pth"],
        ["predict", "acmenet", PHOTOS, "--executor", "ray", "--output", "ray"],
        ["embed", "acmenet", PHOTOS, "--executor", "ray", "--output", "ray"],
        ["evaluate", "acmenet", "--data", "images", "--record", "record.json"],
        ["catalog", "validate", str(private / "catalogs" / "acme.json")],
        ["site", "build", "--no-docs"],
        ["plugins"],
        ["doctor"],
        ["doctor", "--json"],
    ]
    codes = {" ".join(command): main(command) for command in commands}
    failed = [
        "download acmenet",
        f"cache forget {ADDRESS}",
        "bundle import b.hub",  # the store has entries of this distribution that say more
        "bundle import b.hub --trust --json",
        "predict acmenet w.pth",
        f"predict acmenet {PHOTOS} --executor ray --output ray",
        f"embed acmenet {PHOTOS} --executor ray --output ray",
        "evaluate acmenet --data images --record record.json",
    ]
    assert [name for name, code in codes.items() if code] == failed
    told = "".join(capsys.readouterr()) + caplog.text
    written = {
        path: path.read_bytes().decode("latin-1")
        for folder in (tmp_path, private)
        for path in folder.rglob("*")
        if path.is_file() and path.parent != private / "catalogs"
    }
    assert "models.invalid" in written[tmp_path / "hub.lock"]
    for secret in SECRETS:
        assert secret not in told
        assert [path for path, text in written.items() if secret in text] == []


FUNCTIONS = {
    "get_model": lambda: hubcore.get_model("acmenet", weights="DEFAULT"),
    "get_weight": lambda: repr(hubcore.get_weight("A_Weights.V1").value),
    "get_state_dict": lambda: hubcore.get_weight("A_Weights.V1").get_state_dict(),
    "unchecked": lambda: hubcore.get_weight("A_Weights.V1").get_state_dict(check_hash=False),
    "predict": lambda: hubcore.predict("acmenet", "w.pth"),
    "url": lambda: str(hubcore.get_weight("A_Weights.V1").value.file),
    "store": lambda: default_store().get(hubcore.get_weight("A_Weights.V1").value.file),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_tells_a_secret(name, private, capsys, caplog, recwarn):
    """Nor the traceback of the error that it raises, nor its causes."""
    caplog.set_level(logging.DEBUG)
    try:
        told = str(FUNCTIONS[name]())
    except Exception as error:
        told = "".join(traceback.format_exception(error))
    told += "".join(capsys.readouterr()) + caplog.text + "".join(str(w.message) for w in recwarn)
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_lock_and_a_bundle_without_the_secrets_still_work(private, tmp_path):
    main(["cache", "import", "w.pth", "--sha256", DIGEST])
    assert main(["lock", "acmenet"]) == 0
    assert main(["bundle", "create", "acmenet", "-o", "b.hub"]) == 0
    other = {**os.environ, "HUBCORE_HOME": str(tmp_path / "other"), "HUBCORE_LOCK": "hub.lock"}
    for command in (["bundle", "import", "b.hub"], ["sync", "--frozen"], ["download", "acmenet"]):
        result = subprocess.run(
            [sys.executable, "-m", "hubcore.cli", *command],
            env={**other, "HUBCORE_OFFLINE": "1"},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr


@pytest.fixture
def signed(own_home, tmp_path, monkeypatch):
    """Two weights without digests, whose addresses differ in their signed queries only."""
    (own_home / "catalogs").mkdir()
    paths, members = {}, {}
    for name in ("V1", "V2"):
        paths[name] = tmp_path / f"{name}.pth"
        torch.save({"w": torch.tensor(ord(name[1]))}, paths[name])
        url = f"https://models.invalid/get?file={name}&sig=S1GNED"
        members[name] = {"url": url, "transforms": "hubcore.transforms:ImageClassification"}
    model = {
        "task": "image-classification",
        "architecture": "torchvision.models:resnet18",
        "weights": "A_Weights",
    }
    weights = {"builder": "acmenet", "default": "V1", "members": members}
    document = {"schema": 1, "models": {"acmenet": model}, "weights": {"A_Weights": weights}}
    (own_home / "catalogs" / "acme.json").write_text(json.dumps(document), "utf-8")
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    for name, path in paths.items():
        default_store().add(path)
        assert main(["cache", "pin", f"A_Weights.{name}", digests[name]]) == 0
    assert main(["bundle", "create", "acmenet", "--all", "-o", "b.hub"]) == 0
    return digests


@pytest.mark.parametrize("knows", ["nothing", "the bundle, untrusted"])
def test_a_trusted_bundle_of_signed_addresses_keeps_files_apart(signed, knows, tmp_path):
    """Without their queries the addresses are one: it is no name for two files."""
    other = tmp_path / "other"
    environment = {**os.environ, "HUBCORE_HOME": str(other)}

    def hub(*command):
        command = [sys.executable, "-m", "hubcore.cli", *command]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    if knows == "the bundle, untrusted":
        hub("bundle", "import", "b.hub")
    hub("bundle", "import", "b.hub", "--trust")
    for name, digest in signed.items():
        assert hub("cache", "path", f"A_Weights.{name}").endswith(digest)
