"""``hub evaluate``: measure weights on your data, and record the evidence."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubcore.cli.arguments import natural_integer, path, positive_integer

if TYPE_CHECKING:
    from .results import Evaluation

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub evaluate mobilenet_v2 --data imagenet/val --dataset ImageNet-1K
  hub evaluate mobilenet_v2 --data photos/ --labels labels.csv --limit 1000 --record mobilenet.json
  hub evaluate fasterrcnn_resnet50_fpn --data coco/          # annotations/instances_val2017.json
  hub evaluate raft_small --data Sintel/ --split final
  hub evaluate mobilenet_v2.onnx --data photos/                 # a file of hub export
  hub evaluate --check mobilenet.json --data photos/
  hub evaluate --compare mobilenet_v2 efficientnet_lite0 --data photos/ --plot both.png

Data: folders by class, images or videos with a CSV, ImageNet's validation set, MNIST and CIFAR
archives; COCO's JSON, Pascal VOC; pairs of images and masks; Sintel, KITTI and FlyingChairs.
--labels FILE is a CSV: 'class,category' says what a class is called in the weights ('class,-'
leaves it out), 'file,class' gives the class of each file.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("evaluate", description=__doc__, epilog=EXAMPLES)
    add = parser.add_argument
    add(
        "models",
        metavar="MODEL",
        nargs="*",
        help="a model, weights such as ResNet50_Weights.V1, or an exported file such as a.onnx",
    )
    add(
        "--data", metavar="DIR", type=path, required=True, help="labelled data, or COCO's JSON file"
    )
    add("--weights", default="DEFAULT", help="the models' weights (default: %(default)s)")
    add("--labels", metavar="FILE", type=path, help="a CSV of labels, see below")
    add("--split", help="the part of the data, such as val, test, train, clean or final")
    add(
        "--limit", metavar="N", type=positive_integer, help="measure on N samples, chosen at random"
    )
    add(
        "--dataset",
        metavar="NAME",
        help="compare with what the weights publish for these data, such as ImageNet-1K",
    )
    add("--device", default="cpu", help="such as cuda (default: %(default)s)")
    add(
        "--engine",
        help="what runs the model: torch, optimized, compiled, or an installed one "
        "(default: torch; for an exported file one that reads it)",
    )
    add("--batch-size", metavar="N", type=positive_integer, help="inputs per batch")
    add("--workers", metavar="N", type=natural_integer, help="threads that decode")
    add(
        "--processes",
        metavar="N",
        type=positive_integer,
        default=1,
        help="predict in N processes; no digit depends on it (default: 1)",
    )
    add(
        "--executor",
        default="processes",
        help="what runs these processes, such as one that a package adds for a cluster "
        "(default: %(default)s: this machine)",
    )
    add(
        "--resize",
        metavar="N",
        type=positive_integer,
        help="segmentation: measure at a shorter side of N pixels (torchvision's figures: 520)",
    )
    add(
        "--flow-updates",
        metavar="N",
        type=positive_integer,
        help="RAFT: update the flow N times (published: 32 for Sintel, 24 for KITTI)",
    )
    add("--seed", type=natural_integer, default=0, help="of --limit and the intervals (default: 0)")
    add("--record", metavar="FILE", type=path, help="write the evidence to this file, as JSON")
    add("--check", metavar="RECORD", type=path, help="run a record's evaluation again and compare")
    add(
        "--compare",
        metavar=("A", "B"),
        nargs=2,
        help="two models, and the difference of B from A with its interval",
    )
    add("--plot", metavar="FILE", type=path, help="draw a picture: .png, .svg or .pdf")
    add(
        "--plot-by",
        default="params",
        choices=("params", "ops", "ms"),
        help="the horizontal axis for several models (default: %(default)s; ms implies --speed)",
    )
    add("--speed", action="store_true", help="also measure latency, throughput and peak memory")
    add("--json", action="store_true", help="print the records as JSON")


def run(args: argparse.Namespace) -> int:
    from hubcore.cli.library_warnings import without_library_warnings

    with without_library_warnings():
        return _check(args) if args.check else _evaluate(args)


def _evaluate(args: argparse.Namespace) -> int:
    from .errors import EvaluationError

    models = [*args.models, *(args.compare or ())]
    if not models:
        raise EvaluationError("Name a model to evaluate: hub evaluate MODEL --data DIR")
    if args.compare and args.models:
        raise EvaluationError("--compare takes the two models itself: name no others.")
    _check_beforehand(args, models)
    from .evaluation import evaluate

    evaluations = []
    for model in models:
        evaluation = evaluate(
            model,
            args.data,
            weights=args.weights,
            labels=args.labels,
            split=args.split,
            limit=args.limit,
            dataset=args.dataset,
            device=args.device,
            engine=args.engine,
            batch_size=args.batch_size,
            workers=args.workers,
            processes=args.processes,
            executor=args.executor,
            resize=args.resize,
            flow_updates=args.flow_updates,
            seed=args.seed,
            progress=True,
        )
        if args.speed or args.plot_by == "ms":
            evaluation = _with_speed(args, model, evaluation)
        if not args.json:
            _show(evaluation)
        evaluations.append(evaluation)
    differences = _compare(args, evaluations) if args.compare else {}
    _write(args, evaluations, differences)
    return 0


def _check_beforehand(args: argparse.Namespace, models: list[str]) -> None:
    """Reports what would fail only after torch is imported, or after hours of measuring."""
    from hubcore.atomic_write import check_writable
    from hubcore.prediction.choice import check_device
    from hubcore.prediction.engines import is_exported, usual_engine

    from .choice import chosen_by_name
    from .data import existing
    from .engines import check_engine
    from .errors import EvaluationError
    from .executors import check_executor

    if args.engine is not None:
        check_engine(args.engine)
    check_executor(args.executor)
    if args.plot is not None:
        _require_plots(args.plot)
    for model in models:
        if is_exported(model):
            usual_engine(model)
        else:
            chosen_by_name(model, args.weights)
    check_device(args.device)
    existing(args.data)
    if args.labels is not None and not args.labels.exists():
        raise EvaluationError(f"{args.labels}: there is no such file of labels")
    for output in (args.record, args.plot):
        try:
            if output is not None:
                check_writable(output)
        except OSError as error:
            reason = error.strerror or str(error)
            raise EvaluationError(f"{output}: cannot be written: {reason}") from error


def _with_speed(args: argparse.Namespace, model: str, evaluation: Evaluation) -> Evaluation:
    from dataclasses import replace

    from hubcore.prediction.engines import is_exported

    from .data import open_data
    from .speed import measure_speed

    data = open_data(
        args.data,
        evaluation.task,
        evaluation.measuring.categories,
        labels=args.labels,
        split=args.split,
    )
    exported = is_exported(model)
    speed = measure_speed(
        model if exported else evaluation.model,
        data.limited(args.limit, args.seed),
        weights=args.weights if exported else evaluation.weights,
        device=args.device,
        engine=args.engine,
        batch_size=args.batch_size,
    )
    return replace(evaluation, facts={**evaluation.facts, "speed": speed})


def _compare(args: argparse.Namespace, evaluations: list[Evaluation]) -> dict[str, Any]:
    from dataclasses import asdict

    from hubcore.cli.output import print_table

    from .comparison import compare

    first, second = evaluations
    found = compare(first, second, seed=args.seed)
    if not args.json:
        print_table(
            (
                [
                    name,
                    f"{one.first:.3f}",
                    f"{one.second:.3f}",
                    f"{one.value:+.3f}",
                    "" if one.low is None else f"[{one.low:+.3f}, {one.high:+.3f}]",
                    {"first": first.model, "second": second.model, None: "not clear"}[one.better],
                ]
                for name, one in found.items()
            ),
            ["metric", first.model, second.model, "difference", "interval of 95 %", "better"],
        )
    return {
        name: {**asdict(one), "difference": one.value, "clear": one.clear, "better": one.better}
        for name, one in found.items()
    }


def _show(evaluation: Evaluation) -> None:
    from hubcore.cli.output import harmless, print_fields

    about = evaluation.facts["data"]
    of = f" of {about['of']}" if about["of"] != about["samples"] else ""
    left_out = ", ".join(f"{name} ({count})" for name, count in about["left_out"].items())
    speed = evaluation.facts.get("speed")
    print_fields(
        {
            "model": evaluation.model,
            "weights": evaluation.weights,
            "data": f"{about['name']}: {evaluation.samples}{of} inputs ({about['format']})",
            "left out": left_out,
            **{name: str(measure) for name, measure in evaluation.metrics.items()},
            "speed": speed
            and f"{speed['latency_ms']:g} ms one input, {speed['throughput']:g} inputs/s in "
            f"batches of {speed['batch_size']}, peak memory {speed['peak_memory_mb']} MB "
            f"(medians; {speed['engine']} on {speed['device']}, {speed['threads']} threads)",
        }
    )
    if evaluation.failures:
        print(f"not readable: {len(evaluation.failures)}, {evaluation.failures_count}")
        for id, reason in evaluation.failures:
            print(harmless(f"  {id}: {reason}"))
    print()


def _write(
    args: argparse.Namespace, evaluations: list[Evaluation], differences: dict[str, Any]
) -> None:
    from hubcore.cli.output import print_json

    if args.record or args.json:
        from .records import write_json

        records = [evaluation.record() for evaluation in evaluations]
        for record in records if args.record else ():
            path = args.record
            if len(records) > 1:
                safe = record["model"].replace("/", "-")
                path = path.with_name(f"{path.stem}-{safe}{path.suffix}")
            write_json(path, record)
            print(f"Recorded in {path}", file=sys.stderr)
        if args.json:
            content: Any = records[0] if len(records) == 1 else records
            if args.compare:
                content = {"evaluations": records, "differences": differences}
            print_json(content)
    if args.plot:
        from .plots import plot, save

        save(plot(evaluations, [_place(one) for one in evaluations], args.plot_by), args.plot)
        print(f"Drawn in {args.plot}", file=sys.stderr)


def _place(evaluation: Evaluation) -> dict[str, float]:
    from hubcore.errors import UnknownNameError
    from hubcore.weights.lookup import get_weight

    try:
        meta = get_weight(evaluation.weights).meta
    except UnknownNameError:  # an exported file's, whose family need not be installed
        meta = {}
    found = {}
    if "num_params" in meta:
        found["params"] = meta["num_params"] / 1e6
    if "_ops" in meta:
        found["ops"] = meta["_ops"]
    speed = evaluation.facts.get("speed")
    return {**found, "ms": speed["latency_ms"]} if speed else found


def _require_plots(path: Path) -> None:
    from importlib.util import find_spec

    from hubcore.errors import MissingDependencyError

    from .errors import EvaluationError

    if find_spec("matplotlib") is None:
        raise MissingDependencyError(
            "Drawing needs matplotlib: pip install 'hub-evaluate[plot]'", "matplotlib"
        )
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise EvaluationError(f"{path}: cannot be drawn: the name must end in .png, .svg or .pdf")
    if not path.parent.is_dir():
        raise EvaluationError(f"{path}: there is no folder '{path.parent}'")


def _check(args: argparse.Namespace) -> int:
    from hubcore.cli.output import harmless, print_json

    from .data import existing
    from .errors import EvaluationError
    from .records import read_record

    if len(args.models) > 1:
        raise EvaluationError("--check takes one record: name at most the file that it is of.")
    read_record(args.check)
    existing(args.data)

    from .checking import check

    model = args.models[0] if args.models else None
    verdict = check(args.check, args.data, model=model, labels=args.labels, progress=True)
    if args.json:
        print_json({"equal": verdict.equal, "lines": verdict.lines})
    else:
        for line in verdict.lines:
            print(harmless(line))
    return 0 if verdict.equal else 1
