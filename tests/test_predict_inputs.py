"""Inputs: paths, folders and globs become images, pairs and clips; images become upright RGB."""

import socket

import numpy as np
import pytest
import torch
from PIL import Image

from hubcore.prediction import Failure, InputError
from hubcore.prediction.expansion import expand
from hubcore.prediction.frames import _upright, open_frames
from hubcore.prediction.images import open_image
from hubcore.prediction.tasks.video import clip_indices

COLOURS = ("red", "green", "blue", "white", "black")


@pytest.fixture
def folder(tmp_path):
    """Frames 1 to 12, a hidden file, a text file and a subfolder with one image."""
    for number in range(1, 13):
        Image.new("RGB", (8, 6), (number, 0, 0)).save(tmp_path / f"frame{number}.png")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "sub").mkdir()
    Image.new("RGB", (8, 6)).save(tmp_path / "sub" / "below.jpg")
    return tmp_path


def names(items):
    return [item.source if isinstance(item, Failure) else item.name for item in items]


def stems(items):
    return [name.rpartition("/")[2] for name in names(items)]


# -- What paths stand for


def test_a_folder_stands_for_its_images_in_natural_order(folder):
    found = stems(expand(folder, "image-classification"))
    assert found == [f"frame{number}.png" for number in range(1, 13)]


def test_a_glob_stands_for_what_it_matches(folder):
    found = stems(expand(f"{folder}/frame1*.png", "image-classification"))
    assert found == ["frame1.png", "frame10.png", "frame11.png", "frame12.png"]


def test_a_double_star_reaches_subfolders(folder):
    assert "below.jpg" in stems(expand(f"{folder}/**/*.jpg", "image-classification"))


def test_a_file_name_may_hold_what_a_glob_would_read(tmp_path):
    path = tmp_path / "photo[1].png"
    Image.new("RGB", (4, 4)).save(path)
    assert names(expand(str(path), "image-classification")) == [str(path)]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing.png", "no such file"),
        ("*.tiff", "nothing matches"),
        ("empty", "no images in this folder"),
    ],
)
def test_what_names_nothing_is_a_failure_in_its_place(folder, path, reason):
    (folder / "empty").mkdir()
    inputs = [folder / "frame1.png", f"{folder}/{path}", folder / "frame2.png"]
    first, failure, last = expand(inputs, "image-classification")
    assert (first.name, last.name) == (str(inputs[0]), str(inputs[2]))
    assert isinstance(failure, Failure)
    assert reason in str(failure.error)


def test_images_in_memory_are_inputs_too(folder):
    items = expand(
        [
            Image.new("RGB", (4, 3), "red"),
            np.full((3, 4, 3), (255, 0, 0), np.uint8),
            torch.tensor([1.0, 0, 0]).view(3, 1, 1).expand(3, 3, 4),
            Image.open(folder / "frame1.png"),
        ],
        "image-classification",
    )
    for item in items[:3]:
        assert item.open().size == (4, 3)
        assert item.open().getpixel((0, 0)) == (255, 0, 0)
    assert items[3].name == str(folder / "frame1.png")


def test_a_tensor_of_another_form_is_refused():
    [item] = expand(torch.zeros(2, 3, 4, 4), "image-classification")
    with pytest.raises(InputError, match="a batch: pass its images"):
        item.open()


def test_images_that_follow_one_another_are_pairs(folder):
    a, b, c = (str(folder / f"frame{number}.png") for number in (1, 2, 3))
    found = names(expand([a, b, c], "optical-flow"))
    assert found == [f"{a} to {b}", f"{b} to {c}"]
    assert len(expand(folder, "optical-flow")) == 11
    assert names(expand([(a, c)], "optical-flow")) == [f"{a} to {c}"]


def test_a_folder_makes_no_pair_with_the_next(folder):
    assert len(expand([folder, folder], "optical-flow")) == 22


def test_a_single_image_has_no_flow(folder):
    [failure] = expand(folder / "frame1.png", "optical-flow")
    assert "second image" in str(failure.error)


def test_a_folder_of_frames_is_one_video(folder):
    assert names(expand(folder, "video-classification")) == [str(folder)]


def test_a_folder_of_folders_and_files_is_many_videos(folder):
    (folder / "videos" / "one").mkdir(parents=True)
    (folder / "frame1.png").rename(folder / "videos" / "one" / "frame1.png")
    (folder / "videos" / "two.mp4").write_bytes(b"")
    assert stems(expand(folder / "videos", "video-classification")) == ["one", "two.mp4"]


def test_an_image_is_no_video(folder):
    [failure] = expand(folder / "frame1.png", "video-classification")
    assert "give the folder" in str(failure.error)


# -- Reading images


