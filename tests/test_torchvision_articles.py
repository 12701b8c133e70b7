"""The programs of torchvision's articles on this API run with only their imports changed.

Each snippet is written as a user of torchvision has it; the test changes the import and runs it
on seeded tensors.
"""

import warnings

import pytest
import torchvision
from environments import ROOT
from seeding import seeded_hub

import hubcore

SNIPPETS = {
    "several weights of one model": """
from torchvision.models import resnet50, ResNet50_Weights

first = resnet50(weights=ResNet50_Weights.IMAGENET1K_V1)
second = resnet50(weights=ResNet50_Weights.IMAGENET1K_V2)
best = resnet50(weights=ResNet50_Weights.DEFAULT)
by_name = resnet50(weights="IMAGENET1K_V2")
random = resnet50(weights=None)
assert type(first) is type(random)
assert (best.fc.weight == by_name.fc.weight).all()
""",
    "classifying an image": """
import torch
from torchvision.io import decode_image
from torchvision.models import resnet50, ResNet50_Weights

img = decode_image(PHOTO)
weights = ResNet50_Weights.DEFAULT
model = resnet50(weights=weights)
model.eval()
preprocess = weights.transforms()
batch = preprocess(img).unsqueeze(0)
prediction = model(batch).squeeze(0).softmax(0)
class_id = prediction.argmax().item()
score = prediction[class_id].item()
category_name = weights.meta["categories"][class_id]
assert isinstance(category_name, str)
assert 0 <= score <= 1
""",
    "the same from a PIL image": """
from PIL import Image
from torchvision.models import ResNet50_Weights

weights = ResNet50_Weights.IMAGENET1K_V2
img_transformed = weights.transforms()(Image.open(PHOTO))
assert tuple(img_transformed.shape) == (3, 224, 224)
""",
    "other settings of the preprocessing, and the meta-data": """
from torchvision.models import ResNet50_Weights

weights = ResNet50_Weights.IMAGENET1K_V2
preprocess = weights.transforms(crop_size=400, resize_size=400)
assert preprocess.crop_size == [400]
for key, value in weights.meta.items():
    assert isinstance(key, str)
assert weights.meta["num_params"] == 25557032
assert weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] == 80.858
""",
    "models and weights by name": """
from torchvision.models import get_model, get_model_weights, get_weight, list_models

assert "resnet50" in list_models(include="resnet*")
model = get_model("resnet50", weights="DEFAULT")
weights = get_weight("ResNet50_Weights.IMAGENET1K_V2")
assert weights == get_model_weights("resnet50").DEFAULT
enum = get_model_weights("quantized_mobilenet_v3_large")
assert [w for w in enum] == [get_weight("MobileNet_V3_Large_QuantizedWeights.DEFAULT")]
""",
    "before and after the migration": """
from torchvision.models import resnet50, ResNet50_Weights

for legacy, modern in [
    (resnet50(pretrained=True), resnet50(weights=ResNet50_Weights.IMAGENET1K_V1)),
    (resnet50(True), resnet50(weights=ResNet50_Weights.IMAGENET1K_V1)),
]:
    assert (legacy.fc.weight == modern.fc.weight).all()
resnet50(pretrained=False), resnet50(False), resnet50(None), resnet50()
""",
    "detection": """
from torchvision.io import decode_image
from torchvision.models.detection import (
    fasterrcnn_mobilenet_v3_large_320_fpn, FasterRCNN_MobileNet_V3_Large_320_FPN_Weights
)

img = decode_image(PHOTO)
weights = FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.DEFAULT
model = fasterrcnn_mobilenet_v3_large_320_fpn(weights=weights, box_score_thresh=0.0)
model.eval()
preprocess = weights.transforms()
prediction = model([preprocess(img)])[0]
labels = [weights.meta["categories"][i] for i in prediction["labels"]]
assert len(labels) == len(prediction["boxes"]) == len(prediction["scores"])
""",
    "segmentation": """
from torchvision.io import decode_image
from torchvision.models.segmentation import (
    lraspp_mobilenet_v3_large, LRASPP_MobileNet_V3_Large_Weights
)

img = decode_image(PHOTO)
weights = LRASPP_MobileNet_V3_Large_Weights.DEFAULT
model = lraspp_mobilenet_v3_large(weights=weights)
model.eval()
batch = weights.transforms()(img).unsqueeze(0)
prediction = model(batch)["out"]
normalized_masks = prediction.softmax(dim=1)
class_to_idx = {cls: idx for (idx, cls) in enumerate(weights.meta["categories"])}
mask = normalized_masks[0, class_to_idx["cat"]]
assert mask.ndim == 2
""",
}

FAMILIES = {
    "torchvision.models.detection": "hub_detection",
    "torchvision.models.segmentation": "hub_segmentation",
    "torchvision.models": "hubcore.models",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Seeded files for the weights that the snippets name."""
    with seeded_hub(tmp_path_factory.mktemp("articles")) as seeded:
        for model, member in (
            ("resnet50", "ResNet50_Weights.IMAGENET1K_V1"),
            ("resnet50", "ResNet50_Weights.IMAGENET1K_V2"),
            (
                "fasterrcnn_mobilenet_v3_large_320_fpn",
                "FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.DEFAULT",
            ),
            ("lraspp_mobilenet_v3_large", "LRASPP_MobileNet_V3_Large_Weights.DEFAULT"),
        ):
            seeded.put_seeded(model, torchvision.models.get_weight(member))
        yield seeded


@pytest.fixture(autouse=True)
def own_home():
    """The seeded hub's home stands in for the one that every other test gets."""


@pytest.mark.parametrize("title", SNIPPETS)
def test_only_the_import_changes(hub, title):
    code = SNIPPETS[title]
    for upstream, ours in FAMILIES.items():
        code = code.replace(f"from {upstream} import", f"from {ours} import")
    assert "torchvision.models" not in code
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(code, {"PHOTO": str(ROOT / "examples" / "photos" / "chelsea.png")})


@pytest.mark.parametrize("title", SNIPPETS)
def test_the_snippets_are_true_of_torchvision_itself(hub, title):
    """The oracle: unchanged, each runs on torchvision with the same files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(SNIPPETS[title], {"PHOTO": str(ROOT / "examples" / "photos" / "chelsea.png")})


def test_the_predictions_are_torchvisions(hub):
    from PIL import Image

    image = Image.open(ROOT / "examples" / "photos" / "chelsea.png")
    member = torchvision.models.ResNet50_Weights.DEFAULT
    theirs = torchvision.models.resnet50(weights=member).eval()
    weights = hubcore.get_weight("ResNet50_Weights.DEFAULT")
    ours = hubcore.get_model("resnet50", weights=weights).eval()
    batch = weights.transforms()(image)[None]
    assert (batch == member.transforms()(image)[None]).all()
    assert (ours(batch) == theirs(batch)).all()
