"""Pictures: what was found is where it was found, and the text can be read."""

import numpy as np
import pytest
import torch
from PIL import Image

from hubcore.prediction import (
    Classification,
    ClassificationResult,
    Detection,
    DetectionResult,
    Flow,
    Keypoint,
    PredictionError,
    SegmentedClass,
    SemanticMask,
)
from hubcore.prediction.canvas import Canvas, colour, contrast, overlap, readable_on
from hubcore.prediction.drawing import LIMBS
from hubcore.prediction.fonts import Typeface
from hubcore.prediction.inputs import ClipInput, ImageInput, PairInput
from hubcore.prediction.pictures import PictureFolder

SIZE = (640, 480)
GREY = (128, 128, 128)


def grey(size=SIZE, name="grey.png"):
    return ImageInput(name, Image.new("RGB", size, GREY))


def difference(picture):
    """Where a picture is not grey: bool (height, width)."""
    return (np.asarray(picture).astype(int) != 128).any(axis=2)


def test_boxes_are_drawn_where_they_are():
    box = (100.0, 200.0, 300.0, 400.0)
    picture = DetectionResult(grey(), SIZE, (Detection("cat", 17, 0.9, box),)).draw()
    picture = picture.crop((0, 0, *SIZE))  # the caption is below it
    assert picture.getpixel((200, 200)) == colour(16)
    assert picture.getpixel((300, 300)) == colour(16)
    changed = difference(picture)
    assert not changed[410:].any()
    assert not changed[:, :95].any()
    assert not changed[210:390, 110:290].any()


@pytest.mark.parametrize("box", [(-50, -50, 700, 700), (630, 470, 640, 480), (5, 5, 5, 5)])
def test_labels_stay_inside_the_picture(box):
    canvas = Canvas(Image.new("RGB", SIZE, GREY))
    canvas.label(box, "a label of some length 99.9 %", colour(0))
    [(left, top, right, bottom)] = canvas._taken
    assert 0 <= left < right <= SIZE[0]
    assert 0 <= top < bottom <= SIZE[1]


def test_text_has_a_contrast_of_at_least_4_5_on_every_label():
    assert all(contrast(readable_on(colour(n)), colour(n)) >= 4.5 for n in range(200))
    assert all(
        contrast(readable_on((r, g, b)), (r, g, b)) >= 4.5
        for r in range(0, 256, 15) for g in range(0, 256, 15) for b in range(0, 256, 15)
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["кошка", "قطة", "中文", "日本語", "한국어", "ไทย", "é ñ ø", "🐱", "e\u0301", "\U0010fffd"],
)
def test_no_character_is_drawn_as_a_box(text):
    """Each is in its font, or was replaced by what is."""
    from hubcore.prediction import fonts

    runs = Typeface(20)._runs(text)
    assert "".join(part for _, part in runs)
    for font, part in runs:
        for character in part:
            assert fonts._has(font, character) or character.isascii(), (character, part)


@pytest.mark.parametrize("text", ["中文", "日本語", "한국어", "قطة", "חָתוּל"])
def test_font_packages_serve_where_the_system_has_no_font(text, monkeypatch):
    """Words stay in one font, marks with their letters, so that letters join as they should."""
    from hubcore.prediction import fonts

    monkeypatch.setattr(fonts, "_from_system", lambda code, size: None)
    fonts._placed.cache_clear()
    try:
        runs = Typeface(20)._runs(text)
    finally:
        fonts._placed.cache_clear()
    assert [part for _, part in runs] == [text]
    assert "Noto" in runs[0][0].path


def test_a_font_that_makes_up_a_letter_from_others_does_not_have_it():
    """Shaping would put an accent that the font has beside a letter, not above it."""
    from hubcore.prediction import fonts

    [cjk] = [path for path in fonts._packaged() if "CJK" in path]
    font = fonts._opened(cjk, 20)
    assert fonts._has(font, "α")  # noqa: RUF001  # it is meant
    assert not fonts._has(font, "ά")


