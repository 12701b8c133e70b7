"""``hub show``: show what is known about a model, weights, an enum of weights or a plugin."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from ..catalogs import queries
from ..catalogs.discovery import Plugin
from ..catalogs.licenses import describe, parent_json, to_json
from ..catalogs.metrics import figure
from ..catalogs.names import find_model, find_weights, short_name
from ..catalogs.records import MetricState, summary
from ..download.addresses import scheme
from ..errors import AmbiguousNameError, UnknownNameError
from ..info import ModelInfo, WeightsInfo, model_info, weights_info
from ..packages.entry_points import normalise
from ..weights.lookup import get_weight, weights_enum
from .output import Column, print_fields, print_json, print_table
from .terminal import paged
from .units import counted, counted_weights, size_of

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub show resnet50                             a model, and all weights that fit it
  hub show ResNet50_Weights.IMAGENET1K_V2       weights
  hub show ResNet50_Weights                     all members of an enum
  hub show hub-detection                        what a distribution offers
  hub show hub-classification/ResNet50_Weights.DEFAULT --json
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "show",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "name", help="a model, weights such as ResNet50_Weights.DEFAULT, their enum, or a plugin"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    found = _meant(args.name)
    if args.json:
        print_json(_as_json(found))
        return 0
    with paged():
        if isinstance(found, ModelInfo):
            _print_model(found)
        elif isinstance(found, WeightsInfo):
            _print_weights(found)
        elif isinstance(found, Plugin):
            _print_plugin(found)
        else:
            _print_enum(found)
    return 0


Found = ModelInfo | WeightsInfo | list[WeightsInfo] | Plugin


def _meant(name: str) -> Found:
    """What a name means: a model, then weights, an enum, a plugin or its distribution."""
    try:
        return model_info(name)
    except UnknownNameError as error:
        unknown = error
    # The names of models may contain dots too, so weights come second.
    if "." in name.rpartition("/")[2]:
        try:
            return weights_info(get_weight(name))
        except AmbiguousNameError:
            raise
        except ValueError as error:
            raise (error if "_weights" in name.lower() else unknown) from None
    try:
        return [weights_info(member) for member in weights_enum(find_weights(name))]
    except UnknownNameError as error:
        for plugin in queries.plugins():
            if name.lower() == plugin.name or normalise(name) == plugin.distribution:
                return plugin
        raise (error if "_weights" in name.lower() else _with_plugins(unknown)) from None


def _with_plugins(unknown: UnknownNameError) -> UnknownNameError:
    """The error for a model, which suggests plugins too where no model's name is close."""
    import difflib

    if unknown.suggestions or unknown.install or unknown.hint:
        return unknown
    names = sorted({name for p in queries.plugins() for name in (p.name, p.distribution)})
    close = difflib.get_close_matches(unknown.name.lower(), names, n=2, cutoff=0.7)
    return UnknownNameError("model", unknown.name, close)


def _as_json(found: Found) -> Any:
    if isinstance(found, ModelInfo):
        data = {k: v for k, v in find_model(found.canonical).data.items() if k != "weights"}
        return {**data, **asdict(found), "weights": [_as_json(w) for w in found.weights]}
    if isinstance(found, WeightsInfo):
        reference = [found.preprocessing.target, dict(found.preprocessing.settings)]
        data = asdict(found)
        by = data.pop("pinned_by")
        parent = found.evidence.parent
        return {
            **data,
            "pinned": {"sha256": found.pinned, "by": by} if found.pinned else None,
            "evidence": to_json(found.evidence),
            "parent": parent_json(parent) if parent else None,
            "transforms": reference,
        }
    if isinstance(found, Plugin):
        return {
            "name": found.name,
            "distribution": found.distribution,
            "version": found.version,
            "status": found.status,
            "error": found.error or None,
            "models": queries.list_models(plugin=found.distribution) if found.catalog else [],
            "weights": queries.list_weights(plugin=found.distribution) if found.catalog else [],
        }
    return [_as_json(weights) for weights in found]


def _print_model(model: ModelInfo) -> None:
    own = next((w for w in model.weights if w.name.rpartition(".")[2] == model.default), None)
    print_fields(
        {
            "model": model.canonical,
            "replaced by": model.replaced_by,
            "task": model.task,
            "about": model.doc,
            "paper": model.paper,
            "architecture": model.architecture,
            "head": ", ".join(model.head),
            "plugin": f"{model.plugin} {model.version}",
            "default": own.name if own else "no weights",
            "available": f"no: needs {model.lacks}" if model.lacks else None,
        }
    )
    if model.weights:
        print()
        _print_table(model.weights, model.plugin)
    short = short_name(find_model(model.canonical))
    weights = "DEFAULT" if own else None
    _print_use(f"model = hubcore.get_model({short!r}, weights={weights!r}).eval()")


