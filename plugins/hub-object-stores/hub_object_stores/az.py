"""Azure Blob Storage: ``az://CONTAINER/PATH``, in the account that the environment names.

The variables are those of Azure's own tools: ``AZURE_STORAGE_ACCOUNT`` with ``AZURE_STORAGE_KEY``
or ``AZURE_STORAGE_SAS_TOKEN``, or ``AZURE_STORAGE_CONNECTION_STRING``; those of a service principal
or a workload's identity; or else the login of ``az``.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
import shutil
from datetime import datetime, timezone
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from hubcore.packages.schemes import WebAddress

from .addresses import BucketError
from .buckets import OPTIONS, SIGNED_FOR, Bucket, signed, unsigned

__all__ = ["open_bucket"]

_VERSION = "2020-12-06"  # of Azure's interface: what is signed depends on it
_REMEDY = (
    "AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_CONNECTION_STRING or 'az login' "
    "give them"
)


def open_bucket(name: str) -> Bucket:
    """Opens a container.

    Raises:
        BucketError: the account is not named.
    """
    from obstore.store import AzureStore

    account, key, token, endpoint = _from_environment()
    if not account:
        raise BucketError(
            f"az://{name}: set AZURE_STORAGE_ACCOUNT to the name of its storage account."
        )
    endpoint = endpoint or f"https://{account}.blob.core.windows.net"
    options: dict[str, Any] = {
        **OPTIONS,
        "account_name": account,
        "endpoint": endpoint,
        "client_options": {"allow_http": endpoint.startswith("http:")},
    }
    address, here = f"az://{name}", f"{endpoint}/{name}"
    if key:
        who = f"the account {account}, with its key"
        sign = partial(_with_key, here, f"/blob/{account}/{name}", _secret(key))
        store = AzureStore(name, **options, account_key=key)
        return Bucket(address, store, sign, who, _REMEDY)
    if token:
        store = AzureStore(name, **options, sas_key=token)
        who = f"the account {account}, with a shared access signature"
        return Bucket(address, store, partial(_with_token, here, token), who, _REMEDY)
    if os.environ.get("AZURE_CLIENT_ID") or os.environ.get("IDENTITY_ENDPOINT"):
        who = "the identity of the environment"
    elif shutil.which("az"):
        who = "who is logged in with 'az'"
        options["use_azure_cli"] = True
    else:
        store = AzureStore(name, **options, skip_signature=True)
        return Bucket(address, store, partial(unsigned, here), "", _REMEDY)
    store = AzureStore(name, **options)
    return Bucket(address, store, partial(_signed, store, address), who, _REMEDY)


def _from_environment() -> tuple[str, str, str, str]:
    """The account's name, its key, a shared access signature and the endpoint; "" where not set."""

    def first(*names: str) -> str:
        found = (os.environ.get(name, "").strip() for name in names)
        return next(filter(None, found), "")

    pairs = (
        part.partition("=") for part in first("AZURE_STORAGE_CONNECTION_STRING").split(";") if part
    )
    given = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return (
        first("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME")
        or given.get("accountname", ""),
        first("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY") or given.get("accountkey", ""),
        (first("AZURE_STORAGE_SAS_TOKEN") or given.get("sharedaccesssignature", "")).lstrip("?"),
        (first("AZURE_STORAGE_ENDPOINT") or given.get("blobendpoint", "")).rstrip("/"),
    )


def _signed(store: Any, address: str, key: str, advice: str) -> WebAddress:
    if quote(key, safe="/~") != key:  # obstore signs it as it is encoded, which Azure refuses
        raise BucketError(
            f"{address}/{key}: of names with other characters than ASCII letters, digits and "
            "-._~ no address can be signed for a login on Azure. Name it anew, or use the "
            "account's key or a shared access signature."
        )
    return signed(store, key, advice, address)


def _secret(key: str) -> bytes:
    with contextlib.suppress(ValueError):  # which holds the key
        return base64.b64decode(key, validate=True)
    raise BucketError(f"az: the storage account's key is no base64 text. {_REMEDY}")


def _with_key(endpoint: str, resource: str, secret: bytes, key: str, advice: str) -> WebAddress:
    """Signs a "service SAS", as Azure's documentation of that name says: read this blob, an hour.

    Not obstore, which signs names as they are encoded in an address: Azure decodes them first.
    """
    until = f"{datetime.now(timezone.utc) + SIGNED_FOR:%Y-%m-%dT%H:%M:%SZ}"
    # Permissions, start, expiry, resource, identifier, IP, protocol, version, kind, snapshot,
    # encryption scope, and five headers of the answer.
    fields = ("r", "", until, f"{resource}/{key}", "", "", "", _VERSION, "b", *[""] * 7)
    signature = hmac.digest(secret, "\n".join(fields).encode(), "sha256")
    query = {
        "sp": "r",
        "se": until,
        "sv": _VERSION,
        "sr": "b",
        "sig": base64.b64encode(signature).decode(),
    }
    place = unsigned(endpoint, key, advice)
    return place._replace(url=f"{place.url}?{urlencode(query)}")


def _with_token(endpoint: str, token: str, key: str, advice: str) -> WebAddress:
    place = unsigned(endpoint, key, advice)
    return place._replace(url=f"{place.url}?{token}")
