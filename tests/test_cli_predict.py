"""``hub predict``: what people and programs see, and how it fails."""

import json
import os
import subprocess
import sys

import pytest
import torch
import torchvision
from photos import CHELSEA, COFFEE, import_mobilenet
from PIL import Image
from seeding import seeded_hub
from terminals import terminal

from hubcore.cli import main
from hubcore.prediction.drawn import is_drawn

MOBILENET = ("mobilenet_v2", "--weights", "IMAGENET1K_V1")
WEIGHTS = "hub-classification/MobileNet_V2_Weights.IMAGENET1K_V1"
DIGEST = "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889"


@pytest.fixture
def hub(capsys):
    """Runs ``hub predict``; gives its exit code, its output and its error output."""

    def run(*arguments):
        code = main(["predict", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def mobilenet(own_home):
    return import_mobilenet()


def test_it_names_what_it_sees(hub, mobilenet):
    code, out, err = hub(*MOBILENET, CHELSEA, COFFEE, "--top", "2")
    assert code == 0
    assert out.splitlines() == [
        str(CHELSEA),
        "   71.7 %  Egyptian cat",
        "   14.7 %  tiger cat",
        str(COFFEE),
        "   99.2 %  espresso",
        "    0.4 %  consomme",
    ]
    assert err == ""


def test_json_is_for_programs(hub, mobilenet):
    code, out, _ = hub(*MOBILENET, CHELSEA.parent, "--json", "--top", "1")
    assert code == 0
    found = json.loads(out)
    assert found["info"] == {
        "model": "mobilenet_v2",
        "weights": "MobileNet_V2_Weights.IMAGENET1K_V1",
        "canonical": WEIGHTS,
        "sha256": DIGEST,
        "task": "image-classification",
    }
    assert [annotation["category"] for annotation in found["annotations"]] == [
        "Egyptian cat",
        "espresso",
    ]


def test_pictures_name_the_weights_by_their_digest(hub, mobilenet, tmp_path):
    """A picture can be traced to the file that it was made with, and is still known as ours."""
    jpeg = tmp_path / "cat.jpg"
    Image.open(CHELSEA).save(jpeg)
    assert hub(*MOBILENET, CHELSEA, jpeg, "--output", tmp_path / "out")[0] == 0
    drawn = {path.suffix: path for path in (tmp_path / "out").iterdir()}
    with Image.open(drawn[".png"]) as png, Image.open(drawn[".jpg"]) as jpg:
        assert png.text["Source"] == f"{WEIGHTS} sha256:{DIGEST}"
        assert f"{WEIGHTS} sha256:{DIGEST}" in jpg.info["comment"].decode()
    assert all(map(is_drawn, drawn.values()))


def test_pictures_are_left_in_the_output_folder(hub, mobilenet, tmp_path):
    code, out, _ = hub(*MOBILENET, CHELSEA, "--output", tmp_path / "out")
    assert code == 0
    path = tmp_path / "out" / "chelsea-mobilenet_v2-IMAGENET1K_V1.png"
    assert f"picture: {path}" in out
    assert Image.open(path).size[0] == 640
    _, out, _ = hub(*MOBILENET, CHELSEA, "--output", tmp_path / "out", "--json")
    assert json.loads(out)["images"][0]["picture"] == str(path)


def test_bad_inputs_cost_a_line_each_and_the_rest_is_done(hub, mobilenet, tmp_path):
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "cut.png").write_bytes(CHELSEA.read_bytes()[:5000])
    bad = [tmp_path / name for name in ("text.jpg", "cut.png", "missing.png", "*.gif")]
    code, out, err = hub(*MOBILENET, bad[0], CHELSEA, *bad[1:], COFFEE, "--json", "--top", "1")
    assert code == 1
    found = json.loads(out)
    assert [image["file_name"] for image in found["images"]] == [str(CHELSEA), str(COFFEE)]
    assert [error["file_name"] for error in found["errors"]] == [str(path) for path in bad]
    lines = err.splitlines()
    assert len(lines) == 4
    for line, path in zip(lines, bad, strict=True):
        assert line.startswith(f"hub: {path}: ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["mobilenet_v9", CHELSEA], "Did you mean 'mobilenet_v2'"),
        (["mobilenet_v2", "missing.png"], "missing.png: no such file or folder"),
        (["mobilenet_v2", CHELSEA, "--weights", "V7"], "Unknown weights 'V7'"),
        (["mobilenet_v2", CHELSEA, "--device", "toaster"], "'toaster' is not a device"),
        (["mobilenet_v2", CHELSEA, "--output", CHELSEA], "it is not a folder"),
        (["r3d_18", CHELSEA], "is a single image"),
        (["mobilenet_v2", ""], "'': is empty"),
        (["raft_small", CHELSEA], "needs a second image"),
    ],
)
def test_what_cannot_work_is_one_line_and_fetches_nothing(hub, arguments, complaint):
    code, out, err = hub(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("hub: ")
    assert len(err.splitlines()) == 1
    assert complaint in err


def test_without_a_network_it_says_what_to_do(hub, monkeypatch):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    code, out, err = hub(*MOBILENET, CHELSEA)
    assert (code, out) == (1, "")
    assert "mobilenet_v2-b0353104.pth" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "option", [("--top", "0"), ("--score", "2"), ("--batch-size", "x"), ("--output", "")]
)
def test_wrong_figures_are_wrong_usage(hub, option):
    with pytest.raises(SystemExit) as caught:
        hub("mobilenet_v2", CHELSEA, *option)
    assert caught.value.code == 2


