"""The tables of weights in the families' README files, kept between two markers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubcore.catalogs.catalog import Catalog

BEGIN = "<!-- weights: made from catalog.json by scripts/torchvision_catalog.py -->"
END = "<!-- end of weights -->"

_METRICS = {
    "acc@1": "Top-1 %",
    "acc@5": "Top-5 %",
    "box_map": "Box AP",
    "mask_map": "Mask AP",
    "kp_map": "Keypoint AP",
    "miou": "Mean IoU %",
    "pixel_acc": "Pixel accuracy %",
    "epe": "endpoint error",
    "per_image_epe": "endpoint error per image",
    "fl_all": "Fl-all %",
}


def updated(readme: str, catalog: Catalog) -> str:
    """The README with its table made anew."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no '{BEGIN}' ... '{END}'")
    return f"{before}{BEGIN}\n{table(catalog)}{END}{after}"


def table(catalog: Catalog) -> str:
    rows = [
        (entry.builder, f"{name}.{member}", member == entry.default, data)
        for name, entry in catalog.weights.items()
        for member, data in entry.members.items()
    ]
    datasets = list(dict.fromkeys(d for *_, data in rows for d in _metrics(data)))
    metrics = list(
        dict.fromkeys(m for *_, data in rows for r in _metrics(data).values() for m in r)
    )
    # With one data set each metric has a column, with several all share one.
    results = [_METRICS.get(m, m) for m in metrics] if len(datasets) == 1 else ["Results"]
    head = ["Model", "Weights", *results, "Params (M)", "GMACs", "MiB", "Licence", "Recipe"]
    lines = [_row(head), _row(["---", "---", *["--:"] * (len(head) - 4), "---", "---"])]
    for model, name, default, data in rows:
        meta = data["meta"]
        if len(datasets) == 1:
            values = _metrics(data).get(datasets[0], {})
            cells = [_number(values.get(metric)) for metric in metrics]
        else:
            cells = [_all_metrics(data)]
        lines.append(
            _row(
                [
                    f"`{model}`",
                    f"`{name}`" + (" (default)" if default else ""),
                    *cells,
                    f"{meta['num_params'] / 1e6:.1f}",
                    _number(meta.get("_ops")),
                    _number(meta.get("_file_size")),
                    data.get("license", "unknown"),
                    f"[recipe]({meta['recipe']})",
                ]
            )
        )
    note = f"Measured on {', '.join(datasets)}, as published with the weights.\n\n"
    return note + "\n".join(lines) + "\n"


def _metrics(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    metrics: Mapping[str, Mapping[str, Any]] = data["meta"].get("_metrics", {})
    return metrics


def _all_metrics(data: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{dataset}: " + ", ".join(f"{_METRICS.get(m, m)} {_number(v)}" for m, v in results.items())
        for dataset, results in _metrics(data).items()
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}" if value >= 1000 else str(value)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
