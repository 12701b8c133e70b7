"""The environments of the tests: each cloud's own variables, and nothing of the machine's user."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))  # for `servers`

SECRETS = ("SECRETKEY", "SESSIONTOKEN", "AKIDEXAMPLE", "X-Amz-Signature", "Signature=")
_CLOUDS = ("AWS_", "GOOGLE_", "STORAGE_EMULATOR", "CLOUDSDK_", "AZURE_", "IDENTITY_", "BOTO")


def forget_credentials(monkeypatch, home):
    """No credentials are found: no file, no variable, and no machine's role is asked for."""
    for name in list(os.environ):
        if name.startswith((*_CLOUDS, "HUBCORE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("HUBCORE_CONFIG", os.devnull)
    monkeypatch.setenv("HUBCORE_RETRIES", "2")
    monkeypatch.setenv("HUBCORE_TIMEOUT", "5")


def use_s3(monkeypatch, endpoint):
    """Credentials and an endpoint, as Amazon's tools read them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRETKEY")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "SESSIONTOKEN")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
