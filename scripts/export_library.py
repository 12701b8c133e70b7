"""Measures `hub catalog export`: what of a library is exported, registered, listed and built.

    python scripts/export_library.py torchgeo.models [--largest 1500] [--output measured.json]
    PYTHONPATH=examples/exports python scripts/export_library.py smp_encoders:weights

The library has to be installed. Nothing is downloaded: each model is built once with its function's
`load_state_dict` watched, which tells the names and shapes that its weights have; seeded tensors of
these are saved, and hubcore loads that file with the exported catalogue. A model counts as built if
every tensor of the file is in it, bit by bit. Of members with equal facts in their meta-data, the
first is built. With a function that yields rows, hubcore builds each model with its first weights
from seeded tensors of those that it has without weights.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

DESCRIPTION = (__doc__ or "").partition("\n")[0]


class _KnownError(Exception):
    """What the weights' tensors are is known: the model need not be built further."""


class _AnyTensors(dict[str, Tensor]):
    """Stands for a state dict that is not known yet: functions may take entries out of it."""

    def __delitem__(self, key: str) -> None:
        pass


class _Probe:
    """Weights whose tensors are not known yet."""

    def __init__(self, member: Any) -> None:
        self.url, self.meta, self.transforms = member.url, member.meta, member.transforms
        self.member = member

    def get_state_dict(self, *args: Any, **kwargs: Any) -> _AnyTensors:
        return _AnyTensors()

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.member

    def __hash__(self) -> int:
        return hash(self.member)


