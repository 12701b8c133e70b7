#!/usr/bin/env python
"""Changes catalogues and bundles at random, and counts what ends in anything but a plain error.

    python scripts/fuzz_catalogs.py --count 11000 --seed 1

Each changed catalogue is added beside the installed ones. Listing, showing, look-ups and the lock
file's part must then give results or a `HubError`, and the other packages' entries must stay.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import tarfile
import tempfile
import warnings
from pathlib import Path
from typing import Any

from fuzzing import Faults, changed_json, described, main

ROOT = Path(__file__).resolve().parents[1]


NESTED = {
    "norm_layer": {"@object": ["torch.nn:BatchNorm2d", {"eps": 0.1}]},
    "layers": [{"@call": ["torch.nn:Sequential", {"*": [{"@call": "torch.nn:ReLU"}]}]}],
}
"""Arguments with references in them."""


def sample() -> dict[str, Any]:
    """A catalogue that has every field."""
    detection = json.loads(
        (ROOT / "plugins/hub-detection/hub_detection/catalog.json").read_text("utf-8")
    )
    video = json.loads((ROOT / "plugins/hub-video/hub_video/catalog.json").read_text("utf-8"))
    made: dict[str, Any] = {"schema": 1, "lists": {"own": "own.json"}, "models": {}, "weights": {}}
    for data, count in ((detection, 2), (video, 1)):
        for name in list(data["models"])[:count]:
            model = data["models"][name]
            made["models"][f"fuzz_{name}"] = model
            weights = data["weights"][model["weights"]]
            made["weights"][model["weights"]] = {**weights, "builder": f"fuzz_{name}"}
            member = next(iter(weights["members"].values()))
            member.update(mirrors=["https://example.org/a"], size=10, config={"a": 1})
            member.update(convert=["builtins:dict", {}], task=model["task"], replaced_by=None)
            member["meta"].update(num_classes=3, license="MIT", backend="x")
            weights["aliases"] = {"OLD": next(iter(weights["members"]))}
            model.update(export=f"fuzz_{name}", accepts=[{"weights": model["weights"]}])
            model["architecture"] = [model["architecture"], NESTED]
    return made


def use(folder: Path, data: Any) -> None:
    """What commands do with a catalogue. Raises what is no fault of a package."""
    from hubcore.catalogs import queries
    from hubcore.catalogs.index import refresh
    from hubcore.cli import main
    from hubcore.errors import HubError
    from hubcore.weights.lockfile import fingerprint
    from hubcore.weights.lookup import get_weight

    (folder / "fuzz.json").write_text(json.dumps(data), "utf-8")
    refresh()
    others = [name for name in queries.list_models() if "fuzz" not in name]
    if len(others) < EXPECTED[0]:
        raise AssertionError(f"{EXPECTED[0] - len(others)} models of other packages are missing")
    plugin = next(p for p in queries.plugins() if p.distribution == "fuzz")
    for command in (["list", "--sort", "params"], ["list", "--json"], ["plugins"]):
        if main(command) != 0:
            raise AssertionError(f"hub {command[0]} failed")
    if plugin.catalog is None:
        return
    main(["cache", "list"])
    for name in plugin.catalog.models:
        main(["show", f"fuzz/{name}"])
        main(["show", f"fuzz/{name}", "--json"])
    for name in queries.list_weights(plugin="fuzz"):
        with contextlib.suppress(HubError):
            member = get_weight(name)
            fingerprint(member.value)
            _ = member.value.file.digest
            main(["show", name])


def use_bundle(folder: Path, manifest: Any) -> None:
    """Imports a bundle with a manifest."""
    from hubcore.cli import main

    text = json.dumps(manifest).encode()
    with tarfile.open(folder / "fuzz.hub", "w") as tar:
        info = tarfile.TarInfo("bundle.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    main(["bundle", "import", str(folder / "fuzz.hub")])


EXPECTED = [0]


def fuzz(count: int, seed: int) -> Faults:
    """Runs the changes, a tenth of them on bundles. Returns the faults by their last line."""
    from hubcore.catalogs import queries

    chance = random.Random(seed)
    faults = Faults()
    good = sample()
    with tempfile.TemporaryDirectory() as home:
        os.environ["HUBCORE_HOME"] = os.environ["TORCH_HOME"] = home
        folder = Path(home, "catalogs")
        folder.mkdir()
        (folder / "own.json.list").write_text("[]")
        EXPECTED[0] = len(queries.list_models())
        bundle = {"bundle": 1, "files": {}, "catalogs": {"fuzz-bundle": {**good, "lists": {}}}}
        digest = "0" * 64
        facts = {"name": "w", "size": 3, "urls": ["https://example.org/w"], "weights": ["a/B.C"]}
        for number in range(count):
            of_bundle = number % 10 == 0
            source = {**bundle, "files": {digest: facts} if chance.random() < 0.5 else {}}
            data, what = changed_json(source if of_bundle else good, chance)
            silent = io.StringIO()
            with (
                contextlib.redirect_stdout(silent),
                contextlib.redirect_stderr(silent),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                try:
                    (use_bundle if of_bundle else use)(folder, data)
                    if "\x1b" in silent.getvalue() or "\u202e" in silent.getvalue():
                        raise AssertionError("an escape sequence was printed")
                except (Exception, SystemExit) as error:
                    faults[described(error, what)] += 1
    return faults


if __name__ == "__main__":
    raise SystemExit(main(__doc__, fuzz))
