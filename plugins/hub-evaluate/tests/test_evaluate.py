"""`evaluate`, its records, and what is said of two runs."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from photos import imagenet_photos, import_mobilenet

from hub_evaluate import DataError, EvaluationError, UnknownClassesError, compare, evaluate
from hub_evaluate.checking import Verdict
from hub_evaluate.plots import plot, save
from hubcore.catalogs.catalog import LABELS
from hubcore.cli import main

HERE = Path(__file__).parent


def test_accuracy_of_known_mistakes(colours, images):
    """Ten of sixty are in a wrong folder."""
    found = evaluate(data=images, **colours)
    assert found.metrics["acc@1"].value == pytest.approx(100 * 50 / 60)
    assert found.metrics["acc@5"].value == 100
    assert found.metrics["acc@1"].low < 83 < found.metrics["acc@1"].high
    assert found.samples == 60


def test_batches_and_workers_change_nothing(colours, images):
    """Not one digit of a metric, an interval or an output."""
    runs = [
        evaluate(data=images, batch_size=size, workers=workers, **colours)
        for size, workers in ((1, 0), (7, 0), (16, 2), (60, 3))
    ]
    first = runs[0]
    for other in runs[1:]:
        assert other.metrics == first.metrics
        assert other.ids == first.ids
        assert [one["classes"] for one in other.observations] == [
            one["classes"] for one in first.observations
        ]


def test_an_unreadable_image_is_a_line_and_counts_as_wrong(colours, images):
    before = evaluate(data=images, **colours)
    (images / "red" / "broken.png").write_bytes(b"no image")
    after = evaluate(data=images, **colours)
    [(name, reason)] = after.failures
    assert name == "red/broken.png"
    assert "not an image" in reason
    assert after.failures_count == "counted as wrong"
    share = before.metrics["acc@1"].value
    assert after.metrics["acc@1"].value == pytest.approx(share * 60 / 61)


def test_classes_that_the_weights_lack_end_the_evaluation(colours, images):
    (images / "red").rename(images / "crimson")
    with pytest.raises(UnknownClassesError, match=r"'crimson' \(10\)"):
        evaluate(data=images, **colours)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "complied"}, "Unknown engine .complied.. Did you mean .compiled."),
        ({"executor": "warp"}, "Unknown executor .warp."),
        ({"processes": 0}, "processes must be at least 1"),
        ({"limit": 0}, "at least 1"),
        ({"weights": "DEFAULT"}, "does not define its preprocessing"),
    ],
)
def test_wrong_options_are_told(colours, images, options, message):
    with pytest.raises(EvaluationError, match=message):
        evaluate(data=images, **{**colours, **options})


SCRIPT = """
import sys, time, json
sys.path.insert(0, sys.argv[1])
from conftest import Colours, Weights
from hub_evaluate import evaluate

class Slow(Weights):
    def transforms(self):
        made = super().transforms()
        def slow(image):
            time.sleep(float(sys.argv[3]))
            return made(image)
        return slow

Slow.transforms.__qualname__ = "transforms"
evaluation = evaluate(Colours(), sys.argv[2], weights=Slow(), task="image-classification",
                      batch_size=4, workers=2)
