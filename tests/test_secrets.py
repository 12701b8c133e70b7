"""No password, token or signed query of an address leaves the process, whatever is called."""

import hashlib
import json
import logging
import os
import subprocess
import sys

import pytest

from hubcore.cli import main

BODY = b"x" * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()
SECRETS = ("s3cretPW", "bob:", "T0KEN", "S1GNED")
ADDRESS = "https://bob:s3cretPW@models.invalid/w.pth?token=T0KEN&X-Amz-Signature=S1GNED"


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
        ["bundle", "create", "acmenet", "-o", "b.hub"],
        ["cache", "list"],
        ["cache", "list", "--json"],
        ["cache", "verify"],
        ["plugins"],
        ["doctor"],
        ["doctor", "--json"],
    ]
    codes = {" ".join(command): main(command) for command in commands}
    assert [name for name, code in codes.items() if code] == ["download acmenet"]
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
