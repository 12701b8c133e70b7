"""`check`: runs a recorded evaluation again, and says what differs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubcore.prediction.engines import is_exported

from .errors import EvaluationError
from .evaluation import evaluate
from .records import read_record
from .results import Evaluation

__all__ = ["Verdict", "check"]


class Verdict:
    """What a second run says of a record.

    Attributes:
        evaluation: the second run.
        lines: what differs, in words; one line says "equal" if nothing does.
        equal: whether all metrics and all outputs are equal to the last digit.
    """

    def __init__(self, recorded: Mapping[str, Any], evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        again = evaluation.record()
        self.lines = [*_differences(recorded, again)]
        self.equal = not self.lines
        if self.equal:
            self.lines = [f"equal: all metrics, and the outputs of {evaluation.samples} inputs"]


def check(
    record: str | Path | Mapping[str, Any],
    data: str | Path,
    *,
    model: str | Path | None = None,
    labels: str | Path | Mapping[str, str] | None = None,
    progress: bool = False,
) -> Verdict:
    """Runs a recorded evaluation again, with the recorded settings.

    Args:
        record: a record or its path.
        data: the data's folder or file.
        model: the exported file that the record is of, if it lies elsewhere than here.
        labels: the file of labels, if the evaluation had one.
        progress: show a progress bar.

    Raises:
        EvaluationError: it is no record, or the labels are missing.
        HubError: as for `evaluate`.
    """
    if not isinstance(record, Mapping):
        record = read_record(Path(record))
    about, settings, interval = record["data"], record["settings"], record["interval"]
    named = about["labels"]
    if labels is None and named is not None:
        if "sha256" in named:
            raise EvaluationError("The record was made with a file of labels: give --labels too.")
        labels = named
    chosen = record["model"] if model is None else model
    evaluation = evaluate(
        chosen,
        data,
        weights="DEFAULT" if is_exported(chosen) else record["weights"],
        labels=labels,
        split=about["split"],
        only=[image[0] for image in record["outputs"]["images"]] if about.get("only") else None,
        limit=about["limit"],
        dataset=about["dataset"],
        device=settings["device"],
        engine=settings["engine"],
        batch_size=settings["batch_size"],
        workers=settings["workers"],
        resize=settings.get("resize"),
        flow_updates=settings.get("flow_updates"),
        resamples=interval["resamples"],
        seed=interval["seed"],
        progress=progress,
    )
    return Verdict(record, evaluation)


def _differences(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    lines = []
    if recorded["weights_sha256"] != again["weights_sha256"]:
        lines.append(
            f"the weights are other ones: recorded {recorded['weights_sha256'][:16]}..., "
            f"now {again['weights_sha256'][:16]}..."
        )
    if recorded["preprocessing"] != again["preprocessing"]:
        lines.append("the preprocessing is another one")
    if recorded["data"]["sha256"] != again["data"]["sha256"]:
        before, now = recorded["data"], again["data"]
        lines.append(
            f"the data are other ones: recorded {before['samples']} inputs with the fingerprint "
            f"{before['sha256'][:16]}..., now {now['samples']} with {now['sha256'][:16]}..."
        )
    for name, metric in recorded["metrics"].items():
        old, new = metric["value"], again["metrics"].get(name, {}).get("value")
        if old != new:
            change = "" if None in (old, new) else f" ({new - old:+.3g})"
            lines.append(f"{name}: recorded {old}, now {new}{change}")
    return lines + _outputs(recorded["outputs"]["images"], again["outputs"]["images"])


def _outputs(before: list[Any], now: list[Any]) -> list[str]:
    known = {id: (digest, score) for id, digest, score in now}
    different = [
        (id, score, known.get(id, (None, None))[1])
        for id, digest, score in before
        if known.get(id, (None, None))[0] != digest
    ]
    if not different:
        return []
    first, old, new = different[0]
    sizes = [abs(a - b) for _, a, b in different if a is not None and b is not None]
    largest = f"; scores differ by at most {max(sizes):.3g}" if sizes else ""
    return [
        f"the outputs of {len(different)} of {len(before)} inputs differ, from '{first}' on "
        f"(score {old}, now {new}){largest}"
    ]
