"""``hub predict``: run a model on images or videos."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..prediction.document import Document
    from ..prediction.pictures import PictureFolder
    from ..prediction.predictor import Predictor
    from ..prediction.results import Result

from ..errors import HubError
from . import elsewhere
from .arguments import path, positive_integer, positive_number, share
from .faults import brief
from .library_warnings import without_library_warnings
from .output import harmless, print_json
from .streams import say

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub predict mobilenet_v2 photo.jpg
  hub predict resnet50 photos/ 'more/**/*.png' --weights IMAGENET1K_V1 --json
  hub predict fasterrcnn_resnet50_fpn street.jpg --score 0.7 --output annotated/
  hub predict r3d_18 clip.mp4           # or a folder of frames
  hub predict raft_small frame1.png frame2.png --output flow/
  hub predict resnet50.onnx photos/     # a file that hub export wrote; needs no torch
  hub predict resnet50 s3://acme/photos --executor ray --output results/   # needs hub-ray

A folder stands for the images in it. Inputs that cannot be read are reported on stderr; the others
are processed, and the exit code is 1.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "predict",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a model's name, as 'hub list' shows it, or a file that 'hub export' wrote",
    )
    parser.add_argument(
        "inputs",
        metavar="IMAGE",
        nargs="+",
        help="image, folder or glob; for video models a video file or a folder of frames",
    )
    parser.add_argument(
        "--weights",
        default="DEFAULT",
        help="such as IMAGENET1K_V1, or the full name of a package's weights (default: DEFAULT)",
    )
    parser.add_argument(
        "--prompt", metavar="TEXT", help="what is asked of each image, for tasks that take a prompt"
    )
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="what runs the model: torch, or one that a package adds, such as onnxruntime "
        "(default: torch; for an exported file one that reads it)",
    )
    parser.add_argument(
        "--top",
        type=positive_integer,
        default=5,
        help="the number of classes to show (default: %(default)s)",
    )
    parser.add_argument(
        "--score",
        type=share,
        default=0.5,
        help="the lowest score of objects to show, 0 to 1 (default: %(default)s)",
    )
    parser.add_argument("--device", default="cpu", help="such as cuda (default: %(default)s)")
    parser.add_argument(
        "--batch-size",
        type=positive_integer,
        help="inputs per batch (default: depends on the task)",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=path,
        help="write annotated pictures to this folder; with --executor the results themselves",
    )
    parser.add_argument("--json", action="store_true", help="print COCO-style JSON")
    faster = parser.add_argument_group("speed (these options change the outputs slightly)")
    faster.add_argument(
        "--optimize", action="store_true", help="use channels-last and fuse batch normalisations"
    )
    faster.add_argument(
        "--dtype",
        default="float32",
        choices=("float32", "bfloat16", "float16"),
        help="the number format to compute in (default: %(default)s)",
    )
    faster.add_argument(
        "--compile", action="store_true", help="compile the model with torch.compile"
    )
    faster.add_argument(
        "--verbose",
        action="store_true",
        help="also run the unchanged model, and show how the outputs differ",
    )
    parser.add_argument(
        "--fps",
        type=positive_number,
        help="the frame rate of folders of frames, in frames per second",
    )
    elsewhere.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    with without_library_warnings():
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    from ..prediction import Failure
    from ..prediction.choice import check_device
    from ..prediction.engines import find_engine, is_exported
    from ..prediction.expansion import expand

    # Quick checks come first, so that a wrong name is reported before anything is downloaded.
    if args.engine is not None:
        find_engine(args.engine)
    check_device(args.device)
    if elsewhere.check_arguments(args, unused=("prompt", "verbose")):
        return elsewhere.run_job(args, "predict", _options(args))
    predictor = None
    if is_exported(args.model):
        predictor = _predictor(args)  # the file says what it takes
        task, name = predictor.task, Path(args.model).stem
    else:
        task, name = _named(args)
    inputs: list[Any] = list(args.inputs)
    if args.output is not None:
        inputs = _without_own(inputs, args.output)
    if args.prompt is not None:
        _require_prompted(task)
        inputs = [(one, args.prompt) for one in inputs]
    items = expand(inputs, task)
    pictures = None
    if args.output is not None:
        from ..prediction.pictures import PictureFolder

        pictures = PictureFolder(args.output, name, _paths(items))
    failures = [item for item in items if isinstance(item, Failure)]
    if len(failures) == len(items):
        for failure in failures:
            _report(failure.error)
        return 1
    return _predict(args, predictor or _predictor(args), items, pictures)


def _require_prompted(task: str) -> None:
    from ..catalogs.tasks import task_facts
    from ..prediction import PredictionError

    facts = task_facts(task)
    if facts is None or facts.input != "prompted":
        raise PredictionError(f"The task '{task}' takes no prompt. Leave out --prompt.")


def _named(args: argparse.Namespace) -> tuple[str, str]:
    """The task of a model of the hub, and what pictures are named by."""
    from ..catalogs.names import find_model, short_name
    from ..prediction.choice import chosen_weights
    from ..prediction.tasks import require_task

    entry = find_model(args.model)
    require_task(entry.task)
    weights, _ = chosen_weights(entry, args.weights)
    return entry.task, _made_by(short_name(entry), weights)


def _predictor(args: argparse.Namespace) -> Predictor:
    from ..prediction import Predictor

    return Predictor(args.model, args.weights, compare=args.verbose, **_options(args))


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """What the model is run with, here or elsewhere."""
    return {
        "engine": args.engine,
        "top": args.top,
        "score": args.score,
        "device": args.device,
        "batch_size": args.batch_size,
        "rate": args.fps,
        "optimize": args.optimize,
        "dtype": args.dtype,
        "compile": args.compile,
    }


def _made_by(model: str, weights: Any) -> str:
    """What the names of pictures say of the model: its name and its weights'."""
    name = getattr(weights, "name", "")
    return f"{model}-{name}" if name else model


