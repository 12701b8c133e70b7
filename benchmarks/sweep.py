"""Loading of every torchvision model from warm files, against torchvision itself."""

from __future__ import annotations

from pathlib import Path

import torchvision

import hubcore

from .measure import Options, geometric_mean, median, seconds, turns
from .results import Table
from .seeded import seeded_hub

__all__ = ["plot", "run"]


def run(options: Options) -> list[Table]:
    rows = []
    with seeded_hub() as hub:
        for name in options.models or torchvision.models.list_models():
            member = hub.add(name)
            config = {"quantize": True} if "backend" in member.meta else {}

            def theirs(name=name, member=member, config=config):  # type: ignore[no-untyped-def]
                return torchvision.models.get_model(name, weights=member, **config)

            def ours(name=name, config=config):  # type: ignore[no-untyped-def]
                return hubcore.get_model(f"seeded/{name}", weights="DEFAULT", **config)

            figures = turns(
                {"torchvision": seconds(theirs), "hubcore": seconds(ours)},
                options.repeats,
                warm_up=0 if rows else 1,
            )
            pair = median(figures["torchvision"]), median(figures["hubcore"])
            rows.append([name, 1000 * pair[0], 1000 * pair[1], pair[0] / pair[1]])
            hub.remove(member)
    rows.sort(key=lambda row: row[-1])
    ratios = [row[-1] for row in rows]
    return [
        Table(
            f"Loading of all {len(rows)} models",
            ["model", "torchvision, ms", "hubcore, ms", "times torchvision's speed"],
            rows,
            [
                f"Medians of {options.repeats} turns, slowest ratio first. Geometric mean "
                f"{geometric_mean(ratios):.1f}; {sum(ratio < 1 for ratio in ratios)} of "
                f"{len(rows)} slower than torchvision."
            ],
        )
    ]


def plot(tables: list[Table], folder: Path) -> None:
    from .pictures import bars

    rows = tables[0].rows[::-1]
    bars(
        [str(row[0]) for row in rows],
        [float(row[3]) for row in rows],
        "times torchvision's speed of loading",
        folder / "sweep.svg",
        log=True,
        line=1,
    )
