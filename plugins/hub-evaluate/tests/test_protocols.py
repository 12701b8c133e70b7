"""Protocols of published figures: another size for masks, more updates of a flow."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision.transforms import functional

from hub_evaluate import EvaluationError, evaluate, open_data
from hub_evaluate.comparison import Difference
from hub_evaluate.speed import measure_speed
from hubcore import get_weight


class Greys(nn.Module):
    """Dark, middle or light: a class for each pixel."""

    def forward(self, images):
        grey = images.mean(dim=1, keepdim=True)
        return {"out": torch.cat([0.4 - grey, 0.1 - (grey - 0.5).abs(), grey - 0.6], dim=1)}


class Weights:
    url = "file:///greys.pth"
    meta = {"categories": ["dark", "middle", "light"]}  # noqa: RUF012  # as torchvision's

    def transforms(self):
        return functional.to_tensor

    def get_state_dict(self, **options):
        return {}

    def __str__(self):
        return "Greys"


@pytest.fixture
def scenes(tmp_path):
    random = np.random.default_rng(0)
    for name in ("images", "masks"):
        (tmp_path / "scenes" / name).mkdir(parents=True)
    for number in range(4):
        size = (21 + number, 30)
        pixels = random.integers(0, 256, (*size, 3), np.uint8)
        mask = random.choice(np.array([0, 1, 2, 255], np.uint8), size)
        Image.fromarray(pixels).save(tmp_path / "scenes" / "images" / f"{number}.png")
        Image.fromarray(mask).save(tmp_path / "scenes" / "masks" / f"{number}.png")
    return tmp_path / "scenes"


@pytest.mark.parametrize("shorter", [None, 13, 40])
def test_segmentation_at_another_size_is_torchvisions_reference(scenes, shorter):
    """references/segmentation: RandomResize of image and mask, then ConfusionMatrix."""
    arguments = {"weights": Weights(), "task": "semantic-segmentation", "resamples": 0}
    found = evaluate(Greys(), scenes, resize=shorter, **arguments)
    matrix = torch.zeros((3, 3), dtype=torch.int64)
    for number in range(4):
        image = Image.open(scenes / "images" / f"{number}.png")
        mask = Image.open(scenes / "masks" / f"{number}.png")
        if shorter is not None:
            image = functional.resize(image, shorter, antialias=True)
            mask = functional.resize(
                mask, shorter, interpolation=functional.InterpolationMode.NEAREST
            )
        truth = torch.as_tensor(np.array(mask), dtype=torch.int64).flatten()
        answer = Greys()(functional.to_tensor(image)[None])["out"].argmax(1).flatten()
        kept = (truth >= 0) & (truth < 3)
        matrix += torch.bincount(3 * truth[kept] + answer[kept], minlength=9).reshape(3, 3)
    h = matrix.float()
    iou = torch.diag(h) / (h.sum(1) + h.sum(0) - torch.diag(h))
    assert {name: one.value for name, one in found.metrics.items()} == {
        "miou": iou.mean().item() * 100,
        "pixel_acc": (torch.diag(h).sum() / h.sum()).item() * 100,
    }
    assert found.record()["settings"]["resize"] == shorter


def test_a_flow_is_updated_as_often_as_asked(tmp_path):
    random = np.random.default_rng(0)
    for number in (1, 2):
        pixels = random.integers(0, 256, (128, 128, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"a_img{number}.png")
    truth = np.zeros((2, 128, 128), np.float32)
    np.save(tmp_path / "a_flow.npy", truth)
    torch.manual_seed(0)
    model = torchvision.models.optical_flow.raft_small().eval()
    weights = get_weight("Raft_Small_Weights.C_T_V2")
    arguments = {"weights": weights, "task": "optical-flow", "resamples": 0}
    images = [Image.open(tmp_path / f"a_img{number}.png") for number in (1, 2)]
    first, second = weights.transforms()(*images)
    for updates in (2, 3):
        found = evaluate(model, tmp_path, flow_updates=updates, **arguments)
        with torch.inference_mode():
            flow = model(first[None], second[None], num_flow_updates=updates)[-1][0]
        assert found.metrics["epe"].value == pytest.approx(flow.norm(dim=0).mean().item())
        assert found.record()["settings"]["flow_updates"] == updates


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resize": 520}, "--resize is for the task semantic-segmentation, not for image-class"),
        ({"flow_updates": 32}, "--flow-updates is for the task optical-flow"),
    ],
)
def test_an_option_of_another_task_is_told(colours, images, options, message):
    with pytest.raises(EvaluationError, match=message):
        evaluate(data=images, **options, **colours)


@pytest.mark.parametrize(
    ("metric", "low", "high", "better"),
    [
        ("acc@1", 1.0, 3.0, "second"),
        ("acc@1", -3.0, -1.0, "first"),
        ("epe", 1.0, 3.0, "first"),
        ("fl_all", -3.0, -1.0, "second"),
        ("ece", 1.0, 3.0, "first"),
        ("acc@1", -1.0, 5.0, None),
        ("acc@1", None, None, None),
        ("of nobody", 1.0, 3.0, None),
    ],
)
def test_the_better_of_two_depends_on_the_metric(metric, low, high, better):
    middle = 0.0 if low is None else (low + high) / 2
    assert Difference(metric, 50.0, 50.0 + middle, low, high).better == better


class Clips(nn.Module):
    """The mean red, green and blue of clips (B, 3, T, H, W)."""

    def forward(self, clips):
        return clips.mean(dim=(2, 3, 4))


class ClipWeights(Weights):
    meta = {"categories": ["red", "green", "blue"]}  # noqa: RUF012  # as torchvision's

    def transforms(self):
        return lambda clip: clip.permute(1, 0, 2, 3) / 255


def test_videos_are_classified_and_one_that_cannot_be_read_is_wrong(tmp_path):
    for name, colour in (("red", (250, 0, 0)), ("blue", (0, 0, 250))):
        for number in range(3):
            path = tmp_path / name / "video" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 6), colour).save(path)
    (tmp_path / "green" / "video").mkdir(parents=True)
    (tmp_path / "green" / "video" / "1.png").write_bytes(b"no image")
    found = evaluate(Clips(), tmp_path, weights=ClipWeights(), task="video-classification")
    assert found.metrics["acc@1"].value == pytest.approx(100 * 2 / 3)
    assert "acc@5" not in found.metrics  # of three classes
    [(name, _)] = found.failures
    assert name == "green/video"


def test_speed_names_what_was_measured(colours, images):
    """Times and memory are above nothing, and the engine and the settings stand beside them."""
    data = open_data(images, "image-classification", colours["weights"].meta["categories"])
    model = colours.pop("model")
    speed = measure_speed(model, data, engine="optimized", batch_size=3, **colours)
    assert min(speed["latency_ms"], speed["throughput"], speed["peak_memory_mb"]) > 0
    assert (speed["engine"], speed["device"], speed["batch_size"]) == ("optimized", "cpu", 3)
    for path in images.rglob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(EvaluationError, match=r"none of the first \d+ inputs can be read"):
        measure_speed(model, data, **colours)


class SeededClips(nn.Module):
    """Seeded scores of five classes for a clip (B, 3, T, H, W), in [0, 1]."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Conv3d(3, 5, kernel_size=3, stride=2)

    def forward(self, clips):
        return 40 * self.body(clips).mean(dim=(2, 3, 4))


