"""What is known about a file before it is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..digests import is_digest, is_prefix
from ..errors import MissingDigestError
from .addresses import digest_in_name, file_name, redact

__all__ = ["RemoteFile", "digest_of_all"]


class RemoteFile(NamedTuple):
    """A file that can be downloaded, or that an installed distribution ships.

    Attributes:
        urls: the canonical address, then mirrors, in the order to try them: ``https:``, ``http:``,
            or ``package:DISTRIBUTION/path/inside/it`` for a file of an installed distribution.
        sha256: the full digest, or a prefix of at least 8 hexadecimal digits. If None, the digest
            in the file's name counts (``-<hash>`` or ``_<hash>`` before the extension).
        size: the exact size in bytes, or None if unknown.
        allow_file: whether ``file:`` addresses are allowed: only if a user wrote them.
        about: the published size in bytes, which may be rounded, or None. Where the exact size is
            unknown, much more than this is refused.
        permit: called before the store gives the file to anyone; raises a `HubError` if it must
            not. None: anyone may have it.
    """

    urls: tuple[str, ...]
    sha256: str | None = None
    size: int | None = None
    allow_file: bool = False
    about: int | None = None
    permit: Callable[[], None] | None = None

    def require_permit(self) -> None:
        """Raises what `permit` raises, if there is one."""
        if self.permit is not None:
            self.permit()

    def __repr__(self) -> str:
        # Errors and logs show it, and addresses may hold secrets.
        shown = self._asdict() | {"urls": tuple(map(redact, self.urls))}
        return f"RemoteFile({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def name(self) -> str:
        """The file's published name, or "" if no address ends in a safe one."""
        return next((name for url in self.urls if (name := file_name(url))), "")

    @property
    def digest(self) -> str | None:
        """The digest to verify against, in full or a prefix, in lower case; None if there is none.

        Raises:
            MissingDigestError: `sha256` is not a digest.
        """
        if self.sha256:
            digest = self.sha256.lower()
            if not is_prefix(digest):
                raise MissingDigestError(
                    f"'{self.sha256}' is not a SHA-256, nor a prefix of one with at least 8 "
                    f"hexadecimal digits ({redact(self.urls[0])})."
                )
            return digest
        return next((found for url in self.urls if (found := digest_in_name(url))), None)


def digest_of_all(files: Sequence[RemoteFile]) -> str | None:
    """The digest of weights: of one file its own, in full or a prefix; of several one over all.

    That is the SHA-256 of what ``sha256sum`` prints of them, so that anyone can find it:
    ``sha256sum pnet.pt rnet.pt onet.pt | sha256sum``. None if a digest is not known in full.
    """
    if len(files) == 1:
        return files[0].digest
    import hashlib

    digests = [file.digest or "" for file in files]
    if not all(map(is_digest, digests)):
        return None
    lines = (f"{digest}  {file.name}\n" for digest, file in zip(digests, files, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