def test_without_torch_it_says_what_to_install(tmp_path):
    """In a process that cannot import torch."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from hubcore.cli import main\n"
        f"sys.exit(main(['predict', 'mobilenet_v2', {str(CHELSEA)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("hub: Prediction needs 'torch'")
    assert "pip install" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_verbose_tells_what_the_speed_costs(hub, mobilenet):
    code, _, err = hub(*MOBILENET, CHELSEA, "--optimize", "--verbose")
    assert code == 0
    assert "largest difference from the plain model's outputs" in err


def test_several_inputs_show_a_bar_on_a_terminal_only(hub, mobilenet, monkeypatch):
    assert hub(*MOBILENET, CHELSEA, COFFEE)[2] == ""
    with terminal(monkeypatch) as read:
        code, out, _ = hub(*MOBILENET, CHELSEA, COFFEE)
        seen = read()
    assert code == 0
    assert "Egyptian cat" in out
    assert "mobilenet_v2:" in seen
    assert "/2" in seen  # how often it is brought up to date is a matter of time


def test_detections_are_told_with_their_boxes(hub, tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    name = "ssdlite320_mobilenet_v3_large"
    with seeded_hub(tmp_path / "hub") as seeded:
        seeded.put_seeded(name, torchvision.models.get_model_weights(name).DEFAULT)
        code, out, _ = hub(name, CHELSEA, "--score", "0", "--json", "--output", tmp_path)
        assert code == 0
        found = json.loads(out)
        assert hub(name, CHELSEA, "--score", "1")[1].splitlines()[1:] == ["  nothing found"]
        best = found["annotations"][0]
        text = hub(name, CHELSEA, "--score", str(best["score"] - 1e-6))[1]
    torch.set_num_threads(threads)
    assert all(len(annotation["bbox"]) == 4 for annotation in found["annotations"])
    assert best["category"] in text
    assert " at (" in text
    [picture] = tmp_path.glob(f"chelsea-{name}-*.png")
    width, height = Image.open(picture).size
    assert (width, height > 426) == (640, True)  # the caption is below the photo


# -- Pictures never replace what is not ours


@pytest.fixture
def pictures(tmp_path):
    """A folder with an image, and a function that predicts on it with pictures in a folder."""
    import_mobilenet()
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (64, 48), "red").save(folder / "a.png")

    def predict(output, *inputs):
        return main(["predict", "mobilenet_v2", *map(str, inputs or [folder]), "--weights",
                     "IMAGENET1K_V1", "--output", str(output)])  # fmt: skip

    return folder, predict


def test_a_users_file_is_never_replaced_by_a_picture(pictures, one_thread):
    folder, predict = pictures
    theirs = folder / "a-mobilenet_v2-IMAGENET1K_V1.png"
    Image.new("RGB", (8, 8), "blue").save(theirs)
    before = theirs.read_bytes()
    assert predict(folder, folder / "a.png") == 0
    assert theirs.read_bytes() == before
    assert (folder / "a-mobilenet_v2-IMAGENET1K_V1-2.png").exists()


def test_a_second_run_replaces_the_pictures_of_the_first_and_does_not_predict_on_them(
    pictures, one_thread, capsys
):
    folder, predict = pictures
    assert predict(folder) == predict(folder) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "a-mobilenet_v2-IMAGENET1K_V1.png",
        "a.png",
    ]


def test_a_picture_of_an_earlier_run_that_is_an_input_is_not_replaced(pictures, one_thread):
    folder, predict = pictures
    assert predict(folder) == 0
    before = (folder / "a-mobilenet_v2-IMAGENET1K_V1.png").read_bytes()
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a-mobilenet_v2-IMAGENET1K_V1.png").write_bytes(before)
    assert predict(elsewhere, folder / "a.png", elsewhere / "a-mobilenet_v2-IMAGENET1K_V1.png") == 0
    assert (elsewhere / "a-mobilenet_v2-IMAGENET1K_V1.png").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="names that other systems do not have")
@pytest.mark.parametrize(
    "name", ["n" * 244, "e\x1b[31mred", "two\nlines", "\udcff\udcfe", "ü" * 120, "-n"]
)
def test_a_name_of_any_kind_gives_a_picture_and_no_escape_code(name, pictures, one_thread, capfd):
    folder, predict = pictures
    (folder / "a.png").rename(folder / f"{name}.png")
    output = folder.parent / "out"
    assert predict(output) == 0
    (picture,) = output.iterdir()
    assert picture.name.isprintable()
    assert "\x1b" not in "".join(capfd.readouterr())


def test_a_bad_image_is_a_line_and_the_rest_is_done(pictures, one_thread, capfd):
    folder, predict = pictures
    (folder / "b.png").write_bytes(b"no image")
    os.mkfifo(folder / "c.png")
    assert predict(folder.parent / "out") == 1
    assert len(list((folder.parent / "out").iterdir())) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len([line for line in lines if line.startswith("hub: ")]) == 2


def test_offline_the_weights_that_are_here_are_named(hub, mobilenet, monkeypatch):
    """Only V1 is in the store, and DEFAULT is V2."""
    assert hub(*MOBILENET, CHELSEA)[0] == 0  # brings V1 into the store
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    code, _, err = hub("mobilenet_v2", CHELSEA)
    assert code == 1
    assert "IMAGENET1K_V1 of this model is in the store: use --weights IMAGENET1K_V1." in err
