"""What is known of a file before it is here."""

from __future__ import annotations

from typing import NamedTuple

from ..digests import is_prefix
from ..errors import MissingDigestError
from .addresses import digest_in_name, file_name, redact

__all__ = ["RemoteFile"]


class RemoteFile(NamedTuple):
    """A file that can be had from somewhere.

    Attributes:
        urls: the canonical address, then mirrors, in the order to try them. ``https:``, ``http:``
            or ``package:DISTRIBUTION/path/inside/it`` for a file of an installed distribution.
        sha256: the full digest, or a prefix of at least 8 hexadecimal digits. None: what the
            name carries (``-<hash>`` or ``_<hash>`` before the extension), if it does.
        size: bytes, where known exactly.
        allow_file: whether ``file:`` addresses are allowed, because a user wrote them.
    """

    urls: tuple[str, ...]
    sha256: str | None = None
    size: int | None = None
    allow_file: bool = False

    @property
    def name(self) -> str:
        """The file's own name, or '' where no address has a safe one."""
        return next((name for url in self.urls if (name := file_name(url))), "")

    @property
    def digest(self) -> str | None:
        """The digest or prefix to check against, in lower case.

        Raises:
            MissingDigestError: what is given is not one.
        """
        if self.sha256:
            digest = self.sha256.lower()
            if not is_prefix(digest):
                raise MissingDigestError(
                    f"'{self.sha256}' is no SHA-256 nor a prefix of 8 digits or more "
                    f"({redact(self.urls[0])})."
                )
            return digest
        return next((found for url in self.urls if (found := digest_in_name(url))), None)
