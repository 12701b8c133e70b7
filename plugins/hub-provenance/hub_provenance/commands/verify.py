"""``hub verify``: verify the signatures of catalogues, and the files that they name.

Files in the store were verified when they came in; they are not read again, unless their size or
time changed. To read all: hub cache verify
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from hubcore.cli.arguments import path

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub verify                                            all catalogues that are signed, or that
                                                        the 'trust' setting wants to be
  hub verify acme-flowers --key acme.pub
  hub verify acme_flowers/catalog.json --root ca.pem
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("verify", description=__doc__, epilog=EXAMPLES)
    parser.add_argument(
        "catalog", metavar="CATALOG", nargs="*", help="a plugin's name, or a catalogue's file"
    )
    parser.add_argument(
        "--key",
        metavar="FILE",
        type=path,
        nargs="+",
        default=[],
        help="the public keys to accept (default: those of the 'trust' setting)",
    )
    parser.add_argument(
        "--root",
        metavar="FILE",
        type=path,
        nargs="+",
        default=[],
        help="the certificates to accept as roots (default: those of the 'trust' setting)",
    )
    parser.add_argument(
        "--signature",
        metavar="FILE",
        type=path,
        help="the signature of the one catalogue (default: its name and .sig)",
    )
    parser.add_argument(
        "--accept-older",
        action="store_true",
        help="accept versions that are older than those verified before",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from hubcore.cli.output import harmless, print_json, print_table
    from hubcore.errors import HubError

    if args.signature and len(args.catalog) != 1:
        raise HubError("--signature is of one catalogue: name it")
    found = [_verified(item, args) for item in _chosen(args)]
    bad = [item for item in found if item["error"] or item["damaged"]]
    if args.json:
        print_json(found)
        return 1 if bad else 0
    if not found:
        print("No installed catalogue is signed. To sign one: hub sign CATALOG --key KEY")
        return 0
    print_table(
        (
            [
                item["name"],
                item["version"],
                "NOT VERIFIED" if item["error"] else "verified",
                item["signed_by"],
                item["verified"],
                item["missing"],
                item["not_covered"],
                len(item["damaged"]),
            ]
            for item in found
        ),
        [
            *("catalogue", "version", "signature", "signed by", "in the store", "not here"),
            *("not covered", "damaged"),
        ],
    )
    for item in bad:
        for fault in filter(None, [item["error"], *item["damaged"]]):
            print(harmless(f"\n{item['name']}: {fault}"))
    return 1 if bad else 0


def _chosen(args: argparse.Namespace) -> list[Any]:
    """The catalogues to verify."""
    from hubcore import settings
    from hubcore.catalogs.signed import SUFFIX

    from ..catalogs import Found, find, installed
    from ..policy import accept_older

    if args.catalog:
        chosen = [find(name) for name in args.catalog]
    else:
        chosen = [
            Found(plugin.path, plugin.distribution, plugin.version)
            for plugin in installed()
            if plugin.path is not None
            and (
                settings.trust_in(plugin.distribution) is not None
                or plugin.path.with_name(plugin.path.name + SUFFIX).is_file()
            )
        ]
    if args.accept_older:
        for item in chosen:
            accept_older(item.distribution)
    return chosen


def _verified(item: Any, args: argparse.Namespace) -> dict[str, Any]:
    from hubcore import settings
    from hubcore.catalogs.catalog import Catalog
    from hubcore.catalogs.signed import SUFFIX
    from hubcore.errors import HubError
    from hubcore.store import default_store

    from ..policy import check_newest, check_subject
    from ..signatures import verify
    from ..verification import digests_in, files_of

    path, distribution, version = item
    policy = settings.trust_in(distribution)
    given = bool(args.key or args.root)
    keys = args.key if given or policy is None else policy.keys
    roots = args.root if given or policy is None else policy.certificates
    store = default_store()
    about: dict[str, Any] = {
        "name": distribution or str(path),
        "path": str(path),
        "version": "",
        "signed_by": "",
        "error": None,
        "verified": 0,
        "missing": 0,
        "not_covered": 0,
        "damaged": [],
    }
    try:
        signature = args.signature or path.with_name(path.name + SUFFIX)
        if not keys and not roots and signature.is_file():
            raise HubError(
                f"nothing says which keys of {distribution or path} to accept: give --key or "
                "--root, or set 'trust' (docs/provenance.md)"
            )
        signed = verify(
            path,
            signature,
            keys=keys,
            certificates=roots,
            digest_of=partial(digests_in, store, path.parent),
        )
        about.update(version=signed.version, signed_by=signed.signer)
        check_subject(signed, path, distribution, version)
        check_newest(signed, path, distribution)
    except HubError as error:
        about["error"] = str(error)
        return about
    except OSError as error:
        about["error"] = f"cannot read {error.filename}: {error.strerror}"
        return about
    for file in files_of(Catalog.read(path, distribution or path.stem), store):
        if file.state == "damaged":
            about["damaged"].append(
                f"{file.name} is damaged in the store: hub download {file.name}"
            )
        else:
            about[file.state.replace(" ", "_")] += 1
    return about