def test_without_any_font_the_rest_is_transliterated_or_written_as_its_code(monkeypatch):
    from hubcore.prediction import fonts

    monkeypatch.setattr(fonts, "_from_packages", lambda character, size: None)
    monkeypatch.setattr(fonts, "_from_system", lambda code, size: None)
    fonts._placed.cache_clear()
    try:
        shown = "".join(part for _, part in Typeface(20)._runs("Ａ中"))
    finally:
        fonts._placed.cache_clear()
    assert shown == "A\\u4e2d"


def test_the_caption_names_the_model_and_what_was_found():
    cat = Detection("cat", 17, 0.9, (10, 10, 50, 50))
    found = DetectionResult(grey(), SIZE, (cat, cat), made_by="ssd300_vgg16 COCO_V1")
    assert found.caption() == "2 cat (ssd300_vgg16 COCO_V1)"
    assert DetectionResult(grey(), SIZE, ()).caption() == "nothing found"
    assert DetectionResult(grey(), SIZE, ()).draw().size[1] > SIZE[1]


def test_left_and_right_have_colours_of_their_own():
    def drawn(name):
        points = (Keypoint(f"{name}_knee", 300.0, 300.0, 5.0),)
        one = Detection("person", 1, 0.9, (10, 10, 600, 460), None, points)
        return DetectionResult(grey(), SIZE, (one,)).draw().getpixel((300, 300))

    assert drawn("left") != drawn("right")


def test_the_object_is_seen_through_its_mask():
    """Two stripes of the object stay apart by more than half of their difference."""
    image = Image.new("RGB", SIZE, (60, 60, 60))
    image.paste((160, 160, 160), (0, 0, 320, 480))
    mask = torch.ones(480, 640, dtype=torch.bool)
    one = Detection("cat", 17, 0.9, (0, 0, 640, 480), mask)
    picture = DetectionResult(ImageInput("x.png", image), SIZE, (one,)).draw()
    left, right = picture.getpixel((200, 240)), picture.getpixel((440, 240))
    assert left[1] - right[1] >= 50


def test_labels_never_cover_one_another():
    canvas = Canvas(Image.new("RGB", SIZE, GREY))
    for number in range(40):
        canvas.label((200 + number, 200, 260, 260), "a label 99.9 %", colour(number))
    assert len(canvas._taken) > 1
    for number, one in enumerate(canvas._taken):
        assert not any(overlap(one, other) for other in canvas._taken[:number])


def test_masks_tint_only_what_they_cover():
    mask = torch.zeros(480, 640, dtype=torch.bool)
    mask[100:200, 300:400] = True
    found = Detection("cat", 17, 0.9, (300, 100, 400, 200), mask)
    changed = difference(DetectionResult(grey(), SIZE, (found,)).draw())[:480]
    assert changed[110:190, 310:390].all()
    assert not changed[210:].any()


def test_limbs_join_what_is_visible():
    names = sorted({name for limb in LIMBS for name in limb})
    assert len(names) == 17
    points = dict.fromkeys(names, (600.0, 450.0, -1.0))  # not visible
    points |= {"left_shoulder": (200.0, 300.0, 5.0), "left_elbow": (400.0, 300.0, 5.0)}
    found = Detection(
        "person",
        1,
        0.9,
        (100, 100, 500, 400),
        keypoints=tuple(Keypoint(name, *point) for name, point in points.items()),
    )
    changed = difference(DetectionResult(grey(), SIZE, (found,)).draw())
    assert changed[300, 200:400].all()
    assert not changed[440:460, 590:610].any()


def test_semantic_masks_have_a_legend_of_the_classes_present():
    mask = torch.zeros(480, 640, dtype=torch.uint8)
    mask[240:, :] = 8
    classes = (SegmentedClass("__background__", 0, 0.5), SegmentedClass("cat", 8, 0.5))
    picture = SemanticMask(grey(), SIZE, mask, classes).draw()
    assert picture.width == 640
    assert picture.height > 480
    changed = difference(picture)
    assert not changed[:230].any()  # the background stays as it is
    assert changed[250:480].all()
    legend = np.asarray(picture)[480:]
    assert (legend == colour(7)).all(axis=2).any()


