"""``hub sign``: sign a catalogue, and through its digests every file that it names."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hubcore.cli.arguments import path

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub sign acme_flowers/catalog.json --key key.pem
  hub sign acme-flowers --key key.pem --certificate cert.pem --chain intermediate.pem

The signature is written beside the catalogue, so that the package ships it. The package
model-signing verifies it as well:
  model_signing verify key acme_flowers --signature acme_flowers/catalog.json.sig \\
      --public_key key.pub --ignore_unsigned_files
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("sign", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("catalog", metavar="CATALOG", help="a catalogue's file, or a plugin's name")
    parser.add_argument(
        "--key",
        metavar="FILE",
        type=path,
        required=True,
        help="the private key, for an elliptic curve, in PEM",
    )
    parser.add_argument(
        "--password-file", metavar="FILE", type=path, help="the file with the key's password"
    )
    parser.add_argument("--certificate", metavar="FILE", type=path, help="the key's certificate")
    parser.add_argument(
        "--chain",
        metavar="FILE",
        type=path,
        nargs="+",
        default=[],
        help="the certificates between that one and the root",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=path,
        help="the signature (default: the catalogue's name and .sig)",
    )
    parser.add_argument("--distribution", help="whose catalogue it is (default: its project's)")
    parser.add_argument("--version", help="its version (default: its project's)")


def run(args: argparse.Namespace) -> int:
    from hubcore.catalogs.catalog import Catalog
    from hubcore.catalogs.signed import SUFFIX
    from hubcore.cli.output import print_fields
    from hubcore.devices import read_small, refuse_device
    from hubcore.errors import HubError
    from hubcore.packages.entry_points import normalise

    from ..catalogs import find
    from ..signatures import Signer, sign
    from ..verification import covered

    if args.chain and not args.certificate:
        raise HubError("--chain needs --certificate")
    if args.certificate and args.password_file:
        raise HubError(
            "model-signing takes no password of a key with a certificate: give a key without one"
        )
    path, distribution, version = find(args.catalog)
    if args.distribution:
        distribution = normalise(args.distribution)
    version = args.version or version
    output = args.output or path.with_name(path.name + SUFFIX)
    try:
        for file in filter(None, (args.key, args.certificate, *args.chain)):
            refuse_device(file)  # before a library reads it
        password = args.password_file and read_small(args.password_file).decode().rstrip("\r\n")
        signer = Signer(args.key, password, args.certificate, tuple(args.chain))
        sign(path, output, signer, distribution=distribution, version=version)
    except OSError as error:
        raise HubError(f"Cannot read {error.filename}: {error.strerror}") from error
    full, partly = covered(Catalog.read(path, distribution or path.stem))
    print_fields(
        {
            "signature": output,
            "catalogue": path,
            "signed as": f"{distribution} {version}".strip() or "of no distribution",
            "weights": f"{full} by their full digest"
            + (f", {partly} by the first digits of it or by their address only" if partly else ""),
        }
    )
    if not version:
        print(
            "hub: warning: without a version nobody notices if an older catalogue is put in this "
            "one's place: give --distribution and --version",
            file=sys.stderr,
        )
    return 0
