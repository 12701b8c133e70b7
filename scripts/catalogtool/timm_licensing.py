"""What timm states of the licences and the training data of its weights.

The licence is the one that the configuration of the weights names; the training data are those that
timm's tag names, such as ``in12k`` and ``in1k`` in ``sw_in12k_ft_in1k``. Where it names none,
nothing is stated.
"""

from __future__ import annotations

import re
from typing import Any

import timm
from timm.models import PretrainedCfg
from timm.models._registry import _model_to_module

__all__ = ["SPDX", "evidence", "license_of"]

LOOKED_AT = "2026-11-26"
_REPOSITORY = f"https://github.com/huggingface/pytorch-image-models/blob/v{timm.__version__}"

SPDX = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD-3-Clause",
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
}
# What parts of a tag name which data sets.
_DATA = {
    "in1k": "imagenet-1k",
    "in12k": "imagenet-12k",
    "in21k": "imagenet-21k",
    "in22k": "imagenet-22k",
    "laion400m": "laion-400m",
    "laion2b": "laion-2b",
    "laiona": "laion-aesthetic",
    "yfcc100m": "yfcc100m",
    "yfcc15m": "yfcc15m",
    "cc12m": "cc12m",
    "datacompxl": "datacomp-1b",
    "datacomp1b": "datacomp-1b",
    "dfn2b": "dfn-2b",
    "dfn5b": "dfn-5b",
    "dfndr2b": "dfndr-2b",
    "ig1b": "instagram-1b",
    "swag": "instagram-3.6b",
    "jft": "jft-300m",
    "webli": "webli",
    "lvd142m": "lvd-142m",
    "lvd1689m": "lvd-1689m",
    "sat493m": "sat-493m",
    "sa1b": "sa-1b",
    "openai": "openai-wit",
    "metaclip": "metaclip",
    "metaclip2": "metaclip",
    "merged2b": "merged-2b",
    "m30m": "merged-30m",
    "m38m": "merged-38m",
    "bamboo": "bamboo",
}


def license_of(cfg: PretrainedCfg) -> str:
    """The licence that a configuration names, as an SPDX expression; "unknown" if it names none."""
    name = cfg.license
    if name in (None, "", "unknown"):
        return "unknown"
    return SPDX.get(name) or f"LicenseRef-{re.sub(r'[^A-Za-z0-9.]+', '-', name)}"


def evidence(name: str, cfg: PretrainedCfg, catalog: dict[str, Any]) -> str:
    """Adds what is stated of some weights to a catalogue, once for all that have the same.

    Returns:
        The reference to it.
    """
    module = _model_to_module[name.partition(".")[0]]
    file = f"timm/models/{module}.py"
    spdx = license_of(cfg)
    statement = f"{module}:{'none' if spdx == 'unknown' else spdx}"
    where = f"timm {timm.__version__}, {file}"
    if spdx == "unknown":
        stated = {"state": "not stated", "looked": [f"{_REPOSITORY}/{file}, {LOOKED_AT}"]}
    else:
        stated = {
            "state": "stated",
            "spdx": spdx,
            "source": {
                "title": where,
                "url": f"{_REPOSITORY}/{file}",
                "summary": f"The configuration of these weights names the licence {cfg.license}.",
                "date": LOOKED_AT,
            },
        }
    catalog["licenses"][statement] = stated
    catalog["licenses"]["code"] = {
        "state": "stated",
        "spdx": "Apache-2.0",
        "source": {
            "title": f"LICENSE of timm {timm.__version__}",
            "url": f"{_REPOSITORY}/LICENSE",
            "summary": "The code is under the Apache License 2.0.",
            "date": LOOKED_AT,
        },
    }
    data = list(dict.fromkeys(_DATA[part] for part in (cfg.tag or "").split("_") if part in _DATA))
    entry: dict[str, Any] = {"weights": f"@{statement}", "code": "@code"}
    if data:
        entry["data"] = data
        entry["data_source"] = {
            "title": where,
            "url": f"{_REPOSITORY}/{file}",
            "summary": "timm's tag, a part of the weights' name, names the data.",
            "date": LOOKED_AT,
        }
    else:
        entry["data_looked"] = [f"timm's tags in {_REPOSITORY}/{file}, {LOOKED_AT}"]
    key = "/".join([statement, *data])
    catalog["evidence"][key] = entry
    return f"@{key}"
