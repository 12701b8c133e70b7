"""What a mirror is kept in: a bucket, or a folder.

Both take a file as pieces, and show it under its name only when all of them have come.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from hubcore import settings
from hubcore.atomic_write import atomic_write
from hubcore.download.addresses import check_address
from hubcore.download.hashing import sha256_of
from hubcore.errors import OfflineError

from .addresses import SCHEMES, BucketError, place_of
from .buckets import Bucket, open_bucket
from .mirror import Spot

__all__ = ["Target", "target_of"]

_PIECE = 8 * 1024 * 1024  # bytes; S3 takes 10,000 pieces of a file
_DIGEST = "sha256"  # the name of the digest in an object's own meta-data
# What the services call their refusals, in the order to look for them, and what that means.
_REFUSALS = {
    "NoSuchBucket": "there is no such bucket",
    "ContainerNotFound": "there is no such container",
    "bucket does not exist": "there is no such bucket",
    "InvalidAccessKeyId": "it does not know the credentials",
    "SignatureDoesNotMatch": "it does not take the credentials: the secret key is another",
    "AuthenticationFailed": "it does not take the credentials",
    "InvalidToken": "it does not take the credentials",
    "ExpiredToken": "the credentials have expired",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
    "PermanentRedirect": "it is in another region",
    "AuthorizationHeaderMalformed": "it is in another region",
    "AccessDenied": "access is denied",
    "AuthorizationPermissionMismatch": "access is denied",
    "403 Forbidden": "access is denied",
    "401 Unauthorized": "it wants credentials",
    "404 Not Found": "there is no such bucket",
    "dns error": "its host's name could not be resolved",
    "Connection refused": "the connection was refused",
    "timed out": "no answer came in time",
}
_MISSING = {_REFUSALS["NoSuchBucket"], _REFUSALS["ContainerNotFound"]}


class Target(Protocol):
    """A place for a mirror."""

    address: str

    def check(self) -> None:
        """Raises a `BucketError` if it is known not to exist, before anything is fetched for it."""

    def has(self, spot: Spot, digest: str, size: int) -> bool | None:
        """Whether it has this file; None if other bytes are in its place.

        Raises:
            BucketError, OSError: it cannot be asked.
        """

    def write(self, spot: Spot, digest: str, pieces: Iterable[bytes]) -> None:
        """Puts a file in its place, in one step, once all pieces have come.

        What raises an error while it gives the pieces leaves nothing there.

        Raises:
            BucketError, OSError: it cannot be written.
        """

    def replacement(self, spot: Spot) -> str:
        """What a mirror's setting puts in place of the spot's prefix."""


def target_of(text: str) -> Target:
    """The target that a user named: ``s3://BUCKET/PATH`` and its like, or a folder.

    Raises:
        BucketError: an address is malformed, or the credentials cannot be read.
        UnsafeAddressError: it is an address with spaces or control characters.
        OfflineError: it is a bucket, and ``HUBCORE_OFFLINE`` is set.
    """
    scheme, colon, rest = text.partition("://")
    if not colon:
        return _Folder(Path(text).expanduser())
    if scheme.lower() not in SCHEMES:
        known = ", ".join(f"{name}://..." for name in sorted(SCHEMES))
        raise BucketError(f"Files are pushed to {known} or a folder, not to '{scheme}:' addresses.")
    place = place_of(f"{scheme}://{rest.rstrip('/')}")
    check_address(text)  # else nobody could fetch what was pushed
    if settings.offline():
        raise OfflineError("HUBCORE_OFFLINE is set: nothing is pushed to a bucket.")
    return _BucketTarget(open_bucket(place.scheme, place.bucket), place.key)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self.address = str(folder)

    def check(self) -> None:
        """A folder is made."""

    def has(self, spot: Spot, digest: str, size: int) -> bool | None:
        path = self._folder / spot.path
        if not path.exists():
            return False
        same = path.is_file() and path.stat().st_size == size and sha256_of(path) == digest
        return same or None

    def write(self, spot: Spot, digest: str, pieces: Iterable[bytes]) -> None:
        path = self._folder / spot.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary, temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()

    def replacement(self, spot: Spot) -> str:
        return f"{(self._folder / spot.folder).as_uri()}/"


class _BucketTarget:
    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self.address = f"{bucket.address}/{self._prefix}"

    def check(self) -> None:
        import obstore

        reason = ""
        try:
            next(iter(obstore.list(self._bucket.store, self._prefix, chunk_size=1)), None)
        except Exception as error:  # who may write need not be allowed to list
            reason = _reason(error)
        if reason in _MISSING:
            raise self._refusal(reason)

    def has(self, spot: Spot, digest: str, size: int) -> bool | None:
        import obstore

        with self._refusals():
            try:
                found = obstore.get(self._bucket.store, self._key(spot), options={"head": True})
            except FileNotFoundError:
                return False
        if found.meta["size"] != size:
            return None
        noted = found.attributes.get(_DIGEST)
        if noted is None:  # somebody else put it there
            with self._refusals():
                noted = self._digest_of(spot)
        return noted == digest or None

    def write(self, spot: Spot, digest: str, pieces: Iterable[bytes]) -> None:
        import obstore

        self._bucket.web_address(self._key(spot))  # else nobody could fetch it from there
        faults: list[BaseException] = []

        def watched() -> Iterator[bytes]:
            try:
                yield from pieces
            except BaseException as error:
                faults.append(error)
                raise

        with self._refusals(faults):
            obstore.put(
                self._bucket.store,
                self._key(spot),
                watched(),
                attributes={_DIGEST: digest, "Content-Type": "application/octet-stream"},
                chunk_size=_PIECE,
                max_concurrency=4,
            )

    def replacement(self, spot: Spot) -> str:
        return f"{self.address}{spot.folder}/"

    def _key(self, spot: Spot) -> str:
        return f"{self._prefix}{spot.key}"

    def _digest_of(self, spot: Spot) -> str:
        import hashlib

        import obstore

        hasher = hashlib.sha256()
        for piece in obstore.get(self._bucket.store, self._key(spot)).stream(_PIECE):
            hasher.update(piece)
        return hasher.hexdigest()

    @contextlib.contextmanager
    def _refusals(self, faults: list[BaseException] | None = None) -> Iterator[None]:
        """Turns obstore's errors into sentences: their texts hold addresses, headers and answers.

        Args:
            faults: errors of our own that obstore met while it asked for pieces.
        """
        reason = ""
        try:
            yield
        except Exception as error:
            reason = _reason(error)
        if faults:
            raise faults[0]
        if reason:
            raise self._refusal(reason)

    def _refusal(self, reason: str) -> BucketError:
        return BucketError(f"{self._bucket.address}: {reason} ({self._bucket.advice}).")


def _reason(error: Any) -> str:
    text = str(error)
    known = (meaning for sign, meaning in _REFUSALS.items() if sign in text)
    code = re.search(r"<Code>(\w{1,60})</Code>", text)
    kind = type(error).__name__
    return next(known, f"it answered {code[1]}" if code else f"the request failed ({kind})")
