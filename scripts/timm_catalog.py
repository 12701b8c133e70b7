#!/usr/bin/env python
"""Make hub-timm's catalogue from the configurations of the installed timm.

    python scripts/timm_catalog.py            # writes plugins/hub-timm/hub_timm/catalog.json
    python scripts/timm_catalog.py --check    # says whether the file is what would be written
    python scripts/timm_catalog.py --prove PATTERN...   # which may be loaded without initialising

One model and one enum of weights for each pre-trained configuration, under timm's own name. An
address whose file name carries a digest is preferred; others are the repository on Hugging Face's
hub that timm names. Results are those of timm's published table, where it names the weights
(`catalogtool.timm_results`). Parameters are counted by building each model on torch's meta device,
which takes some minutes. ``--prove`` builds and loads models whose names match, and keeps those
that are proved in catalog_data.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import math
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import timm
import torch
from catalogtool.timm_licensing import evidence, license_of
from catalogtool.timm_proofs import DECLARATION, prove, proved, record
from catalogtool.timm_results import SOURCE, metrics
from timm.models import PretrainedCfg

from hubcore.download.addresses import digest_in_name

CATALOG = Path(__file__).parents[1] / "plugins" / "hub-timm" / "hub_timm" / "catalog.json"
HUB = "hf://{id}/model.safetensors"
MEMBER = "PRETRAINED"
FEATURES = "image-features"  # hub-timm's own task
PROJECTIONS = (384, 512, 640, 768, 1024, 1152, 1280)
"""Sizes of the space of images and texts that CLIP's towers and their like project into. timm's
configurations state them where others state numbers of classes."""


def configurations() -> Iterator[tuple[str, PretrainedCfg]]:
    """timm's pre-trained configurations by full name, those that something can be loaded from."""
    for name in timm.list_pretrained():
        cfg = timm.get_pretrained_cfg(name, allow_unregistered=False)
        if cfg is not None and address(cfg):
            yield name, cfg


def address(cfg: PretrainedCfg) -> str:
    """The best address of a configuration, '' if it has none that holds a PyTorch file."""
    url = cfg.url or ""
    if url and digest_in_name(url) and not cfg.custom_load:
        return url
    if cfg.hf_hub_id:
        return HUB.format(id=cfg.hf_hub_id)
    return "" if cfg.custom_load else url


def enum_name(name: str) -> str:
    return re.sub(r"\W", "_", name) + "_Weights"


def model(
    name: str, cfg: PretrainedCfg, head: list[str], known: dict[str, Any], *, can_skip: bool
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "task": "image-classification",
        "architecture": ["hub_timm.models:create_model", {"model_name": name}],
        "adapts_weights": True,
        "weights": enum_name(name),
        "head": head,
    }
    if not head and (features := tokens_of(name, known)):
        entry["features"] = features
    if can_skip:
        entry[DECLARATION] = True
    if paper := re.match(r"arxiv:\s*(\S+)", str(first(cfg.paper_ids)), re.IGNORECASE):
        entry["paper"] = f"https://arxiv.org/abs/{paper[1]}"
    return entry


def heads(name: str, cfg: PretrainedCfg, known: dict[str, Any]) -> list[str]:
    """The modules that depend on the number of classes.

    Models without classes are built: timm's configurations name heads that some never have.
    """
    named = [cfg.classifier] if isinstance(cfg.classifier, str) else list(cfg.classifier or ())
    if cfg.num_classes != 0 or not named:
        return named
    if known.get(name, {}).get("adapts_weights"):  # of an earlier catalogue
        return list(known[name]["head"])
    try:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keys = timm.create_model(name, num_classes=7).state_dict()
    except Exception as error:
        print(f"{name}: no head ({type(error).__name__}: {error})", file=sys.stderr)
        return []
    return [head for head in named if any(key.startswith(f"{head}.") for key in keys)]


def tokens_of(name: str, known: dict[str, Any]) -> int | None:
    """How many features each token has that a model without a head gives; None if it gives none."""
    if found := known.get(name, {}).get("features"):  # of an earlier catalogue
        return int(found)
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = timm.create_model(name).eval()
        given = encoder(torch.empty(1, *encoder.pretrained_cfg["input_size"]))
    return given.shape[-1] if isinstance(given, torch.Tensor) and given.ndim == 3 else None


