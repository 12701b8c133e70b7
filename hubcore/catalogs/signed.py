"""Whether a catalogue is signed as the user's settings ask, ``trust``.

The distribution `hub-provenance` verifies signatures. Where no policy holds, nothing of it is
imported and no signature is looked for.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from .. import settings
from ..errors import HubError, PluginWarning, SignatureError
from ..packages.references import resolve

__all__ = ["SUFFIX", "signer"]

SUFFIX = ".sig"
"""What the name of a signature's file adds to the catalogue's."""

_VERIFIER = "hub_provenance.policy:signer"


def signer(distribution: str, version: str, path: Path | None) -> str:
    """Who signed a catalogue, as far as the settings ask for it.

    Args:
        distribution: the normalised name of the distribution that it is of.
        version: that distribution's version, or "" if unknown.
        path: the catalogue's file, or None if it was not read from one.

    Returns:
        The accepted key or certificate in words; "" if the policy is ``off``, and after a warning
        if it is ``warn``.

    Raises:
        SignatureError: the policy is ``enforce``, and no accepted signer signed the catalogue as it
            is.
    """
    policy = settings.trust_in(distribution)
    if policy is None:
        return ""
    try:
        return _verified(policy, distribution, version, path)
    except SignatureError as error:
        if policy.policy == "enforce":
            raise
        warnings.warn(
            f"The plugin '{distribution}' is used, although {error}", PluginWarning, stacklevel=2
        )
        return ""


def _verified(
    policy: settings.TrustPolicy, distribution: str, version: str, path: Path | None
) -> str:
    try:
        if path is None:
            raise SignatureError(
                f"the catalogue of '{distribution}' is not in a file, so it cannot be signed"
            )
        found: str = resolve(_VERIFIER)(policy, distribution, version, path)
    except SignatureError:
        raise
    except ImportError as error:
        raise SignatureError(
            f"the signature of '{distribution}' cannot be verified ({error}). To be able to: "
            "pip install hub-provenance"
        ) from error
    except (HubError, OSError) as error:
        raise SignatureError(
            f"the signature of '{distribution}' cannot be verified: {error}"
        ) from error
    return found
