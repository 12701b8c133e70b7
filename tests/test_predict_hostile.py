"""Inputs that could hang, repeat for ever, or deceive whoever reads the terminal."""

import os
import sys

import pytest
import torch
from PIL import Image

from hubcore.prediction import Classification, ClassificationResult, Failure, InputError
from hubcore.prediction.expansion import expand
from hubcore.prediction.frames import open_frames
from hubcore.prediction.inputs import ClipInput, ImageInput
from hubcore.prediction.pictures import PictureFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names, links and FIFOs of Linux")


def image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), "red").save(path)
    return path


def names(pattern):
    return [item.name for item in expand(str(pattern), "image-classification")]


def test_loops_of_links_cannot_multiply_what_a_glob_reaches(tmp_path):
    """Two links to the same folder double the paths at each of 40 levels."""
    inside, linked = image(tmp_path / "a" / "b" / "x.png"), image(tmp_path / "far" / "y.png")
    for number in range(4):
        (tmp_path / "a" / f"loop{number}").symlink_to(tmp_path)
        (tmp_path / "a" / "b" / f"loop{number}").symlink_to(tmp_path / "a")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(linked.parent)
    assert names(tmp_path / "a" / "b" / "**" / "x.png")[0] == str(inside)
    assert len(names(tmp_path / "**" / "x.png")) == 1
    assert names(root / "**" / "*.png") == [str(root / "link" / "y.png")]  # links are followed


def test_a_double_star_means_what_it_does_in_glob(tmp_path, monkeypatch):
    for name in ("x.png", "a/x.png", "a/b/x.png", "a/.hidden/x.png", "c[1]/x.png"):
        image(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert names("**/*.png") == ["a/b/x.png", "a/x.png", "c[1]/x.png", "x.png"]
    assert names("**") == ["a/b/x.png", "a/x.png", "c[1]/x.png", "x.png"]
    assert names("a/**/x.png") == ["a/b/x.png", "a/x.png"]
    assert names("*/**/b/*.png") == ["a/b/x.png"]
    assert names(tmp_path / "**" / "b" / "**" / "*.png") == [str(tmp_path / "a" / "b" / "x.png")]


def test_a_loop_of_links_is_no_file(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    for one in (*expand(tmp_path, "image-classification"), *expand(tmp_path / "a.png", "x")):
        if not isinstance(one, Failure):
            with pytest.raises(InputError):
                one.open()


@pytest.mark.parametrize("kind", ["FIFO", "device"])
def test_what_never_ends_is_no_video(kind, tmp_path):
    pytest.importorskip("av")
    os.mkfifo(tmp_path / "FIFO")
    path = tmp_path / "FIFO" if kind == "FIFO" else "/dev/zero"
    [item] = expand(path, "video-classification")
    with pytest.raises(InputError, match="not a regular file"):
        item.frames()


@pytest.mark.parametrize("content", [torch.zeros(0, 3, 4, 4), torch.zeros(2, 3, 4, 4), b"x", 5])
def test_what_is_no_video_is_refused_in_a_sentence(content):
    with pytest.raises(InputError, match=r"expected a (video|uint8 tensor)"):
        open_frames("clip", content)


@pytest.mark.parametrize("name", ["x\nhub: all is well", "\x1b[31mred", "\u202egnp", "\udcff"])
def test_names_are_shown_on_one_line_without_what_a_terminal_obeys(name):
    result = ClassificationResult(ImageInput(name, None), (1, 1), (Classification("a", 1, 1.0),))
    first, *_ = str(result).split("\n")
    for shown in (first, str(InputError(name, "is bad"))):
        assert shown.isprintable()
        assert shown.isascii()
    assert first.endswith(name[-3:]) or name == "\udcff"
    assert InputError(name, "is bad").source == name


# -- Pictures of earlier runs are no inputs


def drawn(folder, name):
    result = ClassificationResult(
        ImageInput(name, Image.new("RGB", (8, 6))), (8, 6), (Classification("a", 1, 1.0),)
    )
    return PictureFolder(folder, "net").save(result)


def test_folders_and_globs_do_not_stand_for_pictures_that_hubcore_drew(tmp_path):
    photos = [image(tmp_path / f"{name}.png") for name in "ab"]
    pictures = [drawn(tmp_path, name) for name in ("a.png", "b.jpg")]
    assert [path.suffix for path in pictures] == [".png", ".jpg"]
    expected = [str(path) for path in photos]
    for pattern in (tmp_path, tmp_path / "*", tmp_path / "**" / "*.*"):
        assert names(pattern) == expected
    assert names(pictures[0]) == [str(pictures[0])]  # by name it is an input like any other
    [pair] = expand(tmp_path, "optical-flow")
    assert (pair.first.name, pair.second.name) == tuple(expected)
    [clip] = expand(tmp_path, "video-classification")
    assert isinstance(clip, ClipInput)
    assert len(clip.frames()) == 2


def test_only_pictures_is_said(tmp_path):
    drawn(tmp_path, "a.png")
    [failure] = expand(tmp_path / "*.png", "image-classification")
    assert "only pictures that hubcore drew" in str(failure.error)


@pytest.mark.parametrize("task", ["image-classification", "video-classification", "optical-flow"])
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "is empty"),
        ("https://example.org/a.png", "is a web address"),
        ("data:image/png;base64,AAAA", "is a web address"),
    ],
)
def test_what_is_no_path_is_refused_in_a_sentence(given, reason, task):
    """In a tuple, too, which is a pair for optical flow."""
    for inputs in (given, [given], (given, given)):
        found = expand(inputs, task)
        assert found
        assert all(isinstance(one, Failure) and reason in str(one.error) for one in found)


def test_a_link_to_nothing_is_named_with_its_target(tmp_path):
    (tmp_path / "dead.png").symlink_to(tmp_path / "gone.png")
    [by_name] = expand(tmp_path / "dead.png", "image-classification")
    assert "gone.png', which leads nowhere" in str(by_name.error)
    with pytest.raises(InputError, match=r"gone\.png', which leads nowhere"):
        ImageInput("dead", tmp_path / "dead.png").open()
