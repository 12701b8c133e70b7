"""Trains the networks, in some minutes on a CPU, and prints what they are worth.

    python training/train.py FOLDER

The shapes and the scenes for depth are drawn. Pictures of twice the size are learnt from two photos
of scikit-image, and measured on a third.
"""

from __future__ import annotations

import sys
from pathlib import Path

import skimage.data
import torch
from acme_tasks.models import Distance, Shapes, Twice
from draw import SHAPES, draw
from scenes import scene
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate, l1_loss
from torchvision.transforms.functional import to_tensor


def drawn(numbers: range) -> tuple[Tensor, Tensor]:
    pictures, truth = zip(*(draw(number) for number in numbers), strict=True)
    return torch.stack([to_tensor(one) for one in pictures]) * 2 - 1, torch.stack(truth)


def f1(logits: Tensor, truth: Tensor, thresholds: Tensor) -> Tensor:
    """The F1 of each class (C,), in %."""
    said = (logits.sigmoid() >= thresholds).float()
    return 200 * (said * truth).sum(0) / (said + truth).sum(0).clamp(min=1)


def train_shapes(folder: Path) -> None:
    torch.manual_seed(0)
    model, (x, y) = Shapes(), drawn(range(2000))
    steps = 300
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    for _ in range(steps):
        batch = torch.randint(len(x), (64,))
        loss = binary_cross_entropy_with_logits(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.inference_mode():
        # Thresholds are chosen on pictures that neither training nor the measurement has seen.
        x, y = drawn(range(10_000, 11_000))
        logits = model(x)
        choices = torch.arange(0.05, 1, 0.05)
        scores = torch.stack([f1(logits, y, choice) for choice in choices])
        thresholds = choices[scores.argmax(0)]
        x, y = drawn(range(20_000, 21_000))
        measured = f1(model(x), y, thresholds)
    print("thresholds", [round(one, 2) for one in thresholds.tolist()])
    print("F1", dict(zip(SHAPES, measured.tolist(), strict=True)), "mean", measured.mean().item())
    torch.save(model.state_dict(), folder / "shapes.pth")


def halved(images: Tensor) -> Tensor:
    return interpolate(images, scale_factor=0.5, mode="bicubic", antialias=True).clamp(0, 1)


def psnr(found: Tensor, truth: Tensor) -> float:
    return float(-10 * (found - truth).square().mean().log10())


def train_twice(folder: Path) -> None:
    torch.manual_seed(0)
    photos = [to_tensor(one) for one in (skimage.data.chelsea(), skimage.data.coffee())]
    model, steps = Twice(), 600
    torch.nn.init.zeros_(model.body[-1].weight)
    torch.nn.init.zeros_(model.body[-1].bias)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps)
    for step in range(steps):
        photo = photos[step % 2]
        crops = []
        for _ in range(8):
            top = int(torch.randint(photo.shape[1] - 64, ()))
            left = int(torch.randint(photo.shape[2] - 64, ()))
            crops.append(photo[:, top : top + 64, left : left + 64])
        truth = torch.stack(crops)
        loss = l1_loss(model(halved(truth)), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    truth = to_tensor(skimage.data.astronaut())[None]
    with torch.inference_mode():
        small = halved(truth)
        smooth = interpolate(small, scale_factor=2.0, mode="bicubic").clamp(0, 1)
        print("PSNR", psnr(model(small), truth), "dB, bicubic", psnr(smooth, truth), "dB")
    torch.save(model.state_dict(), folder / "twice.pth")


def train_distance(folder: Path) -> None:
    torch.manual_seed(0)
    x, y = scenes(range(1000))
    model, steps = Distance(), 600
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    for _ in range(steps):
        batch = torch.randint(len(x), (8,))
        loss = l1_loss(model(x[batch]).log(), y[batch].log())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    x, y = scenes(range(20_000, 20_200))
    with torch.inference_mode():
        found = model(x)
    ratio = torch.maximum(found / y, y / found)
    guess = y.log().median().exp()  # of the same depth everywhere
    print(
        "abs-rel",
        float(((found - y).abs() / y).mean()),
        "delta1",
        float((ratio < 1.25).float().mean() * 100),
    )
    print("one depth for all: abs-rel", float(((guess - y).abs() / y).mean()))
    torch.save(model.state_dict(), folder / "distance.pth")


def scenes(numbers: range) -> tuple[Tensor, Tensor]:
    pictures, depths = zip(*(scene(number) for number in numbers), strict=True)
    return torch.stack([to_tensor(one) for one in pictures]), torch.stack(depths)[:, None]


if __name__ == "__main__":
    train_shapes(Path(sys.argv[1]))
    train_twice(Path(sys.argv[1]))
    train_distance(Path(sys.argv[1]))
