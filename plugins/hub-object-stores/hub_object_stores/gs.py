"""Google Cloud Storage.

google-auth finds what Google's own tools would use: ``GOOGLE_APPLICATION_CREDENTIALS``, what
``gcloud auth application-default login`` wrote, and the accounts of machines. The token goes to
Google over https only.
"""

from __future__ import annotations

import os
from datetime import timezone
from functools import partial
from pathlib import Path
from typing import Any

from hubcore.packages.schemes import WebAddress

from .addresses import BucketError
from .buckets import OPTIONS, Bucket, unsigned

__all__ = ["open_bucket"]

_ENDPOINT = "https://storage.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_REMEDY = "'gcloud auth application-default login' or GOOGLE_APPLICATION_CREDENTIALS gives them"


def open_bucket(name: str) -> Bucket:
    """Opens a bucket.

    Raises:
        BucketError: there are credentials that cannot be used.
    """
    from obstore.store import GCSStore

    emulator = os.environ.get("STORAGE_EMULATOR_HOST", "").rstrip("/")
    if emulator and "://" not in emulator:
        emulator = f"http://{emulator}"
    tokens = None if emulator else _found(name)
    endpoint = emulator or _ENDPOINT
    options: dict[str, Any] = {
        **OPTIONS,
        "client_options": {"allow_http": endpoint.startswith("http:")},
    }
    if emulator:
        options["base_url"] = emulator
    if emulator:
        store = GCSStore(name, **options, credential_provider=_nobodys_token)
    elif tokens is None:
        store = GCSStore(name, **options, skip_signature=True)
    else:
        store = GCSStore(name, **options, credential_provider=tokens)
    return Bucket(
        f"gs://{name}",
        store,
        partial(_address, f"{endpoint}/{name}", tokens),
        "" if tokens is None else "Google's application default credentials",
        _REMEDY,
    )


def _nobodys_token() -> Any:
    """For emulators. Told to sign nothing, obstore still asks for the machine's own token."""
    return {"token": "nobody", "expires_at": None}


class _Tokens:
    """Gives obstore, and our requests, a token that is valid."""

    def __init__(self, credentials: Any, name: str) -> None:
        self._credentials = credentials
        self._name = name

    def __call__(self) -> Any:
        from google.auth.transport.requests import Request

        failed = False
        try:
            if not self._credentials.valid:
                self._credentials.refresh(Request())
        except Exception:  # google-auth's, and requests': they may quote what was sent
            failed = True
        if failed:
            raise BucketError(f"gs://{self._name}: Google gave no token. {_REMEDY}")
        expiry = self._credentials.expiry  # without a zone: it is UTC
        return {
            "token": self._credentials.token,
            "expires_at": expiry and expiry.replace(tzinfo=timezone.utc),
        }


def _found(name: str) -> _Tokens | None:
    try:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
    except ImportError:
        if _have_files():
            raise BucketError(
                f"gs://{name}: to use your credentials: pip install 'hub-object-stores[gs]'"
            ) from None
        return None
    failed = False
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError:
        failed = True
    if not failed:
        return _Tokens(credentials, name)
    if os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        raise BucketError(
            f"gs://{name}: the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be used."
        )
    return None


def _have_files() -> bool:
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or "~/.config/gcloud").expanduser()
    return (
        bool(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"))
        or (folder / "application_default_credentials.json").exists()
    )


def _address(endpoint: str, tokens: _Tokens | None, key: str, advice: str) -> WebAddress:
    place = unsigned(endpoint, key, advice)
    if tokens is None:
        return place
    return place._replace(headers={"Authorization": f"Bearer {tokens()['token']}"})
