"""``hub embed``: the vectors that a model's head sees, as a Parquet file.

Each input becomes a row: its name, and its vector (float32). The file says which weights, layer and
preprocessing made it, so that only vectors that were made alike are compared or added.
"""

from __future__ import annotations

import argparse
from typing import Any

from hubcore.cli import elsewhere
from hubcore.cli.arguments import path, positive_integer

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub embed mobilenet_v2 photos/ -o features.parquet
  hub embed vit_b_16 'more/**/*.jpg' -o features.parquet --append
  hub embed resnet50 photos/ -o layer3.parquet --layer layer3
  hub embed resnet50 s3://acme/photos --executor ray -o features/    # a folder; needs hub-ray
  hub embed resnet50 photos/ -o features.parquet --engine onnxruntime
  hub similar features.parquet photo.jpg

A folder stands for the images in it. Inputs that cannot be read are reported on stderr; the others
are embedded, and the exit code is 1.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("embed", description=__doc__, epilog=EXAMPLES)
    add = parser.add_argument
    add("model", metavar="MODEL", help="a model's name, or a file of hub export --vectors")
    add(
        "inputs",
        metavar="IMAGE",
        nargs="+",
        help="image, folder or glob; for videos as hub predict",
    )
    add("-o", "--output", metavar="FILE", type=path, required=True, help="the Parquet file")
    add("--weights", default="DEFAULT", help="the model's weights (default: %(default)s)")
    add(
        "--layer",
        metavar="NAME",
        help="a module whose output to take, in place of the head's input",
    )
    add("--spatial", action="store_true", help="keep maps (C, H, W) in place of their mean")
    add(
        "--append", action="store_true", help="add to the file; what is in it is not embedded again"
    )
    add(
        "--engine",
        metavar="NAME",
        help="what runs the model: torch, or one that a package adds, such as onnxruntime",
    )
    add("--device", default="cpu", help="such as cuda (default: %(default)s)")
    add("--batch-size", metavar="N", type=positive_integer, help="inputs per batch")
    add("--json", action="store_true", help="print what was written as JSON")
    elsewhere.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from hubcore.atomic_write import check_writable
    from hubcore.catalogs.names import find_model
    from hubcore.cli.library_warnings import without_library_warnings
    from hubcore.cli.output import print_fields, print_json
    from hubcore.cli.streams import say
    from hubcore.embedding import EmbeddingError
    from hubcore.prediction import Failure
    from hubcore.prediction.choice import check_device
    from hubcore.prediction.engines import find_engine, is_exported
    from hubcore.prediction.expansion import expand

    if args.engine is not None:
        find_engine(args.engine)
    check_device(args.device)
    options: dict[str, Any] = {
        "layer": args.layer,
        "spatial": args.spatial,
        "device": args.device,
        "batch_size": args.batch_size,
        "engine": args.engine,
    }
    if elsewhere.check_arguments(args, unused=("append",)):
        return elsewhere.run_job(args, "embed", options)
    exported = is_exported(args.model)
    task = None if exported else find_model(args.model).task
    try:
        check_writable(args.output)
    except OSError as error:
        raise EmbeddingError(f"Cannot write {args.output}: {error.strerror or error}.") from error
    items = [] if task is None else expand(args.inputs, task)

    from .making import embedded, extended
    from .table import EmbeddingFile

    old = EmbeddingFile.read(args.output) if args.append and args.output.exists() else None
    failed: list[Failure] = []

    def note(failure: Failure) -> None:
        failed.append(failure)
        say(f"hub: {failure.error}")

    with without_library_warnings():
        from hubcore.embedding.embedder import Embedder

        embedder = Embedder(args.model, args.weights, **options)
        if exported:  # the file says what it takes
            items = expand(args.inputs, embedder.task)
        if old is None:
            made = embedded(embedder, args.model, items, note)
        else:
            made = extended(old, embedder, args.model, items, note)
        made.write(args.output)
    facts: dict[str, Any] = {
        "file": args.output,
        "inputs": len(made),
        "failed": len(failed),
        **asdict(made.origin),
    }
    if args.json:
        print_json(facts)
    else:
        del facts["preprocessing"], facts["dtype"]
        facts["shape"] = " x ".join(map(str, made.origin.shape))
        print_fields({key: value for key, value in facts.items() if value not in ("", 0)})
    return 1 if failed else 0
