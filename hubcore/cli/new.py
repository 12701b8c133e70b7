"""``hub new``: starts the project of a plugin."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub new acme-flowers --model resnet50      weights for a model that exists, without Python
  hub new acme-net --kind model              a model of your own
  hub pack best.pth --model resnet50 ...     from trained weights straight to a wheel
"""

_NEXT = """
## To do

- In `{package}/catalog.json`: the address of your checkpoint, its SHA-256 (the first digits in the
  file's name will do), its licence and its metrics. `hub pack` writes all of it for you.
- In `{package}/categories.json`: the names of your classes, in the order of the model's outputs.
- `hub check {name}` (or `pytest`) says what is wrong, and how to mend it.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "new",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("name", help="the distribution's name, such as acme-flowers")
    parser.add_argument(
        "--kind",
        choices=["weights", "model"],
        default="weights",
        help="weights for a model that exists, or a model of your own (default: %(default)s)",
    )
    parser.add_argument("--model", help="the model that the weights are for, such as resnet50")
    parser.add_argument("--dir", type=Path, help="where to write it (default: ./NAME)")


def run(args: argparse.Namespace) -> int:
    from ..authoring.packing import PackError, base_transforms
    from ..authoring.scaffold import ScaffoldError, names_for, write_project
    from ..catalogs.names import find_model, short_name
    from ..packages.references import Reference

    values = names_for(args.name)
    values["todo"] = _NEXT.format(**values)
    if args.kind == "weights":
        if not args.model:
            raise ScaffoldError("Weights need a model that they fit: --model resnet50, say.")
        model = find_model(args.model)
        try:
            transforms = base_transforms(model)
        except PackError:  # it has no weights whose preprocessing could be taken over
            transforms = Reference("hubcore.transforms:ImageClassification", {"crop_size": 224})
        values |= {
            "model": short_name(model),
            "builder": model.canonical,
            "requires": model.catalog.distribution,
            "description": f"Weights for {model.name}",
            "transforms": json.dumps(transforms.to_json()),
        }
    elif args.model:
        raise ScaffoldError("--model is for weights; a model of your own takes --kind model alone.")
    else:
        values["description"] = "A model and its weights"
    folder = args.dir or Path(values["name"])
    write_project(args.kind, folder, values)
    print(f"Wrote {folder}. Next:")
    print(f"  pip install -e {folder}")
    print(f"  hub check {values['name']}")
    return 0
