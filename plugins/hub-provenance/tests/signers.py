"""Keys and certificates for tests, and a package to sign."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from environments import write_dist_info

TODAY = datetime.datetime.now(datetime.timezone.utc)


class Key:
    """A key pair in two files."""

    def __init__(self, folder: Path, name: str, curve: ec.EllipticCurve | None = None) -> None:
        self.pair = ec.generate_private_key(curve or ec.SECP256R1())
        self.private, self.public = folder / f"{name}.pem", folder / f"{name}.pub"
        self.private.write_bytes(
            self.pair.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.public.write_bytes(
            self.pair.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )


class Chain:
    """A root, an intermediate and a signer's certificate, in files.

    Args:
        folder: where to write them.
        days: the days from and until which the signer's certificate holds, from today.
    """

    def __init__(self, folder: Path, days: tuple[int, int] = (-1, 30)) -> None:
        long = (-1000, 1000)
        root, middle = Key(folder, "root"), Key(folder, "middle")
        self.key = Key(folder, "leaf")
        self.root = self._write(folder, "root", root, "root", root, long, ca=True)
        self.middle = self._write(folder, "middle", middle, "root", root, long, ca=True)
        self.leaf = self._write(folder, "leaf", self.key, "middle", middle, days, ca=False)

    @staticmethod
    def _write(
        folder: Path, name: str, key: Key, issuer: str, by: Key, days: Sequence[int], *, ca: bool
    ) -> Path:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Acme {text}")])

        begin, end = (TODAY + datetime.timedelta(days=number) for number in days)
        made = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key.pair.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not ca, key_cert_sign=ca, crl_sign=ca,
                    content_commitment=False, key_encipherment=False, data_encipherment=False,
                    key_agreement=False, encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.pair.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(by.pair.public_key()),
                critical=False,
            )
            .sign(by.pair, hashes.SHA256())
        )  # fmt: skip
        path = folder / f"{name}.crt"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return path


def member(digest: str, **more: object) -> dict:
    """A member of a weights enum."""
    return {
        "url": f"https://example.org/{digest[:8]}.pth",
        "sha256": digest,
        "license": "Apache-2.0",
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 224}],
        "meta": {"categories": "@petals", "_metrics": {"Flowers": {"acc@1": 91.5}}},
        **more,
    }


def install(site: Path, catalog: dict, version: str = "2.0") -> Path:
    """Installs the distribution acme-flowers in a folder of `sys.path`; returns its catalogue."""
    package = site / "acme_flowers"
    package.mkdir(parents=True, exist_ok=True)
    (package / "petals.json").write_text(json.dumps(["rose", "tulip"]))
    (package / "catalog.json").write_text(json.dumps(catalog))
    for old in site.glob("acme_flowers-*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    entry = "[hubcore.catalog]\nflowers = acme_flowers:catalog.json\n"
    write_dist_info(site, "acme_flowers", entry, version=version)
    if str(site) not in sys.path:
        sys.path.insert(0, str(site))
    return package / "catalog.json"
