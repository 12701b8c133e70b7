"""Preprocessing that returns a dict, and models that return an object: as other libraries' do."""

from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from third_parties import offer
from torch import nn

import hubcore
from hubcore.prediction.tasks.containers import image_in, logits_in
from hubcore.testing import CHECKS, Subject

pytestmark = pytest.mark.usefixtures("one_thread")

PICTURE = Image.new("RGB", (40, 32), (200, 100, 50))


class Wrapped(nn.Module):
    """Returns logits as Transformers' models do."""

    def __init__(self, num_classes=10, kind="object"):
        super().__init__()
        self.fc = nn.Linear(3, num_classes)
        self.kind = kind

    def forward(self, x):
        logits = self.fc(x.mean((2, 3)))
        if self.kind == "tensor":
            return logits
        return {"logits": logits} if self.kind == "dict" else SimpleNamespace(logits=logits)


class Prepared(nn.Module):
    """Prepares an image as some libraries do."""

    def __init__(self, name="image", batch=False, more=False):
        super().__init__()
        self.name, self.batch, self.more = name, batch, more

    def forward(self, img):
        from torchvision.transforms import functional

        image = img if isinstance(img, torch.Tensor) else functional.pil_to_tensor(img)
        image = image.float() / 255
        found = {self.name: image[None] if self.batch else image, "size": (32, 40)}
        return {**found, "mask": torch.ones(32, 40)} if self.more else found


@pytest.mark.parametrize("kind", ["object", "dict"])
@pytest.mark.parametrize(
    "prepared",
    [{}, {"name": "pixel_values", "batch": True, "more": True}, {"name": "x"}],
)
def test_they_predict_what_the_tensors_alone_do(kind, prepared, tmp_path):
    torch.manual_seed(0)
    torch.save(Wrapped().state_dict(), tmp_path / "w.pth")
    facts = {
        "transforms": [f"{__name__}:Prepared", prepared],
        "config": {"kind": kind},
        "transforms_lack": ["script"],
    }
    with offer(tmp_path / "w.pth", f"{__name__}:Wrapped", facts):
        found = hubcore.predict("acme", PICTURE)[0]
        model = hubcore.get_model("acme", weights="DEFAULT", kind=kind).eval()
        checked = [
            finding
            for name in ("preprocessing", "loading")
            for finding in CHECKS[name](Subject.of_plugin("acme"))
        ]
    image = torch.tensor([200, 100, 50]).float()[:, None, None].expand(3, 32, 40) / 255
    model.kind = "tensor"
    with torch.inference_mode():
        expected = model(image[None]).softmax(-1)[0]
    assert found.classes[0].probability == pytest.approx(expected.max().item(), abs=1e-6)
    assert [str(finding) for finding in checked if "not in the store" not in str(finding)] == []


def test_a_dict_whose_tensors_are_not_known_is_an_error_in_words():
    with pytest.raises(ValueError, match="has 2 tensors"):
        image_in({"a": torch.zeros(3, 2, 2), "b": torch.zeros(1)})
    with pytest.raises(ValueError, match="has 0 tensors"):
        image_in({})


def test_tensors_stay_as_they_are():
    x = torch.zeros(1, 3, 2, 2)
    assert image_in(x) is x
    assert logits_in(x) is x
