"""Amazon's S3, and what speaks its language.

botocore finds what Amazon's own tools would use: the environment, profiles in ``~/.aws``, single
sign-on, and the roles of machines and containers; the region, and the endpoint of another store.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from hubcore.packages.schemes import WebAddress

from .addresses import BucketError
from .buckets import OPTIONS, Bucket, signed, unsigned

__all__ = ["open_bucket"]

_LASTS = timedelta(minutes=10)  # after which credentials that change are asked for again
_METHODS = {
    "env": "the credentials of the environment",
    "iam-role": "the role of this machine",
    "container-role": "the role of this container",
    "sso": "the single sign-on",
}


def open_bucket(name: str) -> Bucket:
    """Opens a bucket.

    Raises:
        BucketError: the user's configuration of Amazon's tools cannot be used.
    """
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from obstore.store import S3Store

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
    remedy = (
        f"its region is taken to be {region} (AWS_REGION says another); AWS_PROFILE, 'aws "
        "configure' or 'aws sso login' give credentials"
    )
    options: dict[str, Any] = {
        **OPTIONS,
        "endpoint": endpoint,
        "region": region,
        "client_options": {"allow_http": endpoint.startswith("http:")},
    }
    if credentials is None:
        store = S3Store(name, **options, skip_signature=True)
        signer: Any = partial(_public, f"{endpoint}/{name}")
        return Bucket(f"s3://{name}", store, signer, "", remedy)
    store = S3Store(name, **options, credential_provider=_Credentials(credentials))
    signer = partial(_signed, store, f"s3://{name}")
    method = str(credentials.method)
    profile = session.get_config_variable("profile") or "default"
    who = _METHODS.get(method, f"the profile '{profile}'")
    return Bucket(f"s3://{name}", store, signer, who, remedy)


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


def _public(endpoint: str, key: str, advice: str) -> WebAddress:
    return unsigned(endpoint, key, advice)


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
