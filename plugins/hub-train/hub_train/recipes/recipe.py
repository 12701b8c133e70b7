"""What a recipe may say: the values of its TOML file, with their meaning and their ranges."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Averaging", "Images", "Loss", "Optimizer", "Recipe", "Schedule"]


@dataclass(frozen=True)
class Images:
    """``[images]``: how images are augmented for training, and prepared for evaluation.

    Sizes that are not given are those of the weights' own preprocessing.

    Attributes:
        train_size: side of the training crops, in pixels.
        test_size: side of the centre crop in evaluation, which the package will have.
        test_resize: length of the shorter side before that crop.
        crop: "random-resized" (a random part of the image) or "center" (as in evaluation).
        scale: the smallest and the largest part of the area that a random crop takes.
        flip: the probability of a horizontal flip.
        policy: "", or an automatic augmentation: "trivialaugment", "randaugment", "augmix",
            "autoaugment".
        magnitude: of "randaugment", 0 to 30.
        erase: the probability of random erasing.
        mixup: alpha of MixUp; 0 for none.
        cutmix: alpha of CutMix; 0 for none. With both, one of them is drawn for each batch.
        repeats: how often an image comes in a row (repeated augmentation).
        objects: augmentation for detection: "", "flip", "multiscale", "large-scale-jitter", "ssd",
            "ssdlite".
        copy_paste: paste objects of one image of a batch into another.
        shortest: for "multiscale", the lengths of the shorter side that are drawn from.
        longest: for "multiscale", the most that the longer side may have.
        jitter_size: for "large-scale-jitter", the side of the result.
        resize: for segmentation, the smallest and the largest factor of the random resizing of
            ``test_resize``.
    """

    train_size: int = 0
    test_size: int = 0
    test_resize: int = 0
    crop: str = "random-resized"
    scale: tuple[float, ...] = (0.08, 1.0)
    flip: float = 0.5
    policy: str = ""
    magnitude: int = 9
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    repeats: int = 1
    objects: str = "flip"
    copy_paste: bool = False
    shortest: tuple[int, ...] = (480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800)
    longest: int = 1333
    jitter_size: int = 1024
    resize: tuple[float, ...] = (0.5, 2.0)


@dataclass(frozen=True)
class Optimizer:
    """``[optimizer]``.

    Attributes:
        name: "sgd", "adamw" or "rmsprop".
        lr: the learning rate.
        momentum, nesterov: of "sgd"; momentum also of "rmsprop".
        weight_decay: for all parameters without a value of their own below.
        norm_weight_decay: for the parameters of normalisation layers; -1: as ``weight_decay``.
        bias_weight_decay: for biases; -1: as ``weight_decay``.
        embedding_weight_decay: for class tokens and positions of transformers; -1: as
            ``weight_decay``.
        head_lr: factor of the learning rate for the head.
        auxiliary_lr: factor of the learning rate for the auxiliary classifier of a segmentation.
        layer_decay: discriminative learning rates: each part of the body has this factor of the
            learning rate of the part behind it. 1 for the same everywhere.
        clip_gradients: the largest norm of all gradients together; 0 for any.
    """

    name: str = "sgd"
    lr: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 1e-4
    norm_weight_decay: float = -1.0
    bias_weight_decay: float = -1.0
    embedding_weight_decay: float = -1.0
    head_lr: float = 1.0
    auxiliary_lr: float = 1.0
    layer_decay: float = 1.0
    clip_gradients: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """``[schedule]``: how the learning rate changes.

    Attributes:
        name: "constant", "cosine", "step", "multistep", "exponential" or "polynomial".
        per: when it changes: "epoch" or "step". "step" and "multistep" count epochs.
        min_lr: what "cosine" ends at.
        step_size: epochs between the changes of "step".
        milestones: the epochs at which "multistep" changes.
        gamma: the factor of a change of "step", "multistep" and "exponential".
        power: of "polynomial".
        warmup_epochs: epochs in which the learning rate rises first.
        warmup_steps: or so many steps, but no more than the first epoch has. They come on top of
            the schedule, as in torchvision's reference for detection.
        warmup: "linear" or "constant".
        warmup_factor: the factor that the warm-up begins with.
        unfreeze_epochs: gradual unfreezing: the head alone is trained for so many epochs, then one
            more part of the body joins after as many again. 0: all from the start.
    """

    name: str = "cosine"
    per: str = "epoch"
    min_lr: float = 0.0
    step_size: int = 30
    milestones: tuple[int, ...] = ()
    gamma: float = 0.1
    power: float = 0.9
    warmup_epochs: int = 0
    warmup_steps: int = 0
    warmup: str = "linear"
    warmup_factor: float = 0.01
    unfreeze_epochs: int = 0


@dataclass(frozen=True)
class Loss:
    """``[loss]``.

    Attributes:
        label_smoothing: 0 to 1, for classification.
        auxiliary: the weight of auxiliary heads (GoogLeNet, Inception, segmentation); -1: what
            their authors give: 0.3, 0.4 and 0.5.
    """

    label_smoothing: float = 0.0
    auxiliary: float = -1.0


@dataclass(frozen=True)
class Averaging:
    """``[ema]``: an exponential moving average of the weights, which is then what is evaluated.

    Attributes:
        decay: what is kept of the average at each update; 0: no average.
        every: steps between updates.
        adjust: as torchvision's reference does, 1 - decay is multiplied by batch size, ``every``
            and 1 / epochs, so that one decay suits many lengths.
    """

    decay: float = 0.0
    every: int = 1
    adjust: bool = False


@dataclass(frozen=True)
class Recipe:
    """A recipe of training.

    Attributes:
        name: the name of its file.
        text: the file, as it was read.
        summary: what it is, in a sentence.
        source: where it comes from: an address, or words.
        catalog: the addresses by which the catalogues' ``recipe`` names it.
        tasks: the tasks that it is for.
        trains: "all", or "head": the body's outputs are computed once, and only the head is
            trained on them, without augmentation.
        batch_norm: "train", or "frozen": statistics of batch normalisation stay the weights' own,
            which suits small batches.
        epochs: passes over the training images.
        batch_size: images of a step, over all processes.
        accumulate: into how many batches a step is cut, which saves memory.
        precision: "32-true", "bf16-mixed" or "16-mixed" (GPU), "64-true".
        patience: early stopping: end after so many epochs without a better value; 0: never.
        keep: which weights are the result: "best" (by validation) or "last".
    """

    name: str
    text: str = field(repr=False, default="")
    summary: str = ""
    source: str = ""
    catalog: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ("image-classification",)
    trains: str = "all"
    batch_norm: str = "train"
    epochs: int = 10
    batch_size: int = 32
    accumulate: int = 1
    precision: str = "32-true"
    patience: int = 0
    keep: str = "best"
    images: Images = Images()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    loss: Loss = Loss()
    ema: Averaging = Averaging()


CHOICES = {
    "trains": ("all", "head"),
    "batch_norm": ("train", "frozen"),
    "precision": ("32-true", "bf16-mixed", "16-mixed", "64-true"),
    "keep": ("best", "last"),
    "images.crop": ("random-resized", "center"),
    "images.policy": ("", "trivialaugment", "randaugment", "augmix", "autoaugment"),
    "images.objects": ("", "flip", "multiscale", "large-scale-jitter", "ssd", "ssdlite"),
    "optimizer.name": ("sgd", "adamw", "rmsprop"),
    "schedule.name": ("constant", "cosine", "step", "multistep", "exponential", "polynomial"),
    "schedule.per": ("epoch", "step"),
    "schedule.warmup": ("linear", "constant"),
}
"""The values that a key may have, where they are a few words."""

RANGES = {
    "epochs": (1, 100_000),
    "batch_size": (1, 1_000_000),
    "accumulate": (1, 1_000_000),
    "patience": (0, 100_000),
    "images.train_size": (0, 10_000),
    "images.test_size": (0, 10_000),
    "images.test_resize": (0, 10_000),
    "images.scale": (0, 1),
    "images.flip": (0, 1),
    "images.magnitude": (0, 30),
    "images.erase": (0, 1),
    "images.mixup": (0, 100),
    "images.cutmix": (0, 100),
    "images.repeats": (1, 1000),
    "images.shortest": (1, 10_000),
    "images.longest": (1, 100_000),
    "images.jitter_size": (1, 10_000),
    "images.resize": (0.01, 100),
    "optimizer.lr": (0, 1000),
    "optimizer.momentum": (0, 1),
    "optimizer.weight_decay": (0, 1000),
    "optimizer.norm_weight_decay": (-1, 1000),
    "optimizer.bias_weight_decay": (-1, 1000),
    "optimizer.embedding_weight_decay": (-1, 1000),
    "optimizer.head_lr": (0, 100_000),
    "optimizer.auxiliary_lr": (0, 100_000),
    "optimizer.layer_decay": (0, 1),
    "optimizer.clip_gradients": (0, 1e9),
    "schedule.min_lr": (0, 1000),
    "schedule.step_size": (1, 100_000),
    "schedule.milestones": (0, 100_000),
    "schedule.gamma": (0, 1),
    "schedule.power": (0, 100),
    "schedule.warmup_epochs": (0, 100_000),
    "schedule.warmup_steps": (0, 1_000_000_000),
    "schedule.warmup_factor": (0, 1),
    "schedule.unfreeze_epochs": (0, 100_000),
    "loss.label_smoothing": (0, 1),
    "loss.auxiliary": (-1, 1000),
    "ema.decay": (0, 1),
    "ema.every": (1, 1_000_000),
}
"""The smallest and the largest number that a key may have."""