def _print_weights(weights: WeightsInfo) -> None:
    known = {"num_params", "categories", "recipe", "_metrics", "_ops", "_file_size", "_docs"}
    categories = weights.categories
    some = ", ".join(categories[:4]) + (", ..." if len(categories) > 4 else "")
    print_fields(
        {
            "weights": weights.canonical,
            "replaced by": weights.replaced_by,
            "model": weights.model or "not installed",
            "task": weights.task,
            "about": weights.doc,
            "metrics": "\n".join(_results(weights)),
            "measured": "\n".join(_measured(weights)) or "no",
            "parameters": f"{weights.params:,}" if weights.params is not None else None,
            "operations": f"{weights.gmacs:g} GMACs" if weights.gmacs is not None else None,
            "classes": f"{len(categories)}: {some}" if categories else None,
            "preprocessing": weights.preprocessing.doc or weights.preprocessing,
            **{
                f"  {name.replace('_', ' ')}": _setting(value)
                for name, value in weights.preprocessing.settings.items()
            },
            **describe(weights.evidence),
            "recipe": weights.recipe,
            "size": size_of(weights.size) if weights.size else None,
            "url": weights.url,
            "mirrors": "\n".join(weights.mirrors),
            "sha256": _digest(weights),
            "more files": "\n".join(
                line for one in weights.files for line in (one.url, *one.mirrors, one.sha256)
            ),
            "cached": weights.cached or "no",
            **{key: value for key, value in weights.meta.items() if key not in known},
        }
    )
    name = weights.name if _bare_name_means(weights) else weights.canonical
    short = short_name(find_model(weights.model)) if weights.model else None
    model = f"hubcore.get_model({short!r}, weights=weights).eval()"
    _print_use(
        f"weights = hubcore.get_weight({name!r})",
        *([f"model = {model}"] if weights.model else []),
        "preprocess = weights.transforms()",
    )


def _bare_name_means(weights: WeightsInfo) -> bool:
    """Whether the bare name of weights means them."""
    try:
        return find_weights(weights.name.rpartition(".")[0]).catalog.distribution == weights.plugin
    except (UnknownNameError, AmbiguousNameError):
        return False


def _print_enum(members: list[WeightsInfo]) -> None:
    first = members[0]
    print_fields(
        {
            "weights": first.canonical.rpartition(".")[0],
            "model": first.model or "not installed",
            "task": first.task,
            "plugin": f"{first.plugin} {first.version}".strip(),
        }
    )
    print()
    _print_table(members, first.plugin)
    print(f"\n{counted_weights(len(members))}")


def _print_plugin(plugin: Plugin) -> None:
    models = queries.list_models(plugin=plugin.distribution) if plugin.catalog else []
    weights = queries.list_weights(plugin=plugin.distribution) if plugin.catalog else []
    print_fields(
        {
            "plugin": plugin.name,
            "distribution": f"{plugin.distribution} {plugin.version}".rstrip(),
            "status": plugin.status,
            "error": plugin.error,
            "to remove it": plugin.remedy if plugin.error else None,
            "offers": f"{counted(len(models), 'model')}, {counted_weights(len(weights))}",
        }
    )
    for heading, names in (("model", models), ("weights", weights)):
        if names:
            print()
            print_table(([name] for name in names), [heading])


def _print_table(members: Iterable[WeightsInfo], plugin: str) -> None:
    """The table of weights, with their packages where one differs from `plugin`."""
    rows = list(members)
    foreign = any(weights.plugin != plugin for weights in rows)
    states = [summary(weights.metric_states) for weights in rows]
    measured = any(state not in (None, "not measured") for state in states)
    print_table(
        (
            [
                weights.name if _bare_name_means(weights) else weights.canonical,
                next(_results(weights, 2), ""),
                f"{weights.params / 1e6:.1f}M" if weights.params is not None else "",
                size_of(weights.size) if weights.size else "",
                "yes" if weights.cached else "no",
                *([state or ""] if measured else []),
                *([weights.plugin] if foreign else []),
            ]
            for weights, state in zip(rows, states, strict=True)
        ),
        [
            "weights",
            Column("metrics", cut="end"),
            Column("params", right=True, rank=1),
            Column("size", right=True, rank=2),
            Column("cached", rank=3),
            *([Column("measured", rank=5)] if measured else []),
            *([Column("plugin", cut="end", rank=4)] if foreign else []),
        ],
    )


def _print_use(*lines: str) -> None:
    print("\nuse it\n  import hubcore")
    for line in lines:
        print(f"  {line}")


def _results(weights: WeightsInfo, limit: int | None = None) -> Any:
    """The results, a text for each data set."""
    for dataset, metrics in weights.metrics.items():
        yield f"{_figures(metrics, limit)} ({dataset})"


def _measured(weights: WeightsInfo) -> Iterator[str]:
    """What the records of installed packages say of each metric; nothing if there is none."""
    if all(one.state == "not measured" for one in weights.metric_states):
        return
    for one in weights.metric_states:
        name = f"{one.metric} ({one.dataset})"
        yield f"{name}: {_figure(one)}" if one.by else f"{name}: {one.state}"


def _figure(measured: MetricState) -> str:
    text = f"{measured.value:.3f}"
    if measured.low is not None and measured.high is not None:
        text += f" [{measured.low:.3f}, {measured.high:.3f}]"
    state = measured.state
    if state == "differs" and None not in (measured.value, measured.published):
        state += f" by {measured.value - measured.published:+.3f}"  # type: ignore[operator]
    return f"{text} on {measured.samples:,} inputs, {state}; record of {measured.by}"


def _figures(metrics: Mapping[str, float], limit: int | None) -> str:
    return ", ".join(f"{name} {figure(value)}" for name, value in [*metrics.items()][:limit])


def _setting(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _digest(weights: WeightsInfo) -> str:
    pinned = f"; pinned: {weights.pinned} ({weights.pinned_by})" if weights.pinned else ""
    if weights.digest == "full":
        return f"{weights.sha256} (full)"
    if weights.digest == "prefix":
        return f"{weights.sha256}... (only a prefix is published{pinned})"
    if scheme(weights.url) == "hf" and not pinned:
        return "none in the catalogue; its repository is asked for it at the first download"
    return f"none is published{pinned}"