def test_videos_are_judged_by_the_sum_of_their_clips(tmp_path):
    """As torchvision's reference adds the softmax of all clips of a video, and ranks that."""
    names = ["run", "swim", "climb", "read", "sing"]
    random = np.random.default_rng(0)
    videos = []
    for number in range(40):
        target = number % 5
        frames = random.integers(0, 255, (12, 1, 1, 3)) + random.integers(0, 40, (12, 16, 16, 3))
        frames = frames.clip(0, 255).astype(np.uint8)
        folder = tmp_path / names[target] / f"{number:02}"
        folder.mkdir(parents=True)
        for time, frame in enumerate(frames):
            Image.fromarray(frame).save(folder / f"{time:02}.png")
        videos.append((target, torch.from_numpy(frames).permute(3, 0, 1, 2) / 255))

    class Weights:
        url = "file:///clips.pth"
        meta = {"categories": names}  # noqa: RUF012  # as torchvision's
        value = SimpleNamespace(sampling={"clip_len": 4, "clips_per_video": 3}, task=None)

        def transforms(self):
            return lambda frames: frames.permute(1, 0, 2, 3) / 255

        def get_state_dict(self, **options):
            return SeededClips().state_dict()

    model = SeededClips().eval()
    ranks = []
    for target, video in videos:
        clips = torch.stack([video[:, start : start + 4] for start in (0, 4, 8)])
        added = model(clips).softmax(dim=1).sum(dim=0)
        ranks.append(int((added > added[target]).sum()))
    found = evaluate(model, tmp_path, weights=Weights(), task="video-classification")
    assert 0 < sum(rank == 0 for rank in ranks) < 40
    assert found.metrics["acc@1"].value == 100 * sum(rank == 0 for rank in ranks) / 40
