"""``hub train``: train a model on your data, and make a package of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hubcore.cli.arguments import natural_integer, path, positive_integer, positive_number

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub train mobilenet_v2 --data flowers/ --recipe frozen        # minutes: the head alone
  hub train mobilenet_v2 --data flowers/ --output flowers-1     # 'finetune': all layers
  hub train --show-recipe finetune > mine.toml                  # a recipe is a file: change it
  hub train resnet50 --data flowers/ --recipe mine.toml --license MIT --name acme-flowers
  torchrun --nproc-per-node 2 -m hub_train resnet50 --data flowers/     # on several processors

Data: what 'hub evaluate' reads, such as a folder for each class. A fifth of the images is held back
to measure on, unless there are folders train/ and val/, or --validation says otherwise. The output
folder gets the weights, the split, the recipe, the curve (CSV and picture), the record of what was
measured, and dist/ with a wheel. The same command goes on after an interruption.
"""


WORDS = {
    "image-classification": "classes",
    "object-detection": "objects",
    "instance-segmentation": "objects",
    "keypoint-detection": "objects",
    "semantic-segmentation": "pixels",
}
"""What a task labels, for the table of recipes."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("train", description=__doc__, epilog=EXAMPLES)
    arguments(parser)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments to a parser."""
    add = parser.add_argument
    add("model", metavar="MODEL", nargs="?", help="a model, or weights such as ResNet50_Weights.V1")
    add("--data", metavar="DIR", type=path, help="labelled images")
    add(
        "--weights",
        default="DEFAULT",
        help="to start from; 'none' for none, 'backbone' for the backbone's (default: %(default)s)",
    )
    add(
        "--recipe",
        metavar="NAME|FILE",
        help="a name of --show-recipe, a .toml file, or the address of a recipe in a catalogue "
        "(default: the task's 'finetune')",
    )
    add(
        "--show-recipe",
        metavar="NAME|FILE",
        nargs="?",
        const="",
        help="print a recipe, or the table of all, and end",
    )
    add("--epochs", metavar="N", type=positive_integer, help="in place of the recipe's")
    add("--output", metavar="DIR", type=path, default=Path("training"),
        help="folder for all that is written (default: %(default)s)")  # fmt: skip
    add("--validation", metavar="DIR|PART",
        help="data to measure on, or the part of the images held back, such as 0.2")  # fmt: skip
    add("--labels", metavar="FILE", type=path, help="a CSV of labels, as for 'hub evaluate'")
    add("--split", help="the part of the data to train on (default: train, if it has parts)")
    add("--limit", metavar="N", type=positive_integer, help="train on N images, chosen at random")
    add("--seed", type=natural_integer, default=0, help="of all that is random (default: 0)")
    add("--device", default="cpu", help="such as cuda (default: %(default)s)")
    add("--workers", metavar="N", type=natural_integer, help="processes that decode and augment")
    add("--name", help="the package's name (default: the data's and the model's)")
    add("--license", default="unknown", help="of the package: an SPDX identifier such as MIT")
    add(
        "--checkpoint-every",
        metavar="SECONDS",
        type=positive_number,
        default=60.0,
        help="within an epoch (default: %(default)g)",
    )
    add("--tensorboard", action="store_true", help="also write the curves for TensorBoard")
    add("--dataset", metavar="NAME", help="what the data are called (default: the folder's name)")


def run(args: argparse.Namespace) -> int:
    from hubcore.cli.library_warnings import without_library_warnings

    if args.show_recipe is not None:
        return _show(args.show_recipe)
    from .errors import TrainingError

    if args.model is None or args.data is None:
        raise TrainingError(
            "Name a model and its data: hub train MODEL --data DIR. 'hub train --show-recipe' "
            "lists the recipes."
        )
    validation = _validation(args.validation)
    _check_beforehand(args)
    if args.tensorboard:
        from .tensorboard import check_tensorboard

        check_tensorboard()
    from .training import train

    with without_library_warnings("lightning_fabric"):
        made = train(
            args.model,
            args.data,
            weights=args.weights,
            recipe=args.recipe,
            epochs=args.epochs,
            output=args.output,
            validation=validation,
            labels=args.labels,
            split=args.split,
            limit=args.limit,
            seed=args.seed,
            device=args.device,
            workers=args.workers,
            name=args.name,
            license=args.license,
            dataset=args.dataset,
            tensorboard=args.tensorboard,
            checkpoint_every=args.checkpoint_every,
            progress=True,
        )
    _report(made)
    return 0


def _show(name: str) -> int:
    import sys

    from hubcore.cli.output import Column, print_table

    from .recipes import read_recipe, recipe_names

    if name:
        sys.stdout.write(read_recipe(name).text)
        return 0
    rows = []
    for one in recipe_names():
        recipe = read_recipe(one)
        kinds = ", ".join(dict.fromkeys(WORDS.get(task, task) for task in recipe.tasks))
        rows.append([one, kinds, recipe.epochs, recipe.summary])
    print_table(rows, ["recipe", "for", Column("epochs", right=True), "what it is"])
    return 0


def _validation(text: str | None) -> str | float | None:
    """A folder, or a part of the images."""
    from .errors import TrainingError

    if text is None:
        return None
    try:
        part = float(text)
    except ValueError:
        return str(path(text))
    if not 0 < part < 1:
        raise TrainingError(f"--validation {text}: the part held back is above 0 and below 1.")
    return part


def _check_beforehand(args: argparse.Namespace) -> None:
    """Reports what can be known before torch is imported."""
    from hub_evaluate.data import existing
    from hubcore.atomic_write import check_writable
    from hubcore.prediction.choice import check_device

    from .choice import choose
    from .errors import TrainingError

    choose(args.model, args.weights, args.recipe)
    existing(args.data)
    check_device(args.device)
    try:
        check_writable(args.output / "model.pth")
    except OSError as error:
        reason = error.strerror or str(error)
        raise TrainingError(f"{args.output}: cannot be written to: {reason}") from error


def _report(made: Any) -> None:
    import os

    from hubcore.cli.output import print_fields

    if int(os.environ.get("RANK", "0")):
        return  # torchrun: the first process speaks
    print_fields(
        {
            "classes": len(made.categories),
            "epochs": f"{len(made.epochs)}; the weights are those after {made.epoch}",
            **{name: f"{value:.3f}" for name, value in made.metrics.items()},
            "weights": str(made.weights),
            "curve": str(made.folder / "curve.csv"),
        }
    )
    if made.wheel is not None:
        print(f"Built {made.wheel}. Next:")
        print(f"  pip install {made.wheel}")