def weights(
    name: str, cfg: PretrainedCfg, params: int | None, catalog: dict[str, Any]
) -> dict[str, Any]:
    url = address(cfg)
    member: dict[str, Any] = {"url": url, "sha256": digest_in_name(url)}
    if cfg.num_classes == 0 or cfg.num_classes in PROJECTIONS:
        member["task"] = FEATURES  # the model can classify, with a head of one's own
    member["license"] = license_of(cfg)
    member["evidence"] = evidence(name, cfg, catalog)
    member["transforms"] = transforms(cfg)
    if member["transforms"][0].startswith("timm"):
        member["transforms_lack"] = ["script", "tensors"]
    member["convert"] = ["hub_timm.convert:to_state_dict", {"model_name": name}]
    meta: dict[str, Any] = {}
    if params is not None:
        meta["num_params"] = params
    if cfg.num_classes == 1000 and "in1k" in (cfg.tag or ""):
        meta["categories"] = "@imagenet-1k"
    else:
        meta["num_classes"] = cfg.num_classes
    if cfg.origin_url:
        meta["recipe"] = first(cfg.origin_url)
    if results := metrics(name, cfg):
        meta["_metrics"] = results
        meta["_metrics_source"] = SOURCE["title"]
    member["meta"] = meta
    return {"builder": name, "default": MEMBER, "members": {MEMBER: member}}


def transforms(cfg: PretrainedCfg) -> list[Any]:
    """What timm does to an image before this model, for evaluation."""
    height, width = cfg.input_size[1:]
    plain: dict[str, Any] = {
        "mean": [round(value, 8) for value in cfg.mean],
        "std": [round(value, 8) for value in cfg.std],
        "interpolation": cfg.interpolation,
    }
    if cfg.crop_mode not in ("center", "squash") or height != width:
        plain |= {
            "input_size": [3, height, width],
            "crop_pct": cfg.crop_pct,
            "crop_mode": cfg.crop_mode,
        }
        return ["timm.data:create_transform", plain]
    resized = math.floor(height / cfg.crop_pct)
    size: Any = resized if cfg.crop_mode == "center" else [resized, resized]
    plain = {"crop_size": height, "resize_size": size, **plain}
    if plain["mean"] == [0.485, 0.456, 0.406] and plain["std"] == [0.229, 0.224, 0.225]:
        del plain["mean"], plain["std"]  # the default
    return ["hubcore.transforms:ImageClassification", plain]


def first(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) else value


def count(name: str) -> int | None:
    """The model's parameters; None where it cannot be built without memory."""
    try:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sum(p.numel() for p in timm.create_model(name).parameters())
    except Exception as error:
        print(f"{name}: not counted ({type(error).__name__}: {error})", file=sys.stderr)
        return None


def counted(known: dict[str, Any], *, more: bool) -> dict[str, int | None]:
    """Parameters by name: those in an earlier catalogue, and with ``more`` those that are new."""
    found: dict[str, int | None] = {}
    for name, _ in configurations():
        member = known.get(enum_name(name), {}).get("members", {}).get(MEMBER, {})
        found[name] = member.get("meta", {}).get("num_params")
        if found[name] is None and more:
            found[name] = count(name)
    return found


def add_proofs(patterns: list[str]) -> None:
    """Proves the models whose names match a pattern, and keeps the result as data."""
    sys.path.insert(0, str(CATALOG.parents[1]))  # hub-timm need not be installed
    names = [
        name
        for name, _ in configurations()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]
    for name, found in prove(CATALOG, names):
        print(name, "proved" if not found else "; ".join(map(str, found)), flush=True)
        record([name] if not found else [], [name] if found else [])


def dumps(catalog: dict[str, Any]) -> str:
    """JSON with an entry a line."""
    blocks = []
    for key in ("licenses", "evidence", "models", "weights"):
        lines = (
            f"  {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}"
            for name, entry in catalog[key].items()
        )
        blocks.append(f' "{key}": {{\n' + ",\n".join(lines) + "\n }")
    head = [f' "{key}": {json.dumps(catalog[key])}' for key in ("schema", "_timm", "_results")]
    return "{\n" + ",\n".join(head + blocks) + "\n}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--recount", action="store_true", help="count all parameters anew")
    parser.add_argument("--prove", nargs="+", metavar="PATTERN", default=[])
    args = parser.parse_args()
    add_proofs(args.prove)
    old = CATALOG.read_text("utf-8") if CATALOG.exists() else "{}"
    earlier = {} if args.recount else json.loads(old)
    params = counted(earlier.get("weights", {}), more=not args.check)
    built = earlier.get("models", {})
    catalog: dict[str, Any] = {"schema": 1, "_timm": timm.__version__, "_results": SOURCE}
    catalog |= {"licenses": {}, "evidence": {}}
    can_skip = set(proved())
    catalog["models"] = {
        name: model(name, cfg, heads(name, cfg, built), built, can_skip=name in can_skip)
        for name, cfg in configurations()
    }
    catalog["weights"] = {
        enum_name(name): weights(name, cfg, params[name], catalog) for name, cfg in configurations()
    }
    new = dumps(catalog)
    if args.check:
        print("no differences" if new == old else f"{CATALOG} differs: run this without --check")
        return int(new != old)
    CATALOG.write_text(new, "utf-8")
    print(f"{len(catalog['models'])} models of timm {timm.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