record = evaluation.record()
print(json.dumps([record["metrics"], record["outputs"]]))
"""


@pytest.mark.parametrize("kills", [(12,), pytest.param((5, 20), marks=pytest.mark.sweep)])
def test_a_killed_evaluation_goes_on_and_gives_the_same(colours, images, tmp_path, kills):
    """Killed at random moments; what was done before is not done again."""
    chance = random.Random(0)
    home = tmp_path / "home"

    def start(pause, folder):
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(HERE), str(images), str(pause)],
            env={**os.environ, "HUBCORE_HOME": str(folder)},
            stdout=subprocess.PIPE,
            text=True,
        )

    def lines():
        return sum(path.read_bytes().count(b"\n") for path in home.glob("evaluations/*.jsonl"))

    for least in kills:
        process = start(0.05, home)
        wanted = least + chance.randrange(8)
        while lines() < wanted and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert lines() >= wanted
    [journal] = home.glob("evaluations/*.jsonl")
    with journal.open("ab") as file:
        file.write(b'{"id": "cut sho')
    resumed, _ = start(0, home).communicate()
    whole = evaluate(data=images, batch_size=4, workers=2, **colours).record()
    assert json.loads(resumed) == json.loads(json.dumps([whole["metrics"], whole["outputs"]]))
    assert not list(home.glob("evaluations/*.jsonl"))


class TestRecords:
    @pytest.fixture
    def record(self, colours, images):
        return evaluate(data=images, **colours).record()

    def test_a_record_follows_its_schema(self, record):
        schema = json.loads((LABELS.parent / "record.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(json.loads(json.dumps(record)), schema)

    def test_the_same_again_is_equal(self, colours, images, record):
        verdict = Verdict(record, evaluate(data=images, **colours))
        assert verdict.equal
        assert verdict.lines == ["equal: all metrics, and the outputs of 60 inputs"]

    def test_other_outputs_are_told_from_the_first_image_on(self, colours, images, record):
        colours["model"].scale.data.fill_(4.0)
        verdict = Verdict(record, evaluate(data=images, **colours))
        assert not verdict.equal
        text = "\n".join(verdict.lines)
        assert "the weights are other ones" in text
        assert "ece: recorded" in text
        assert "60 of 60 inputs differ, from 'blue/" in text

    def test_other_data_are_told(self, colours, images, record):
        next(iter((images / "green").iterdir())).unlink()
        verdict = Verdict(record, evaluate(data=images, **colours))
        assert "the data are other ones: recorded 60 inputs" in verdict.lines[0]

    def test_what_is_no_record_is_told(self, tmp_path):
        from hub_evaluate import check

        for content, message in (
            ("{", "is not valid JSON"),
            ("{}", "is not a record"),
            ('{"schema": 99}', "newer format"),
            ('{"schema": 1}', "not a whole record"),
        ):
            path = tmp_path / "record.json"
            path.write_text(content)
            with pytest.raises(EvaluationError, match=message):
                check(path, tmp_path)


def test_a_comparison_is_paired(colours, images):
    """A model compared with itself differs by nothing, however wide its interval is."""
    first = evaluate(data=images, **colours)
    same = compare(first, first)["acc@1"]
    assert (same.value, same.low, same.high, same.clear) == (0, 0, 0, False)
    colours["model"].scale.data.fill_(-5.0)
    worse = compare(first, evaluate(data=images, **colours))["acc@1"]
    assert worse.clear
    assert worse.low <= worse.value <= worse.high < 0


def test_other_inputs_are_not_compared(colours, images):
    first = evaluate(data=images, **colours)
    other = evaluate(data=images, limit=10, **colours)
    with pytest.raises(EvaluationError, match="different inputs"):
        compare(first, other)


def test_a_picture_of_one_classifier_shows_its_calibration_and_its_mistakes(colours, images):
    one = evaluate(data=images, **colours)
    left, right = plot([one], [{}], "params").axes
    # A dot for each bin: what the model states, and the share of right images among these.
    dots = [tuple(dots.get_offsets()[0]) for dots in left.collections[1:]]
    stated = [found["probability"] for found in one.observations]
    right_ones = [found["classes"][0] == found["target"] for found in one.observations]
    assert dots == [pytest.approx((sum(stated) / 60, sum(right_ones) / 60))]  # all in one bin
    # Ten of the thirty in this folder are red: in percent of its class, and what it was taken for.
    rows = [label.get_text() for label in right.get_yticklabels()]
    columns = [label.get_text() for label in right.get_xticklabels()]
    cells = {}
    for text in right.texts:
        column, row = text.get_position()
        cells[rows[row], columns[column]] = text.get_text()
    assert cells == {("green", "red"): "33"}


def test_a_picture_of_several_models_shows_metric_and_size(colours, images, tmp_path):
    from PIL import Image

    one = evaluate(data=images, **colours)
    colours["model"].scale.data.fill_(-5.0)  # nearly always wrong
    two = evaluate(data=images, **colours)
    figure = plot([one, two], [{"params": 3.5}, {"params": 7.0}], "params")
    [axes] = figure.axes
    points = [bar.lines[0].get_xydata()[0].tolist() for bar in axes.containers]
    shares = [found.metrics["acc@1"].value for found in (one, two)]
    assert points == [[3.5, shares[0]], [7.0, shares[1]]]
    assert [text.get_text() for text in axes.texts] == ["Colours", "Colours"]
    assert "millions" in axes.get_xlabel()
    assert "higher is better" in axes.get_ylabel()
    save(figure, tmp_path / "both.png")
    assert min(Image.open(tmp_path / "both.png").size) > 500
    with pytest.raises(EvaluationError, match="must end in"):
        save(None, tmp_path / "picture.doc")


@pytest.fixture
def photos(tmp_path):
    """foolbox's twenty photos, with their classes in a CSV."""
    root = tmp_path / "photos"
    root.mkdir()
    rows = []
    for path, number in imagenet_photos():
        (root / path.name).symlink_to(path)
        rows.append(f"{path.name},{number}\n")
    (root / "labels.csv").write_text("".join(rows))
    return root


