"""Trains the example's checkpoint on drawn flowers: ``python train.py acme_flowers.pth``.

It starts from random values, since the example must not need a download; tuning pre-trained
weights differs in one line: ``get_model(MODEL, weights="DEFAULT", num_classes=...)``.
"""

from __future__ import annotations

import sys

import torch
from draw import CATEGORIES, draw
from torch.nn import functional as F  # noqa: N812  # the field's name for it

import hubcore
from hubcore.transforms import ImageClassification

MODEL = "shufflenet_v2_x0_5"
EACH, HELD_OUT, EPOCHS, BATCH = 120, 60, 8, 40


def pictures(seeds: range) -> tuple[torch.Tensor, torch.Tensor]:
    preprocess = ImageClassification(crop_size=96, resize_size=104)
    images = [preprocess(draw(category, seed)) for category in CATEGORIES for seed in seeds]
    labels = [index for index in range(len(CATEGORIES)) for _ in seeds]
    return torch.stack(images), torch.tensor(labels)


def main(path: str) -> None:
    torch.manual_seed(0)
    model = hubcore.get_model(MODEL, num_classes=len(CATEGORIES))
    images, labels = pictures(range(EACH))
    steps = EPOCHS * len(images) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    order = torch.cat([torch.randperm(len(images)) for _ in range(EPOCHS)])
    for step in range(steps):
        batch = order[step * BATCH : (step + 1) * BATCH]
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    model.eval()
    images, labels = pictures(range(EACH, EACH + HELD_OUT))
    with torch.inference_mode():
        accuracy = (model(images).argmax(1) == labels).float().mean().item()
    print(f"acc@1 on {len(images)} held-out drawings: {100 * accuracy:.2f}")
    torch.save(model.state_dict(), path)


if __name__ == "__main__":
    main(sys.argv[1])
