"""Published figures, and what records say of them wherever weights are told of."""

from __future__ import annotations

import copy
import json
import math

import pytest
from test_info import PACK

import hubcore
from hubcore import settings
from hubcore.catalogs.measured import Figure, state_of
from hubcore.catalogs.records import speeds
from hubcore.cli import main
from hubcore.testing import CHECKS, Fault, Subject

DIGEST = "ab" * 32
RECORD = {
    "schema": 1,
    "created": "2026-01-01T00:00:00+00:00",
    "model": "resnet50",
    "weights": "acme-pack/Acme_Weights.V1",
    "task": "image-classification",
    "metrics": {
        "acc@1": {"value": 80.1, "low": 79.0, "high": 81.0, "published": 80.12, "state": None}
    },
    "weights_sha256": DIGEST,
    "preprocessing": ["hubcore.transforms:ImageClassification", {"crop_size": 96}],
    "data": {
        "format": "folders of images", "name": "val", "dataset": "Pets", "sha256": "0" * 64,
        "samples": 500, "of": 500, "limit": None, "split": None, "labels": None, "left_out": {},
    },
    "settings": {"engine": "torch", "device": "cpu", "batch_size": 4, "workers": 2},
    "versions": {},
    "interval": {"confidence": 0.95, "seed": 0, "resamples": 1000},
    "machine": {},
    "seconds": 1.0,
    "failures": [],
    "failures_count": "counted as wrong",
    "outputs": {"sha256": "0" * 16, "images": []},
}  # fmt: skip


@pytest.fixture
def shipped(own_home):
    """Installs a catalogue of weights with published figures and a record beside it."""

    def install(record=RECORD, *, text=None, published=80.12, digest=DIGEST):
        catalog = copy.deepcopy(PACK)
        catalog["records"] = {"records/v1.json": digest}
        member = catalog["weights"]["Acme_Weights"]["members"]["V1"]
        member["sha256"] = DIGEST
        member["url"] = "https://example.org/acme.pth"
        member["meta"]["_metrics"] = {"Pets": {"acc@1": published, "acc@5": 95.0}}
        folder = own_home / "catalogs"
        (folder / "records").mkdir(parents=True, mode=0o700)
        (folder / "records" / "v1.json").write_text(json.dumps(record) if text is None else text)
        path = folder / "acme-pack.json"
        path.write_text(json.dumps(catalog))
        for made in (folder, path):
            made.chmod(0o700 if made.is_dir() else 0o600)
        hubcore.refresh()

    return install


def changed(**changes):
    record = copy.deepcopy(RECORD)
    for key, value in changes.items():
        part, _, name = key.partition("__")
        if name:
            record[part][name] = value
        else:
            record[part] = value
    return record


@pytest.mark.parametrize(
    ("figure", "published", "dataset", "state"),
    [
        (Figure(71.9, 71.5, 72.3, 50_000, 50_000), 71.878, "ImageNet-1K", "reproduced"),
        (Figure(71.7, 71.3, 72.1, 50_000, 50_000), 71.878, "ImageNet-1K", "differs"),
        (Figure(70.0, 67.0, 73.0, 1_000, 50_000), 71.878, "ImageNet-1K", "agrees"),
        (Figure(60.0, 57.0, 63.0, 1_000, 50_000), 71.878, "ImageNet-1K", "differs"),
        # Twenty photos prove nothing, nor does a part that somebody chose.
        (Figure(90.0, 75.0, 100.0, 20, 20), 71.878, "ImageNet-1K", "undecided"),
        (Figure(90.0, 75.0, 100.0, 20, 50_000), 71.878, "ImageNet-1K", "undecided"),
        (Figure(70.0, 67.0, 73.0, 1_000, 1_000), 71.878, "ImageNet-1K", "undecided"),
        (Figure(97.1, None, None, 300, 300), 97.08, "Pets", "reproduced"),
        (Figure(90.0, 80.0, 95.0, 300, 300), None, "Pets", "unpublished"),
        (Figure(math.nan, None, None, 300, 300), 97.0, "Pets", "undecided"),
        (Figure(None, None, None, 300, 300), 97.0, "Pets", "undecided"),
    ],
)
def test_when_a_measured_figure_says_something_of_the_published_one(
    figure, published, dataset, state
):
    assert state_of("acc@1", figure, published, dataset) == state


def test_a_mean_over_classes_on_a_part_is_undecided():
    """A random part of the data does not give the box_map of the whole on average."""
    part = Figure(40.0, 35.0, 45.0, 1_000, 5_000)
    assert state_of("box_map", part, 37.0, "COCO-val2017") == "undecided"
    assert state_of("pixel_acc", part, 37.0, "COCO-val2017") == "agrees"


