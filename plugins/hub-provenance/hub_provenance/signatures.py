"""Signs and verifies catalogues, in the format of OpenSSF Model Signing.

What is signed is the catalogue's file and the lists that it names, so every name, digest, licence
and metric in it. Each file of weights is signed through its digest, and need not be read: a store
that holds a file under this digest has verified it.

The subject of the signature is the distribution with its version, as a package URL, so that an
older catalogue, or another distribution's, cannot take the place of this one unnoticed.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from model_signing import hashing, manifest, signing, verifying
from model_signing._hashing.hashing import Digest  # no public module has it
from OpenSSL import crypto
from packageurl import PackageURL

from hubcore.atomic_write import atomic_write
from hubcore.catalogs.catalog import Catalog
from hubcore.devices import read_small
from hubcore.download.hashing import sha256_of
from hubcore.errors import SignatureError

__all__ = ["Signed", "Signer", "sign", "verify"]

_WHOLE = "."
"""The name under which Model Signing has a file that is signed by itself, without a folder."""

_CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_PREDICATE = "https://model_signing/signature/v1.0"
_LARGEST = 64 << 20  # bytes of a signature; that of a catalogue has a few thousand


logging.getLogger("model_signing").addHandler(logging.NullHandler())  # errors say it


class Signer(NamedTuple):
    """What to sign with.

    Attributes:
        key: the file of an elliptic-curve private key, in PEM.
        password: the key's password, or None.
        certificate: the file of the key's certificate, in PEM; None to sign with the bare key.
        chain: files of the certificates between this one and an accepted root, in PEM.
    """

    key: Path
    password: str | None = None
    certificate: Path | None = None
    chain: tuple[Path, ...] = ()


class Signed(NamedTuple):
    """What a signature says, after it was verified.

    Attributes:
        signer: the key or the certificate, in words.
        distribution: the distribution whose catalogue was signed, "" if it does not say.
        version: the distribution's version, "" if it does not say.
        files: the digests of the further files that were signed, by name.
    """

    signer: str
    distribution: str
    version: str
    files: Mapping[str, str]


def sign(
    catalog: Path, signature: Path, signer: Signer, *, distribution: str = "", version: str = ""
) -> None:
    """Signs a catalogue.

    Args:
        catalog: the catalogue's file.
        signature: the file to write the signature to.
        signer: what to sign with.
        distribution: the distribution that the catalogue is of; "" leaves it out.
        version: its version; "" leaves it out.

    Raises:
        SignatureError: the key or a certificate cannot be used.
        CatalogError: the catalogue is not right.
        OSError: a file cannot be read or written.
    """
    digests = {name: sha256_of(catalog.parent / name) for name in _parts(catalog)}
    subject = catalog.parent.resolve().name
    if distribution:
        subject = PackageURL("pypi", name=distribution, version=version or None).to_string()
    config = signing.Config()  # type: ignore[no-untyped-call]
    config.set_hashing_config(_Known(subject, digests))
    _check_key(signer)
    try:
        if signer.certificate is None:
            password: Any = signer.password and signer.password.encode()  # as cryptography wants it
            config.use_elliptic_key_signer(private_key=signer.key, password=password)
        else:
            config.use_certificate_signer(
                private_key=signer.key,
                signing_certificate=signer.certificate,
                certificate_chain=signer.chain or [signer.certificate],  # it takes no empty one
            )
            if not _may_sign(x509.load_pem_x509_certificate(signer.certificate.read_bytes())):
                raise ValueError("it is not meant for signing (key usage digitalSignature)")
    except ValueError as error:
        raise SignatureError(f"{signer.certificate} cannot be used to sign: {error}") from error
    try:
        with atomic_write(signature) as temporary:
            config.sign(catalog.parent, temporary)
    except OSError as error:
        raise SignatureError(f"Cannot write {signature}: {error.strerror or error}") from error


def verify(
    catalog: Path,
    signature: Path,
    *,
    keys: Sequence[Path] = (),
    certificates: Sequence[Path] = (),
    digest_of: Callable[[str, str], str | None] | None = None,
) -> Signed:
    """Verifies that an accepted signer signed a catalogue as it is.

    Args:
        catalog: the catalogue's file.
        signature: the signature's file.
        keys: files of the public keys that are accepted, in PEM.
        certificates: files of the certificates that are accepted as roots, in PEM.
        digest_of: tells the digest of a further file that was signed, by its name and the digest
            that it should have; None if the file is not there. Default: such files are not looked
            at; the store verifies them when they are used.

    Raises:
        SignatureError: it is not signed, not by an accepted signer, or not as it is.
        CatalogError: the catalogue is not right.
        OSError: a file cannot be read.
    """
    material, subject, resources = _read(catalog, signature)
    config = verifying.Config()  # type: ignore[no-untyped-call]
    if "publicKey" in material:
        hint = material["publicKey"].get("hint") or ""
        key = _accepted_key(catalog, hint, keys)
        config.use_elliptic_key_verifier(public_key=key)
        signer = f"{key.name} (key {hint[:16]})"
    elif "x509CertificateChain" in material:
        signer = _checked_chain(catalog, material["x509CertificateChain"], certificates)
        config.use_certificate_verifier(certificate_chain=certificates)
    else:
        raise SignatureError(
            f"{catalog} is signed without a key, by Sigstore. Only the package model-signing "
            f"verifies that: model_signing verify sigstore {catalog.parent} --signature {signature}"
        )
    whole = set(resources) == {_WHOLE}
    own = [_WHOLE] if whole else _parts(catalog)
    unsigned = [name for name in own if name not in resources]
    actual = {
        name: _digest(catalog if name == _WHOLE else catalog.parent / name)
        if name in own
        else digest_of(name, expected) if digest_of else expected
        for name, expected in resources.items()
    }  # fmt: skip
    present = {name: digest for name, digest in actual.items() if digest is not None}
    config.set_hashing_config(_Known(subject, present))
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints warnings
            config.verify(catalog if whole else catalog.parent, signature)
    except InvalidSignature:
        raise SignatureError(
            f"the signature of {catalog} is forged or damaged: it was not made for what it holds"
        ) from None
    except (ValueError, KeyError, TypeError, crypto.Error) as error:
        faults = [
            f"{catalog.name if name == _WHOLE else name} "
            + ("is not there" if name not in present else "was changed")
            for name, expected in resources.items()
            if present.get(name) != expected
        ]
        what = " and ".join(faults) or str(error)
        raise SignatureError(f"{catalog} is not as it was signed: {what}") from None
    if unsigned:
        raise SignatureError(f"the signature of {catalog} does not cover {', '.join(unsigned)}")
    distribution, version = _distribution(subject)
    further = {name: digest for name, digest in resources.items() if name not in own}
    return Signed(signer, distribution, version, further)


class _Known(hashing.Config):
    """Digests that are known already, in place of hashing a folder."""

    def __init__(self, subject: str, digests: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._manifest = manifest.Manifest(
            subject,
            [
                manifest.FileManifestItem(
                    path=PurePosixPath(name), digest=Digest("sha256", bytes.fromhex(digest))
                )
                for name, digest in digests.items()
            ],
            manifest.SerializationType.from_args(
                {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
            ),
        )

    def hash(self, model_path: Any, *, files_to_hash: Any = None) -> manifest.Manifest:
        return self._manifest


def _check_key(signer: Signer) -> None:
    """Says what is wrong with a key, which Model Signing says in the terms of its libraries."""
    advice = (
        "Use a private key for the curve P-256, P-384 or P-521 in PEM: openssl ecparam -name "
        "prime256v1 -genkey -noout -out key.pem"
    )
    password = signer.password.encode() if signer.password else None
    try:
        key = serialization.load_pem_private_key(signer.key.read_bytes(), password)
    except TypeError:
        raise SignatureError(
            f"{signer.key} is encrypted: give its password by --password-file"
            if password is None
            else f"{signer.key} is not encrypted: leave --password-file out"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        wrong = "the password is wrong, or it is" if password else "it is"
        raise SignatureError(
            f"{signer.key} cannot be used: {wrong} no private key. {advice}"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _CURVES:
        raise SignatureError(f"{signer.key} is a key of another kind. {advice}")


def _parts(catalog: Path) -> list[str]:
    """The names of the files that a catalogue consists of: its own, and those of its lists."""
    data = Catalog.read(catalog, catalog.stem).data
    return [catalog.name, *sorted(set(data.get("lists", {}).values()) - {catalog.name})]


def _digest(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None


def _read(catalog: Path, signature: Path) -> tuple[dict[str, Any], str, dict[str, str]]:
    """What a signature holds, which nothing says is true as yet.

    Returns:
        How to verify it, the subject's name, and the digests by the files' names.
    """
    try:
        if signature.stat().st_size > _LARGEST:
            raise SignatureError(f"{signature} is too large for a signature")
        bundle = json.loads(signature.read_bytes())
    except FileNotFoundError:
        beside = signature.parent == catalog.parent
        place = f"{signature.name} beside it" if beside else signature
        raise SignatureError(f"{catalog} is not signed: there is no {place}") from None
    except (ValueError, RecursionError):
        bundle = None
    try:
        payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        (subject,) = payload["subject"]
        predicate = payload["predicate"]
        material = dict(bundle["verificationMaterial"])
        hinted = "publicKey" not in material or material["publicKey"].get("hint")
        if payload["predicateType"] != _PREDICATE or not hinted:
            raise SignatureError(
                f"{signature} is in an older format of Model Signing, which says less: sign the "
                "catalogue anew"
            )
        form = predicate["serialization"]
        if (form["method"], form["hash_type"]) != ("files", "sha256"):
            raise SignatureError(
                f"{signature} was made of {form['method']} by {form['hash_type']}: sign the "
                "catalogue with whole files and SHA-256, which are the defaults"
            )
        resources = {str(item["name"]): str(item["digest"]) for item in predicate["resources"]}
        astray = [n for n in resources if PurePosixPath(n).is_absolute() or ".." in n.split("/")]
        if astray:
            raise SignatureError(f"{signature} is of a file outside of its folder: {astray[0]}")
        for digest in resources.values():
            bytes.fromhex(digest)
        return material, str(subject["name"]), resources
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise SignatureError(f"{signature} is not a signature of Model Signing") from None


def _accepted_key(catalog: Path, hint: str, keys: Iterable[Path]) -> Path:
    """The accepted key that a signature names."""
    for path in keys:
        try:
            key = serialization.load_pem_public_key(read_small(path))
        except (ValueError, UnsupportedAlgorithm):
            raise SignatureError(f"{path} is not a public key in PEM") from None
        text = key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if hashlib.sha256(text).hexdigest() == hint:
            if not isinstance(key, ec.EllipticCurvePublicKey):
                raise SignatureError(f"{path} is not a key for an elliptic curve")
            return path
    accepted = ", ".join(path.name for path in keys) or "no key"
    raise SignatureError(
        f"{catalog} is signed with the key {hint[:16]}, which is not accepted; accepted: {accepted}"
    )


def _checked_chain(catalog: Path, chain: Mapping[str, Any], roots: Sequence[Path]) -> str:
    """Checks that an accepted root vouches for a certificate today; returns the signer in words.

    Model Signing asks only whether it did when the certificate began to hold, which lets whoever
    has an old key sign for ever.
    """
    if not roots:
        raise SignatureError(f"{catalog} is signed with a certificate, and none is accepted")
    try:
        leaf, *others = (
            x509.load_der_x509_certificate(base64.b64decode(item["rawBytes"]))
            for item in chain["certificates"]
        )
    except (ValueError, KeyError, TypeError):
        raise SignatureError(
            f"the certificates with which {catalog} is signed are damaged"
        ) from None
    store = crypto.X509Store()
    for path in roots:
        try:
            for root in x509.load_pem_x509_certificates(read_small(path)):
                store.add_cert(crypto.X509.from_cryptography(root))
        except ValueError:
            raise SignatureError(f"{path} holds no certificates in PEM") from None
    name = leaf.subject.rfc4514_string()
    if not _may_sign(leaf):
        raise SignatureError(
            f"{catalog} is signed with the certificate of {name}, which is not meant for signing: "
            "it has neither the key usage digitalSignature nor the extended one codeSigning"
        )
    try:
        crypto.X509StoreContext(
            store,
            crypto.X509.from_cryptography(leaf),
            [crypto.X509.from_cryptography(other) for other in others],
        ).verify_certificate()
    except crypto.X509StoreContextError as error:
        raise SignatureError(
            f"{catalog} is signed with the certificate of {name}, which is not accepted: {error}"
        ) from None
    return f"{name} (certificate {leaf.fingerprint(hashes.SHA256()).hex()[:16]})"


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate is meant for signing, as Model Signing asks for."""
    usages = {type(extension.value): extension.value for extension in certificate.extensions}
    usage, extended = usages.get(x509.KeyUsage), usages.get(x509.ExtendedKeyUsage)
    return bool(
        (isinstance(usage, x509.KeyUsage) and usage.digital_signature)
        or (isinstance(extended, x509.ExtendedKeyUsage) and _CODE_SIGNING in extended)
    )


def _distribution(subject: str) -> tuple[str, str]:
    """The distribution and the version in a subject; "" for what it does not say."""
    try:
        found = PackageURL.from_string(subject)
    except ValueError:
        return "", ""
    return (found.name, found.version or "") if found.type == "pypi" else ("", "")
