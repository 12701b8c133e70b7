"""``hub show``: show everything that is known about a model or weights."""

from __future__ import annotations

import argparse
from typing import Any

from ..catalogs.catalog import ModelEntry
from ..catalogs.facts import default_weights
from ..catalogs.names import find_model
from ..catalogs.queries import list_weights
from ..digests import digest_state
from ..download.addresses import redact
from ..errors import AmbiguousNameError, SettingsError, UnknownNameError
from ..packages.references import Reference
from ..store import default_store
from ..weights.enums import WeightsEnum, canonical_name
from ..weights.lookup import get_weight
from .output import print_fields, print_json, print_table

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub show resnet50
  hub show ResNet50_Weights.IMAGENET1K_V2
  hub show hub-classification/ResNet50_Weights.DEFAULT --json
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "show",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("name", help="a model, or weights such as ResNet50_Weights.DEFAULT")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    try:
        model = find_model(args.name)
    except UnknownNameError as unknown:
        # The names of models may contain dots too, so weights come second.
        if "." not in args.name:
            raise
        try:
            member = get_weight(args.name)
        except AmbiguousNameError:
            raise
        except ValueError as error:
            raise (error if "_weights" in args.name.lower() else unknown) from None
        _show_weights(member, args.json)
        return 0
    _show_model(model, args.json)
    return 0


def _show_model(model: ModelEntry, as_json: bool) -> None:
    members = [get_weight(name) for name in list_weights(model.canonical)]
    default = default_weights(model)
    if as_json:
        print_json(
            {
                "name": model.name,
                "canonical": model.canonical,
                "version": model.catalog.version,
                "default": default[0] if default else None,
                **model.data,
                "weights": [_describe(member) for member in members],
            }
        )
        return
    print_fields(
        {
            "model": model.canonical,
            "replaced by": model.replaced_by,
            "task": model.task,
            "about": model.data.get("doc"),
            "paper": model.data.get("paper"),
            "architecture": model.architecture.target,
            "head": ", ".join(model.head),
            "plugin": f"{model.catalog.distribution} {model.catalog.version}",
            "default": f"{model.weights}.{default[0]}" if default else "no weights",
        }
    )
    if members:
        print()
        print_table(
            (
                [
                    repr(member),
                    _metrics(member, limit=2),
                    _millions(member.meta.get("num_params")),
                    _size(member),
                    "yes" if _cached(member) else "no",
                ]
                for member in members
            ),
            ["weights", "metrics", "params", "size", "cached"],
        )


def _show_weights(member: WeightsEnum, as_json: bool) -> None:
    if as_json:
        print_json(_describe(member))
        return
    value, meta = member.value, member.meta
    known = {"num_params", "categories", "recipe", "_metrics", "_ops", "_file_size", "_docs"}
    categories = meta.get("categories") or ()
    print_fields(
        {
            "weights": canonical_name(member),
            "replaced by": value.replaced_by,
            "task": value.task,
            "about": meta.get("_docs"),
            "metrics": _metrics(member),
            "parameters": f"{meta['num_params']:,}" if "num_params" in meta else None,
            "operations": f"{meta['_ops']:g} GFLOPs" if "_ops" in meta else None,
            "classes": f"{len(categories)}: {', '.join(categories[:4])}, ..."
            if categories
            else None,
            "preprocessing": _preprocessing(member),
            "licence": value.license,
            "recipe": meta.get("recipe"),
            "size": _size(member),
            "url": redact(value.url),
            "mirrors": "\n".join(map(redact, value.mirrors)),
            "sha256": _digest(member),
            "cached": _cached(member) or "no",
            **{key: value for key, value in meta.items() if key not in known},
        }
    )


def _describe(member: WeightsEnum) -> dict[str, Any]:
    value = member.value
    cached = _cached(member)
    return {
        "name": repr(member),
        "canonical": canonical_name(member),
        "task": value.task,
        "url": redact(value.url),
        "mirrors": [redact(url) for url in value.mirrors],
        "sha256": value.sha256,
        "digest": digest_state(value.file.digest),
        "pinned": pin._asdict() if (pin := default_store().pinned(value.url)) else None,
        "size": value.size,
        "license": value.license,
        "transforms": value.transforms.to_json()
        if isinstance(value.transforms, Reference)
        else repr(value.transforms),
        "cached": str(cached) if cached else None,
        "meta": dict(value.meta),
    }


def _digest(member: WeightsEnum) -> str:
    digest = member.value.file.digest
    state = digest_state(digest)
    pin = default_store().pinned(member.value.url)
    pinned = f"; pinned: {pin.sha256} ({pin.by})" if pin and state != "full" else ""
    if state == "full":
        return f"{digest} (full)"
    if state == "prefix":
        return f"{digest}... (only a prefix is published{pinned})"
    return f"none is published{pinned}"


def _cached(member: WeightsEnum) -> Any:
    try:
        return default_store().held(member.value.file)
    except (SettingsError, OSError):  # no home directory, or one that cannot be read
        return None


def _metrics(member: WeightsEnum, limit: int | None = None) -> str:
    lines = []
    for dataset, metrics in member.meta.get("_metrics", {}).items():
        figures = ", ".join(f"{name} {value:g}" for name, value in [*metrics.items()][:limit])
        lines.append(f"{figures} ({dataset})")
    return "\n".join(lines[: 1 if limit else None])


def _millions(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.1f}M"


def _size(member: WeightsEnum) -> str | None:
    if member.value.size is not None:
        return f"{member.value.size / 2**20:.1f} MB ({member.value.size:,} bytes)"
    size = member.meta.get("_file_size")
    return f"{size:.1f} MB" if size is not None else None


def _preprocessing(member: WeightsEnum) -> str:
    transforms = member.transforms
    if not isinstance(transforms, Reference):
        return repr(transforms)
    settings = ", ".join(f"{key}={value}" for key, value in transforms.keywords.items())
    return f"{transforms.target.partition(':')[2]}({settings})"