SPEED = {"latency_ms": 12.5, "throughput": 160.0, "batch_size": 4, "engine": "torch",
         "device": "cpu", "threads": 2}  # fmt: skip


def test_a_measured_speed_is_a_fact_to_filter_by(shipped, capsys):
    """`hub list --where "ms < 20"`: as the record tells it, with what it ran on."""
    shipped(changed(speed=SPEED, machine__processor="Acme 9"))
    assert main(["list", "--weights", "-q", "--where", "ms < 20ms and ms > 0.01s"]) == 0
    assert capsys.readouterr().out.split() == ["Acme_Weights.V1"]
    [speed] = speeds(DIGEST, RECORD["preprocessing"])
    assert (speed.ms, speed.throughput, speed.by) == (12.5, 160.0, "acme-pack")
    assert speed.on == "torch, cpu, 2 threads, Acme 9"


@pytest.mark.parametrize(
    "speed", [None, [], {}, *({**SPEED, "latency_ms": value} for value in (None, "1", 0, -1, True))]
)
def test_a_speed_that_makes_no_sense_costs_only_itself(shipped, speed):
    shipped(changed(speed=speed))
    assert speeds(DIGEST, RECORD["preprocessing"]) == []
    info = hubcore.weights_info("acme-pack/Acme_Weights.V1")
    assert info.metrics  # the record counts all the same


def test_other_preprocessing_takes_another_time(shipped):
    shipped(changed(speed=SPEED, preprocessing="hubcore.transforms:ObjectDetection"))
    assert speeds(DIGEST, RECORD["preprocessing"]) == []


def test_a_shipped_record_is_told_wherever_weights_are(shipped, capsys):
    """Each metric has its state: one was measured, the other was not."""
    shipped()
    states = {one.metric: one for one in hubcore.weights_info("Acme_Weights.V1").metric_states}
    assert states["acc@1"].state == "reproduced"
    assert (states["acc@1"].by, states["acc@1"].samples) == ("acme-pack", 500)
    assert states["acc@5"].state == "not measured"
    assert main(["show", "Acme_Weights.V1"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "80.100 [79.000, 81.000] on 500 inputs, reproduced; record of acme-pack" in text
    assert "acc@5 (Pets): not measured" in text
    assert main(["list", "--weights", "--where", "measured = reproduced", "-q"]) == 0
    assert capsys.readouterr().out == "Acme_Weights.V1\n"
    assert main(["list", "--weights", "acme*", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in row["metric_states"]] == ["reproduced", "not measured"]


def test_without_records_figures_are_not_measured():
    states = hubcore.weights_info("ResNet50_Weights.IMAGENET1K_V2").metric_states
    assert {one.state for one in states} == {"not measured"}
    assert {one.published for one in states} == {80.858, 95.434}


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (changed(preprocessing=["hubcore.transforms:ImageClassification", {"crop_size": 64}]),
         "undecided"),
        (changed(data__dataset="Other"), "not measured"),
        (changed(metrics={"acc@1": {"value": 60.0, "low": 55.0, "high": 65.0}}), "differs"),
    ],
    ids=["other preprocessing", "other data", "another figure"],
)  # fmt: skip
def test_a_record_counts_for_what_it_measured(shipped, record, state):
    shipped(record)
    states = hubcore.weights_info("Acme_Weights.V1").metric_states
    [found] = [one for one in states if (one.metric, one.dataset) == ("acc@1", "Pets")]
    assert found.state == state


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"text": "{"}, "is not valid JSON"),
        ({"text": "[1]"}, "is not a record"),
        ({"record": changed(schema=99)}, "newer format"),
        ({"record": changed(weights_sha256="cd" * 32)}, "is of weights with the SHA-256 cdcd"),
        ({"record": changed(metrics=5)}, "see its 'metrics'"),
    ],
)
def test_a_bad_record_costs_only_itself_and_is_named(shipped, capsys, options, reason):
    shipped(**options)
    states = hubcore.weights_info("Acme_Weights.V1").metric_states
    assert {one.state for one in states} == {"not measured"}
    assert main(["plugins"]) == 0
    assert reason in capsys.readouterr().out
    faults = list(CHECKS["records"](Subject.of_plugin("acme-pack")))
    assert reason in str(faults[0])


def test_hub_check_compares_a_record_with_the_catalogue(shipped):
    shipped()
    assert list(CHECKS["records"](Subject.of_plugin("acme-pack"))) == []
    for path in (settings.home() / "catalogs").rglob("*.json"):
        path.unlink()
    (settings.home() / "catalogs" / "records").rmdir()
    (settings.home() / "catalogs").rmdir()
    shipped(published=85.0)
    [fault] = CHECKS["records"](Subject.of_plugin("acme-pack"))
    assert isinstance(fault, Fault)
    assert "acc@1 is 80.1 in it, and 85 in the catalogue" in fault.problem