@contextlib.contextmanager
def watched() -> Iterator[dict[str, Tensor]]:
    """Notes the state dict of the module that is asked to load one."""
    found: dict[str, Tensor] = {}
    original = nn.Module.load_state_dict

    def noted(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        found.update(self.state_dict())
        raise _KnownError

    nn.Module.load_state_dict = noted  # type: ignore[method-assign]  # put back below
    try:
        with contextlib.suppress(_KnownError):
            yield found
    finally:
        nn.Module.load_state_dict = original  # type: ignore[method-assign]  # as it was


def seeded(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Other values of the same shapes and dtypes."""
    generator = torch.Generator().manual_seed(0)
    return {
        key: torch.rand(value.shape, generator=generator).to(value.dtype) + 0.5
        if value.is_floating_point()
        else value.clone()
        for key, value in tensors.items()
    }


def kinds(catalog: Mapping[str, Any]) -> dict[str, list[str]]:
    """Members by what their model is built from: all of an enum that have the same facts."""
    groups: dict[str, list[str]] = {}
    for enum, entry in catalog["weights"].items():
        for name, member in entry["members"].items():
            told = ("in_chans", "num_classes", "encoder", "img_size", "model")
            facts = [member["meta"].get(key) for key in told]
            groups.setdefault(f"{enum} {facts}", []).append(f"{enum}.{name}")
    return groups


def built(module: Any, catalog: dict[str, Any], name: str, folder: Path, largest: float) -> str:
    """Builds a model with seeded weights. Returns what was wrong; "" if nothing was."""
    import hubcore
    from hubcore.download.hashing import sha256_of

    enum, _, member = name.partition(".")
    entry = catalog["weights"][enum]
    function = getattr(module, entry["builder"])
    file = folder / "seeded.pth"
    try:
        with watched() as tensors:
            function(weights=_Probe(getattr(module, enum)[member]))
    except Exception as error:  # whatever the library raises
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        return f"not tried, what its weights hold cannot be told without them: {told}"
    if not tensors:
        return "the function loads no state dict"
    size = sum(one.numel() * one.element_size() for one in tensors.values()) / 1e6
    if size > largest:
        return f"not tried: {size:.0f} MB"
    values = seeded(tensors)
    tensors.clear()
    torch.save(values, file)
    one = json.loads(json.dumps(catalog))
    one["weights"][enum]["members"][member].update(url=file.as_uri(), sha256=sha256_of(file))
    try:
        with hubcore.register(one, name="measured", trust=True):
            weights = f"measured/{name}"
            model = hubcore.get_model(f"measured/{entry['builder']}", weights=weights)
            report = hubcore.load_report(model)
        found = model.state_dict()
        others = [
            key
            for key, value in values.items()
            if not any(torch.equal(found[k], value) for k in found if k.endswith(key))
        ]
        if others or report is None:
            return f"{len(others)} of {len(values)} tensors are not the file's: {others[:3]}"
    except Exception as error:  # a figure, whatever it is
        return f"hubcore: {type(error).__name__}: {error}".splitlines()[0]
    finally:
        file.unlink(missing_ok=True)
    return ""


def built_alone(catalog: dict[str, Any], name: str, folder: Path, largest: float) -> str:
    """As `built`, of a model whose architecture loads nothing itself."""
    import hubcore
    from hubcore.download.hashing import sha256_of

    enum, _, member = name.partition(".")
    model = catalog["weights"][enum]["builder"]
    one = json.loads(json.dumps(catalog))
    told = one["weights"][enum]["members"][member]
    # A file that has its tensors under a key: as seeded files are made here, they have none.
    told.pop("convert", None)
    file = folder / "seeded.pth"
    try:
        with hubcore.register(catalog, name="measured", trust=True):
            values = seeded(hubcore.get_model(f"measured/{model}").state_dict())
        size = sum(one.numel() * one.element_size() for one in values.values()) / 1e6
        if size > largest:
            return f"not tried: {size:.0f} MB"
        torch.save(values, file)
        told.update(url=file.as_uri(), sha256=sha256_of(file))
        with hubcore.register(one, name="measured", trust=True):
            found = hubcore.get_model(f"measured/{model}", weights=f"measured/{name}").state_dict()
        others = [key for key, value in values.items() if not torch.equal(found[key], value)]
        return f"{len(others)} of {len(values)} tensors are not the file's" if others else ""
    except Exception as error:  # a figure, whatever it is
        return f"hubcore: {type(error).__name__}: {error}".splitlines()[0]
    finally:
        file.unlink(missing_ok=True)


def measure_rows(name: str, largest: float) -> dict[str, Any]:
    import hubcore
    from hubcore.authoring.export import dumps
    from hubcore.authoring.rows import export_rows

    module, _, function = name.partition(":")
    left: list[str] = []
    rows = getattr(importlib.import_module(module), function)()
    catalog = json.loads(dumps(export_rows(rows, report=left.append)))
    members = [f"{e}.{m}" for e, w in catalog["weights"].items() for m in w["members"]]
    result: dict[str, Any] = {
        "function": name, "models": len(catalog["models"]), "exported": len(members), "left": left,
    }  # fmt: skip
    with hubcore.register(catalog, name="measured", trust=True):
        shown = {one.removeprefix("measured/") for one in hubcore.list_weights()}
        result["listed"] = len(shown & set(members))
        made = (hubcore.get_weight(f"measured/{one}").transforms() for one in members)
        result["with their transforms"] = sum(one is not None for one in made)
    result["built"], result["not built"] = 0, {}
    with tempfile.TemporaryDirectory() as folder:
        for enum, entry in catalog["weights"].items():
            os.environ["HUBCORE_HOME"] = f"{folder}/home"
            first = f"{enum}.{next(iter(entry['members']))}"
            problem = built_alone(catalog, first, Path(folder), largest)
            shutil.rmtree(f"{folder}/home", ignore_errors=True)
            result["built"] += not problem
            if problem:
                result["not built"][first] = problem
            print(first, problem or "built", file=sys.stderr, flush=True)
    return result


def measure(name: str, largest: float) -> dict[str, Any]:
    import hubcore
    from hubcore.authoring.export import dumps, export_module
    from hubcore.errors import HubError

    module = importlib.import_module(name)
    left: list[str] = []
    catalog = json.loads(dumps(export_module(module, report=left.append)))
    members = {
        f"{e}.{m}": d for e, w in catalog["weights"].items() for m, d in w["members"].items()
    }
    result: dict[str, Any] = {
        "module": name,
        "enums": len(catalog["weights"]),
        "models": len(catalog["models"]),
        "exported": len(members),
        "with bands": sum("bands" in one["meta"] for one in members.values()),
        "with a licence": sum(one["license"] != "unknown" for one in members.values()),
        "left": left,
    }
    made, wrong = 0, {}
    with hubcore.register(catalog, name="measured", trust=True):
        shown = {one.removeprefix("measured/") for one in hubcore.list_weights()}
        result["listed"] = len(shown & members.keys())
        for one in members:
            try:
                original = getattr(module, one.partition(".")[0])[one.partition(".")[2]]
                found = hubcore.get_weight(f"measured/{one}")
                made += found.transforms() is not None and found.meta.keys() <= original.meta.keys()
            except HubError as error:
                wrong[one] = str(error)
    result["with their transforms"], result["faults"] = made, wrong
    result["kinds"], result["built"], result["not built"] = 0, 0, {}
    with tempfile.TemporaryDirectory() as folder:
        for group in kinds(catalog).values():
            os.environ["HUBCORE_HOME"] = f"{folder}/home"
            problem = built(module, catalog, group[0], Path(folder), largest)
            shutil.rmtree(f"{folder}/home", ignore_errors=True)  # large files in it
            result["kinds"] += 1
            result["built"] += not problem
            if problem:
                result["not built"][group[0]] = problem
            print(group[0], problem or "built", file=sys.stderr, flush=True)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument("module", help="MODULE, or MODULE:FUNCTION for a function of rows")
    parser.add_argument("--largest", type=float, default=1500, help="MB of weights to build with")
    parser.add_argument("--output", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    measuring = measure_rows if ":" in args.module else measure
    text = json.dumps(measuring(args.module, args.largest), indent=1, ensure_ascii=False) + "\n"
    if args.output:
        args.output.write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
