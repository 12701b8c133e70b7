"""Amazon's S3, and what speaks its language.

botocore finds what Amazon's own tools would use: the environment, profiles in ``~/.aws``, single
sign-on, and the roles of machines and containers; the region, and the endpoint of another store.
"""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from hubcore.packages.schemes import WebAddress

from .addresses import BucketError
from .buckets import OPTIONS, Bucket, signed, unsigned

__all__ = ["open_bucket"]

_LASTS = timedelta(minutes=10)  # after which credentials that change are asked for again
# The variables that need no rules of botocore's to be understood.
_PLAIN = {
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"),
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_EC2_METADATA_DISABLED", "AWS_REGION"),
    *("AWS_DEFAULT_OUTPUT", "AWS_PAGER", "AWS_CA_BUNDLE"),
}
_USUAL_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]")
_METHODS = {
    "env": "the credentials of the environment",
    "iam-role": "the role of this machine",
    "container-role": "the role of this container",
    "sso": "the single sign-on",
}


class _Found(NamedTuple):
    """What the user has configured; ``keys`` are obstore's options, None without credentials."""

    endpoint: str
    region: str
    keys: dict[str, Any] | None
    who: str


def open_bucket(name: str) -> Bucket:
    """Opens a bucket.

    Raises:
        BucketError: the user's configuration of Amazon's tools cannot be used.
    """
    from obstore.store import S3Store

    found = _of_variables() or _of_botocore(name)
    remedy = (
        f"its region is taken to be {found.region} (AWS_DEFAULT_REGION says another); AWS_PROFILE, "
        "'aws configure' or 'aws sso login' give credentials"
    )
    options: dict[str, Any] = {
        **OPTIONS,
        "endpoint": found.endpoint,
        "region": found.region,
        "client_options": {"allow_http": found.endpoint.startswith("http:")},
    }
    address = f"s3://{name}"
    if found.keys is None:
        store = S3Store(name, **options, skip_signature=True)
        return Bucket(address, store, partial(unsigned, f"{found.endpoint}/{name}"), "", remedy)
    store = S3Store(name, **options, **found.keys)
    return Bucket(address, store, partial(_signed, store, address), found.who, remedy)


def _of_variables() -> _Found | None:
    """What the environment says, where it says all that botocore would find.

    botocore takes a third of a second, as long as many a file.
    """
    given = {k: v for k, v in os.environ.items() if k.startswith("AWS_") and v}
    region = given.get("AWS_DEFAULT_REGION", "us-east-1")
    endpoint = given.get("AWS_ENDPOINT_URL_S3") or given.get("AWS_ENDPOINT_URL")
    if (
        set(given) - _PLAIN
        or not given.get("AWS_ACCESS_KEY_ID")
        or not given.get("AWS_SECRET_ACCESS_KEY")
        or Path("~/.aws/config").expanduser().exists()
        or not _USUAL_REGION.fullmatch(region)  # others have other domains
    ):
        return None
    keys = {
        "access_key_id": given["AWS_ACCESS_KEY_ID"],
        "secret_access_key": given["AWS_SECRET_ACCESS_KEY"],
    }
    if "AWS_SESSION_TOKEN" in given:
        keys["token"] = given["AWS_SESSION_TOKEN"]
    endpoint = (endpoint or f"https://s3.{region}.amazonaws.com").rstrip("/")
    return _Found(endpoint, region, keys, _METHODS["env"])


def _of_botocore(name: str) -> _Found:
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    fault = ""
    try:
        session = botocore.session.Session()
        credentials = session.get_credentials()
        region = session.get_config_variable("region") or "us-east-1"
        client = session.create_client(
            "s3", region_name=region, config=Config(signature_version=botocore.UNSIGNED)
        )
        endpoint = str(client.meta.endpoint_url)
        if credentials is not None:
            credentials.get_frozen_credentials()
    except (BotoCoreError, OSError, ValueError) as error:
        fault = _reason(error)
    if fault:  # not in the handler: what botocore says may hold what a program printed
        raise BucketError(f"s3://{name}: no credentials for Amazon's tools, as {fault}.")
    if credentials is None:
        return _Found(endpoint, region, None, "")
    profile = session.get_config_variable("profile") or "default"
    who = _METHODS.get(str(credentials.method), f"the profile '{profile}'")
    return _Found(endpoint, region, {"credential_provider": _Credentials(credentials)}, who)


class _Credentials:
    """Gives obstore what botocore has found, and refreshes."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def __call__(self) -> Any:
        frozen = self._credentials.get_frozen_credentials()
        changing = hasattr(self._credentials, "refresh_needed")
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(timezone.utc) + _LASTS if changing else None,
        }


def _signed(store: Any, address: str, key: str, advice: str) -> WebAddress:
    return signed(store, key, advice, address)


def _reason(error: Exception) -> str:
    """Why botocore found none, in its words where those are its own."""
    kind = type(error).__name__
    if kind == "ProfileNotFound":
        return "there is no such profile as AWS_PROFILE names"
    if "SSO" in kind or "Token" in kind:
        return "the single sign-on has ended: aws sso login"
    if "Metadata" in kind or "Retrieval" in kind:
        return "what should give them failed"
    if kind in {"ConfigParseError", "PartialCredentialsError", "ConfigNotFound"}:
        return "the files in ~/.aws are incomplete or malformed"
    return f"they cannot be used ({kind})"