def _without_own(inputs: list[str], output: Path) -> list[str]:
    """The inputs without pictures of an earlier run, which a shell's 'photos/*' names as well."""
    from ..prediction.drawn import is_drawn

    def is_own(path: Path) -> bool:
        try:
            return path.parent.samefile(output) and is_drawn(path)
        except (OSError, ValueError):
            return False

    # If all of them are pictures, they are meant.
    return [one for one in inputs if not is_own(Path(one))] or inputs


def _paths(items: list[Any]) -> list[Path]:
    images = [
        part
        for item in items
        for part in (
            *(getattr(item, name, None) for name in ("first", "second", "image")),
            *getattr(item, "images", ()),
            item,
        )
    ]
    found = (getattr(image, "content", None) for image in images)
    return [path for path in found if isinstance(path, Path)]


def _predict(
    args: argparse.Namespace,
    predictor: Predictor,
    items: list[Any],
    pictures: PictureFolder | None,
) -> int:
    from tqdm import tqdm

    from ..prediction import Failure, InputError, PredictionError
    from ..weights.traces import trace

    document = _document(args.model, predictor) if args.json else None
    if pictures is not None:
        pictures.made_with = str(trace(predictor.weights))
    failed = False
    # None: show the bar only if stderr is a terminal.
    quiet = True if len(items) == 1 else None
    bar = tqdm(total=len(items), desc=args.model, unit="input", disable=quiet, leave=False)
    with bar:
        for result in predictor.stream(items):
            picture = None
            if pictures is not None and not isinstance(result, Failure):
                try:
                    picture = pictures.save(result)
                except InputError as error:  # it was readable a moment ago
                    result = Failure(error.source, error)
                except PredictionError as error:  # others may be written
                    failed = True
                    with bar.external_write_mode(file=sys.stderr):
                        _report(error)
            if document is not None:
                document.add(result, **({"picture": str(picture)} if picture else {}))
            if isinstance(result, Failure):
                failed = True
                with bar.external_write_mode(file=sys.stderr):
                    _report(result.error)
            elif document is None:
                with bar.external_write_mode(file=sys.stdout):
                    _show(result, picture)
            bar.update()
    if document is not None:
        print_json(document.to_json())
    if args.verbose:
        _explain(predictor.largest_difference)
    return 1 if failed else 0


def _document(model: str, predictor: Any) -> Document:
    from ..prediction.document import Document
    from ..weights.traces import trace

    name, digest = trace(predictor.weights)
    return Document(
        model=model,
        weights=str(predictor.weights),
        canonical=name,
        sha256=digest,
        task=predictor.task,
    )


def _show(result: Result, picture: Path | None) -> None:
    print(harmless(str(result)))
    if picture is not None:
        print(f"  picture: {harmless(str(picture))}")


def _report(error: HubError) -> None:
    say(f"hub: {brief(str(error))}")


def _explain(difference: float | None) -> None:
    if difference is None:
        text = "there is nothing to compare: no option that changes the outputs was given"
    elif math.isnan(difference):
        text = "the outputs cannot be compared: the models found different numbers of objects"
    else:
        text = f"largest difference from the plain model's outputs: {difference:.3g}"
    say(f"hub: {text}")
