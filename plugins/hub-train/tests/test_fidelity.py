"""The curve equals that of a plain script, written after torchvision's references.

The script knows nothing of the loop. It shares the documented rules of randomness only: which
image comes when (`order_of`), and that what is random in an image, a batch and a step is drawn from
a seed of its place (`seed_of`).
"""

import csv

import pytest
import torch
from PIL import Image
from torch import nn
from torch.optim import lr_scheduler
from torchvision.transforms import v2

import hubcore
from hub_train import train
from hub_train.sampling import order_of, seed_of

SEED, EPOCHS, BATCH = 5, 4, 6

V2 = """
tasks = ["image-classification"]
epochs = 4
batch_size = 6
keep = "last"
[images]
train_size = 32
test_size = 32
test_resize = 36
policy = "trivialaugment"
erase = 0.1
mixup = 0.2
cutmix = 1.0
repeats = 2
[optimizer]
name = "sgd"
lr = 0.5
momentum = 0.9
weight_decay = 2e-5
norm_weight_decay = 0.0
clip_gradients = 1.0
[schedule]
name = "cosine"
warmup_epochs = 1
warmup_factor = 0.01
[loss]
label_smoothing = 0.1
[ema]
decay = 0.99998
every = 2
adjust = true
"""
"""torchvision-v2, shortened."""


def plain_script(colours, rows, categories):
    """What references/classification/train.py does, in its order."""
    torch.manual_seed(seed_of(SEED))
    model = hubcore.get_model("tiny_net", weights="DEFAULT", num_classes=len(categories))
    norms, others = [], []
    for module in model.modules():
        kind = norms if isinstance(module, nn.BatchNorm2d) else others
        kind.extend(module.parameters(recurse=False))
    optimizer = torch.optim.SGD(
        [{"params": norms, "weight_decay": 0.0}, {"params": others, "weight_decay": 2e-5}],
        lr=0.5,
        momentum=0.9,
    )
    scheduler = lr_scheduler.SequentialLR(
        optimizer,
        [
            lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=1),
            lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS - 1),
        ],
        milestones=[1],
    )
    alpha = min(1.0, (1 - 0.99998) * BATCH * 2 / EPOCHS)
    averaged = torch.optim.swa_utils.AveragedModel(
        model, avg_fn=lambda old, new, _: (1 - alpha) * old + alpha * new, use_buffers=True
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    transform = v2.Compose(
        [
            v2.RandomResizedCrop(32, interpolation=v2.InterpolationMode.BILINEAR),
            v2.RandomHorizontalFlip(0.5),
            v2.TrivialAugmentWide(interpolation=v2.InterpolationMode.BILINEAR),
            v2.PILToTensor(),
            v2.ToDtype(torch.float, scale=True),
            v2.Normalize([0.4] * 3, [0.3] * 3),
            v2.RandomErasing(0.1),
            v2.ToPureTensor(),
        ]
    )
    count = len(categories)
    mix = v2.RandomChoice([v2.MixUp(alpha=0.2, num_classes=count),
                           v2.CutMix(alpha=1.0, num_classes=count)])  # fmt: skip
    losses = []
    for epoch in range(EPOCHS):
        model.train()
        order = order_of(len(rows), SEED, epoch, repeats=2)
        for step in range(len(rows) // BATCH):
            images, labels = [], []
            for position in range(step * BATCH, (step + 1) * BATCH):
                row = rows[order[position]]
                torch.manual_seed(seed_of(SEED, epoch, position))
                images.append(transform(Image.open(colours / row["file"]).convert("RGB")))
                labels.append(categories.index(row["class"]))
            torch.manual_seed(seed_of(SEED, epoch, step * BATCH) ^ 1)
            image, target = mix(torch.stack(images), torch.tensor(labels))
            torch.manual_seed(seed_of(SEED, epoch, step, 0, 1))
            loss = criterion(model(image), target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if step % 2 == 0:
                averaged.update_parameters(model)
                if epoch < 1:
                    averaged.n_averaged.fill_(0)
            losses.append(loss.item())
        scheduler.step()
    return losses, averaged.module.state_dict()


def test_a_classifiers_curve_is_the_plain_scripts_step_by_step(hub, colours, tmp_path):
    recipe = tmp_path / "v2.toml"
    recipe.write_text(V2)
    made = train("tiny_net", colours, recipe=recipe, seed=SEED, output=tmp_path / "out",
                 package=False)  # fmt: skip
    rows = list(csv.DictReader((tmp_path / "out" / "train.csv").open()))
    losses, averaged = plain_script(colours, rows, list(made.categories))
    assert made.losses == pytest.approx(losses, abs=1e-6)
    assert len(losses) == 12
    found = torch.load(made.weights)
    assert all(torch.allclose(found[key], averaged[key], atol=1e-6) for key in averaged)
