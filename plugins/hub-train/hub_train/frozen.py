"""Training the head alone: what the body makes of each image is computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the field's name for it

from hub_evaluate.data import Data
from hubcore.download.progress import bar

from .errors import TrainingError
from .sampling import Draw
from .tasks.base import Images, Task

__all__ = ["FeatureTask", "Features", "body_features"]

BATCH = 16


def body_features(
    model: nn.Module,
    head: str,
    data: Data,
    transform: Any,
    *,
    device: torch.device,
    workers: int,
    progress: bool = False,
) -> Tensor:
    """What reaches a model's head for each sample, in evaluation mode.

    Args:
        model: the model.
        head: the path of its head, whose output is the model's.
        data: images.
        transform: the preprocessing.
        device: where it runs.
        workers: threads that decode and preprocess.
        progress: show a progress bar.

    Returns:
        A float32 tensor (images, features).

    Raises:
        InputError: an image cannot be read.
        TrainingError: there is more behind the head, so that it cannot be trained alone.
    """
    module = model.get_submodule(head)
    seen: list[Tensor] = []
    hook = module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    model.eval()
    try:
        with torch.inference_mode(), ThreadPoolExecutor(max(1, workers)) as pool:
            shown = bar(total=len(data), desc="features", unit="image", leave=False,
                        disable=None if progress else True)  # fmt: skip
            found: list[Tensor] = []
            for images in _batches(pool, data, transform):
                output = model(torch.stack(images).to(device))
                [features] = seen
                seen.clear()
                if not found and not _is_last(module, features, output):
                    raise TrainingError(
                        f"The model's head '{head}' is not its last step, so it cannot be trained "
                        f"alone. Choose another recipe, such as finetune."
                    )
                found.append(features.float().cpu())
                shown.update(len(images))
            shown.close()
    finally:
        hook.remove()
    return torch.cat(found).clone()


def _is_last(head: nn.Module, features: Tensor, output: Any) -> bool:
    seen = head.forward(features)  # without the hook
    return isinstance(output, Tensor) and seen.shape == output.shape and torch.equal(seen, output)


def _batches(pool: ThreadPoolExecutor, data: Data, transform: Any) -> Iterator[list[Tensor]]:
    """Preprocessed images in batches; the next batch is prepared while one is used."""

    def ready(index: int) -> Tensor:
        image, _ = data[index]
        prepared: Tensor = transform(image)
        return prepared

    def begun(start: int) -> list[Future[Tensor]]:
        return [pool.submit(ready, index) for index in range(len(data))[start : start + BATCH]]

    following = begun(0)
    for start in range(0, len(data), BATCH):
        current, following = following, begun(start + BATCH)
        yield [one.result() for one in current]


class FeatureTask(Task):
    """Trains a head on features: cross-entropy."""

    score = "acc@1"

    def __init__(self, smoothing: float) -> None:
        self._smoothing = smoothing

    def item(self, image: Any, target: Any, seed: int) -> Any:
        raise NotImplementedError  # features are no samples

    def collate(self, items: Sequence[Any]) -> tuple[Tensor, Tensor]:
        return torch.stack([one for one, _ in items]), torch.tensor([label for _, label in items])

    def loss(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        features, labels = batch
        return F.cross_entropy(model(features), labels, label_smoothing=self._smoothing)


class Features(Images):
    """The features of the training images, in place of the images."""

    def __init__(self, data: Data, features: Tensor, task: FeatureTask) -> None:
        super().__init__(data, task)
        self.features = features
        self.labels = torch.tensor([sample.target for sample in data.samples])

    def __getitem__(self, draw: Draw) -> Any:
        return (self.features[draw.image], int(self.labels[draw.image])), draw.batch_seed