class TestCommand:
    def test_real_photos(self, photos, tmp_path, capsys):
        """mobilenet_v2 gets 18 of the 20, and a second run gives the same."""
        import_mobilenet()
        record = tmp_path / "record.json"
        arguments = ["evaluate", "mobilenet_v2", "--weights", "IMAGENET1K_V1"]
        arguments += ["--data", str(photos), "--dataset", "ImageNet-1K", "--record", str(record)]
        assert main(arguments) == 0
        assert "acc@1     90.000 [" in capsys.readouterr().out
        assert json.loads(record.read_text())["metrics"]["acc@1"]["published"] == 71.878
        assert main(["evaluate", "--check", str(record), "--data", str(photos)]) == 0
        assert capsys.readouterr().out.startswith("equal:")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "Name a model"),
            (["mobilenet_v2", "--plot", "a.doc"], "must end in"),
            (["mobilenet_v2", "--dataset", "X"], "publishes nothing for 'X'"),
            (["mobilenet_v7"], "Unknown model"),
            (["a.onnx"], "Cannot read a.onnx: No such file"),
            (["a.onnx", "--engine", "torch"], "a.onnx: the engine 'torch' reads no exported"),
            (["mobilenet_v2", "--engine", "trch"], "Did you mean 'torch'?"),
            (["mobilenet_v2", "--executor", "warp"], "Unknown executor 'warp'"),
            (["a", "--compare", "b", "c"], "takes the two models itself"),
            (["mobilenet_v2", "--data", "nowhere"], "nowhere: there is no such file or folder"),
        ],
    )
    def test_wrong_use_is_told_before_anything_is_fetched(
        self, arguments, message, capsys, monkeypatch, tmp_path
    ):
        monkeypatch.setenv("HUBCORE_OFFLINE", "0")  # a connection would be another error
        assert main(["evaluate", "--data", str(tmp_path), *arguments]) == 1
        assert message in capsys.readouterr().err


def test_only_the_named_inputs_are_measured(colours, images):
    """Its record says so, and has their names."""
    names = evaluate(data=images, **colours).ids[::4]
    found = evaluate(data=images, only=names, **colours)
    assert found.ids == names
    assert found.record()["data"]["only"] is True
    with pytest.raises(DataError, match="there is no 'missing'"):
        evaluate(data=images, only=[*names, "missing"], **colours)