def test_classes_stand_below_the_picture():
    classes = (Classification("Egyptian cat", 285, 0.7), Classification("x" * 500, 1, 0.3))
    picture = ClassificationResult(grey(), SIZE, classes).draw()
    assert not difference(picture)[:480].any()
    panel = np.asarray(picture)[480:]
    assert panel.shape[1] == 640
    assert (panel < 100).any()  # there is text
    assert (panel[:, -4:] == 255).all()  # and it ends before the edge


def test_small_images_are_enlarged_so_that_text_can_be_read():
    picture = ClassificationResult(
        grey((32, 24)), (32, 24), (Classification("cat", 1, 1.0),)
    ).draw()
    assert picture.width == 640


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (40, 3000)])
def test_images_of_any_form_can_be_drawn(size):
    found = Detection("some object", 3, 0.5, (0, 0, *size))
    assert DetectionResult(grey(size), size, (found, found)).draw().mode == "RGB"
    classes = (Classification("cat", 1, 1.0),)
    assert ClassificationResult(grey(size), size, classes).draw().mode == "RGB"


@pytest.mark.parametrize("size", [(640, 480), (400, 800), (900, 300)])
def test_flow_shows_the_direction_as_hue(size):
    width, height = size
    pair = PairInput("a to b", grey(size, "a.png"), grey(size, "b.png"))
    right, left = torch.zeros(2, height, width), torch.zeros(2, height, width)
    right[0], left[0] = 5, -5

    def flow_colour(flow):
        picture = Flow(pair, size, flow, 5.0, 5.0, 5.0).draw()
        assert picture.width >= width
        below = picture.width < 2 * width
        return picture.getpixel((10, height + 10) if below else (width + 10, 10))

    assert np.argmax(flow_colour(right)) == 0  # red, as in the wheel of Baker et al.
    assert flow_colour(left)[0] < 100


def test_a_video_is_shown_by_some_of_its_frames():
    clip = torch.stack([torch.full((3, 120, 160), 10 * n, dtype=torch.uint8) for n in range(20)])
    result = ClassificationResult(ClipInput("v", clip), (160, 120), (Classification("a", 1, 1.0),))
    values = {value for _, value in result.draw().getcolors(100_000)}
    assert {(20,) * 3, (70,) * 3, (120,) * 3, (170,) * 3} <= values


def test_near_classes_have_different_colours():
    assert len({colour(number) for number in range(60)}) == 60


# -- Files


def classified(name):
    return ClassificationResult(grey(name=name), SIZE, (Classification("cat", 1, 1.0),))


def test_pictures_never_replace_inputs_nor_one_another(tmp_path):
    folder = PictureFolder(tmp_path / "new" / "folder", "acme/net")
    saved = [folder.save(classified(name)).name for name in ("a/x.png", "b/x.jpg", "c/x.png")]
    assert saved == ["x-acme-net.png", "x-acme-net.jpg", "x-acme-net-2.png"]
    assert Image.open(tmp_path / "new" / "folder" / "x-acme-net.jpg").format == "JPEG"


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = PictureFolder(tmp_path, "net")

    def save(image, path, *args, **kwargs):
        path.write_bytes(b"half a pict")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(PredictionError, match="No space left"):
        folder.save(classified("x.png"))
    assert list(tmp_path.iterdir()) == []


def test_a_jpeg_whose_picture_is_too_tall_for_that_is_a_png(tmp_path):
    """A JPEG has at most 65535 pixels a side, and the classes stand below the image."""
    size = (8, 65530)
    result = ClassificationResult(grey(size, "tall.jpg"), size, (Classification("a", 1, 1.0),))
    assert PictureFolder(tmp_path, "net").save(result).name == "tall-net.png"


def test_a_folder_that_cannot_be_written_is_told_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PredictionError, match="Cannot write to the folder"):
        PictureFolder(tmp_path / "file", "net")
