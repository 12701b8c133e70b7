"""``hub similar``: the photos most like a photo, or duplicates, in a file of hub embed.

How much two are alike is the cosine of the angle between their vectors: 1 for the same direction,
about 0 for what has nothing in common.
"""

from __future__ import annotations

import argparse
from typing import Any

from hubcore.cli.arguments import path, positive_integer, share

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub similar features.parquet photo.jpg                    the photos most like it
  hub similar features.parquet a.jpg b.jpg --picture near.png    and a contact sheet
  hub similar features.parquet --duplicates                 photos that are nearly the same
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("similar", description=__doc__, epilog=EXAMPLES)
    add = parser.add_argument
    add("file", metavar="FILE", type=path, help="a file that 'hub embed' wrote")
    add("inputs", metavar="IMAGE", nargs="*", help="image, folder or glob to look for")
    add("--duplicates", action="store_true", help="find groups of photos that are nearly the same")
    add(
        "--at-least",
        metavar="SHARE",
        type=share,
        default=0.9,
        help="how much alike duplicates are, 0 to 1 (default: %(default)s)",
    )
    add("--count", metavar="N", type=positive_integer, default=5, help="how many (default: 5)")
    add("--engine", metavar="NAME", help="what runs the model, such as onnxruntime (torch)")
    add("--picture", metavar="FILE", type=path, help="write a contact sheet, a PNG picture")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from hubcore.cli.output import print_json
    from hubcore.cli.streams import say
    from hubcore.embedding import EmbeddingError
    from hubcore.prediction import Failure
    from hubcore.printable import printable

    if args.duplicates == bool(args.inputs):
        raise EmbeddingError("Give images to look for, or --duplicates, and not both.")

    from .table import EmbeddingFile

    held = EmbeddingFile.read(args.file)
    if args.picture is not None:
        from .sheet import check_picture

        check_picture(args.picture)
    failed: list[Failure] = []
    if args.duplicates:
        groups = held.duplicates(args.at_least)
        rows: list[list[tuple[str, float | None]]]
        rows = [[(held.inputs[row], None) for row in group] for group in groups]
        shown: Any = [[name for name, _ in row] for row in rows]
    else:
        from .making import embedded, embedder_for

        def note(failure: Failure) -> None:
            failed.append(failure)
            say(f"hub: {failure.error}")

        asked = embedded(
            embedder_for(held.origin, args.engine),
            held.origin.model,
            args.inputs,
            note,
            held.origin.dtype,
        )
        held.origin.require_like(asked.origin, f"{args.file} cannot be compared with these")
        rows = []
        for name, vector in zip(asked.inputs, asked.vectors, strict=True):
            near = held.nearest(vector, args.count)
            rows.append([(name, None), *((held.inputs[row], cosine) for row, cosine in near)])
        shown = [
            {"input": row[0][0], "near": [{"input": n, "cosine": c} for n, c in row[1:]]}
            for row in rows
        ]
    if args.picture is not None:
        from .sheet import contact_sheet, write_picture

        write_picture(contact_sheet(rows), args.picture)
    if args.json:
        print_json(shown)
    elif not rows:
        print(f"No duplicates among {len(held)} inputs.")
    else:
        for row in rows:
            print(printable(row[0][0]))
            for name, cosine in row[1:]:
                print(f"  {'' if cosine is None else f'{cosine:.3f}  '}{printable(name)}")
    return 1 if failed else 0