def test_exif_orientation_is_respected(tmp_path):
    image = Image.new("RGB", (40, 20), "blue")
    image.paste("red", (0, 0, 10, 20))  # red on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned clockwise by 90 degrees
    image.save(tmp_path / "turned.jpg", exif=exif, quality=100, subsampling=0)
    shown = open_image("turned.jpg", tmp_path / "turned.jpg")
    assert shown.size == (20, 40)
    red, _, blue = shown.getpixel((10, 2))
    assert red > 200 > 50 > blue  # red on top


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_every_mode_becomes_rgb(mode):
    image = Image.new("RGB", (5, 4), (250, 250, 250))
    made = Image.new(mode, (5, 4)) if mode in ("LAB", "PA", "HSV") else image.convert(mode)
    assert open_image("x", made).mode == "RGB"


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_more_than_8_bits_keep_their_range(tmp_path, dtype):
    """Plain conversion would clip all of them to white or black."""
    top = 1.0 if dtype is np.float32 else 65535
    ramp = (np.linspace(0, 1, 256) * top).astype(dtype)[None].repeat(4, axis=0)
    Image.fromarray(ramp).save(tmp_path / "ramp.tiff")
    values = np.asarray(open_image("ramp", tmp_path / "ramp.tiff"))
    assert values.shape == (4, 256, 3)
    np.testing.assert_allclose(values[0, :, 0], np.arange(256), atol=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_shows_white(tmp_path, mode):
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    if mode == "P":
        image = Image.new("P", (4, 4), 0)
        image.putpalette([0, 0, 0])
        image.save(tmp_path / "clear.png", transparency=0)
    else:
        image.convert(mode).save(tmp_path / "clear.png")
    assert open_image("clear", tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)


def damaged_files(folder):
    good = folder / "good.png"
    Image.effect_noise((64, 64), 50).save(good)
    data = good.read_bytes()
    (folder / "truncated.png").write_bytes(data[: len(data) // 2])
    (folder / "text.png").write_text("This is no image.")
    (folder / "empty.png").write_bytes(b"")
    (folder / "garbled.png").write_bytes(data[:200] + bytes(reversed(data[200:])))
    Image.open(good).save(folder / "good.jpg")
    (folder / "truncated.jpg").write_bytes((folder / "good.jpg").read_bytes()[:600])
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith("good")]


def test_damaged_files_say_so_in_one_line(tmp_path):
    damaged = damaged_files(tmp_path)
    assert len(damaged) == 5
    for path in damaged:
        with pytest.raises(InputError) as caught:
            open_image(str(path), path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


# -- Reading videos


@pytest.fixture
def clip(tmp_path):
    """A video file of 50 frames at 25 a second, whose brightness counts the frames."""
    av = pytest.importorskip("av")
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(50):
            image = Image.new("RGB", (64, 48), (5 * number,) * 3)
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode())
    return path


def test_a_video_file_gives_the_frames_that_are_asked_for(clip):
    frames = open_frames("clip", clip)
    assert (len(frames), frames.rate) == (50, 25)
    wanted = [0, 7, 7, 30, 49]
    found = list(frames.read(wanted))
    assert all(frame.shape == (48, 64, 3) and frame.dtype == np.uint8 for frame in found)
    brightness = [float(frame.mean()) / 5 for frame in found]
    assert brightness == pytest.approx(wanted, abs=1)


def test_a_turned_video_is_shown_upright():
    """A telephone held upright writes lying frames, and that they are to be turned."""

    class Frame:
        rotation = -90  # clockwise

        def to_ndarray(self, format):
            pixels = np.zeros((2, 4, 3), np.uint8)
            pixels[0, 0] = 255
            return pixels

    upright = _upright(Frame())
    assert upright.shape == (4, 2, 3)
    assert upright[0, 1].tolist() == [255] * 3  # the upper left corner is the upper right now


def test_a_folder_and_a_tensor_give_frames_too(folder):
    frames = open_frames("folder", folder)
    assert len(frames) == 12
    assert [int(frame[0, 0, 0]) for frame in frames.read([1, 9])] == [2, 10]
    clip = torch.arange(5, dtype=torch.uint8).view(5, 1, 1, 1).expand(5, 3, 4, 4)
    assert [int(frame[0, 0, 0]) for frame in open_frames("clip", clip).read([0, 4])] == [0, 4]


def test_frames_of_unequal_size_are_an_error_that_names_one(folder):
    Image.new("RGB", (9, 6)).save(folder / "frame3.png")
    with pytest.raises(InputError, match=r"frame3\.png is 9 x 6"):
        list(open_frames("folder", folder).read([0, 2]))


@pytest.mark.parametrize("content", [b"", b"This is no video, just text.\n" * 20])
def test_what_is_no_video_says_so(tmp_path, content):
    pytest.importorskip("av")
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(InputError, match="is not a video"):
        open_frames("clip", tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://{}/x.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'http://{}/x.ts'\n",
    ],
    ids=["HLS", "concat"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_a_playlist_makes_no_connection(tmp_path, text, suffix):
    """FFmpeg knows a file by its content, whatever its name."""
    pytest.importorskip("av")
    with socket.create_server(("127.0.0.1", 0)) as server:
        path = tmp_path / f"clip{suffix}"
        path.write_text(text.format(f"127.0.0.1:{server.getsockname()[1]}"))
        with pytest.raises(InputError, match="is not a video"):
            open_frames("clip", path)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_clips_are_spread_evenly_at_the_models_rate():
    # 10 seconds at 30 frames a second, brought to 15: every second frame.
    clips = clip_indices(300, length=16, clips=5, step=2.0)
    assert [clip[0] for clip in clips] == [0, 68, 134, 200, 268]
    assert all(clip == list(range(clip[0], clip[0] + 32, 2)) for clip in clips)
    assert clips[-1][-1] < 300


def test_a_short_video_is_stretched_to_one_clip():
    assert clip_indices(4, length=8, clips=5, step=1.0) == [[0, 0, 1, 1, 2, 2, 3, 3]]
    assert clip_indices(1, length=3, clips=5, step=2.0) == [[0, 0, 0]]


def test_a_slow_video_repeats_frames():
    [clip] = clip_indices(16, length=32, clips=1, step=0.5)
    assert clip == [index // 2 for index in range(32)]
