"""Recipes: what they may say, and the learning rates that follow."""

import dataclasses

import pytest
import torch
from torch import nn

import hubcore
from hub_train.errors import RecipeError
from hub_train.optimization import parameter_groups, parts
from hub_train.recipes import (
    Optimizer,
    Schedule,
    not_offered,
    parse_recipe,
    read_recipe,
    recipe_names,
)
from hub_train.recipes.recipe import RANGES
from hub_train.schedule import lr_at


@pytest.mark.parametrize("name", recipe_names())
def test_each_recipe_can_be_read_copied_and_read_again(name, tmp_path):
    recipe = read_recipe(name)
    assert recipe.summary
    assert recipe.source
    copy = tmp_path / f"{name}.toml"
    copy.write_text(recipe.text)
    assert read_recipe(copy) == recipe


def test_the_references_own_numbers():
    """As github.com/pytorch/vision states them in references/classification and issue 3995."""
    first, second = read_recipe("torchvision-v1"), read_recipe("torchvision-v2")
    assert (first.epochs, first.batch_size, first.optimizer.lr) == (90, 32 * 8, 0.1)
    assert (first.schedule.step_size, first.schedule.gamma) == (30, 0.1)
    assert (second.epochs, second.batch_size, second.optimizer.lr) == (600, 128 * 8, 0.5)
    assert (second.optimizer.weight_decay, second.optimizer.norm_weight_decay) == (2e-5, 0)
    assert (second.images.train_size, second.images.test_resize) == (176, 232)
    assert (second.images.mixup, second.images.cutmix, second.images.repeats) == (0.2, 1.0, 4)
    assert (second.ema.decay, second.ema.every) == (0.99998, 32)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch = 3", "there is no key 'epoch' in a recipe. Did you mean 'epochs'?"),
        ("[optimizer]\nlearning = 1", "'optimizer.learning'"),
        ("epochs = 0", "'epochs' must be from 1 to 100000, not 0"),
        ("epochs = 1.5", "'epochs' must be a whole number, not 1.5"),
        ("epochs = true", "must be a whole number"),
        ("[optimizer]\nlr = nan", "'optimizer.lr' must be from 0"),
        ('[optimizer]\nname = "adam"', 'must be one of "sgd", "adamw", "rmsprop"'),
        ("optimizer = 3", "'optimizer' must be a table: write [optimizer]"),
        ("[images]\nscale = [1.0, 0.5]", "the smallest and the largest"),
        ("[images]\nscale = 0.5", "must be a list"),
        ("[images]\ncopy_paste = 1", "must be true or false"),
        ("tasks = [1]", "must be a list of texts"),
        ("a = [", "is not TOML"),
        ('name = "x"', "there is no key 'name'"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(text, said):
    with pytest.raises(RecipeError) as found:
        parse_recipe(text, "mine", "mine.toml")
    assert said in str(found.value)
    assert str(found.value).startswith("mine.toml: ")


@pytest.mark.parametrize("name", ["finetun", "missing.toml"])
def test_a_recipe_that_is_not_there_is_an_error(name):
    with pytest.raises(RecipeError, match=r"Did you mean 'finetune'|cannot be read"):
        read_recipe(name)


def test_every_number_has_a_range():
    recipe = read_recipe("finetune")
    numbers = {
        f"{prefix}{key}"
        for prefix, part in [("", recipe)]
        + [(f"{one.name}.", getattr(recipe, one.name)) for one in dataclasses.fields(recipe)
           if dataclasses.is_dataclass(getattr(recipe, one.name))]
        for key, value in vars(part).items()
        if isinstance(value, int | float | tuple) and not isinstance(value, bool)
        and key not in ("tasks", "catalog")
    }  # fmt: skip
    assert numbers == set(RANGES)


def torchs(scheduler, optimizer, count):
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("name", ["cosine", "step", "exponential", "multistep", "polynomial"])
@pytest.mark.parametrize("warm", [0, 3])
def test_learning_rates_are_those_of_torchs_schedulers(name, warm):
    """As torchvision's reference joins warm-up and schedule: one after the other, per epoch."""
    epochs = 20
    schedule = Schedule(name, warmup_epochs=warm, warmup_factor=0.1, step_size=4, gamma=0.5,
                        milestones=(3, 9), min_lr=0.01)  # fmt: skip
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.7)
    scheduling = torch.optim.lr_scheduler
    main = {
        "cosine": lambda: scheduling.CosineAnnealingLR(optimizer, epochs - warm, 0.01),
        "step": lambda: scheduling.StepLR(optimizer, 4, 0.5),
        "exponential": lambda: scheduling.ExponentialLR(optimizer, 0.5),
        "multistep": lambda: scheduling.MultiStepLR(optimizer, [3, 9], 0.5),
        "polynomial": lambda: scheduling.PolynomialLR(optimizer, epochs - warm, 0.9),
    }[name]()
    if warm:
        first = scheduling.LinearLR(optimizer, start_factor=0.1, total_iters=warm)
        main = scheduling.SequentialLR(optimizer, [first, main], [warm])
    ours = [lr_at(schedule, 0.7, epochs, 5, epoch, 2) for epoch in range(epochs)]
    assert ours == pytest.approx(torchs(main, optimizer, epochs), rel=1e-9)


def test_a_warm_up_by_steps_is_the_detection_references():
    schedule = Schedule("multistep", milestones=(2,), warmup_steps=1000, warmup_factor=0.001)
    rates = [lr_at(schedule, 1.0, 3, 5, epoch, step) for epoch in range(3) for step in range(5)]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.001, total_iters=4)
    assert rates[:5] == pytest.approx(torchs(warm, optimizer, 5))
    assert rates[5:] == [1.0] * 5 + [pytest.approx(0.1)] * 5


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.blocks = nn.Sequential(
            nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4)), nn.Conv2d(4, 4, 1)
        )
        self.class_token = nn.Parameter(torch.zeros(4))
        self.head = nn.Linear(4, 2)


def test_parts_are_the_blocks_from_input_to_head():
    assert parts(Net(), ["head"]) == [
        ["class_token"],
        ["stem.weight", "stem.bias"],
        ["blocks.0.0.weight", "blocks.0.1.weight", "blocks.0.1.bias"],
        ["blocks.1.weight", "blocks.1.bias"],
    ]


def test_each_part_learns_slower_than_the_part_behind_it():
    net = Net()
    groups = parameter_groups(net, Optimizer(lr=0.1, head_lr=10, layer_decay=0.5), ["head"])
    rates = {id(one): group["lr"] for group in groups for one in group["params"]}
    assert rates[id(net.head.weight)] == pytest.approx(1.0)
    assert rates[id(net.blocks[1].weight)] == pytest.approx(0.1)
    assert rates[id(net.blocks[0][0].weight)] == pytest.approx(0.05)
    assert rates[id(net.stem.weight)] == pytest.approx(0.025)


def test_norms_biases_and_embeddings_have_a_weight_decay_of_their_own():
    net = Net()
    settings = Optimizer(weight_decay=0.5, norm_weight_decay=0.1, bias_weight_decay=0.2,
                         embedding_weight_decay=0.3)  # fmt: skip
    found = {
        id(one): group["weight_decay"]
        for group in parameter_groups(net, settings, ["head"])
        for one in group["params"]
    }
    assert found[id(net.stem.weight)] == 0.5
    assert found[id(net.stem.bias)] == 0.2
    assert found[id(net.blocks[0][1].weight)] == 0.1
    assert found[id(net.blocks[0][1].bias)] == 0.2
    assert found[id(net.class_token)] == 0.3
    assert sum(len(group["params"]) for group in parameter_groups(net, settings, [])) == 10


FAMILIES = ("classification", "detection", "segmentation", "optical-flow", "quantization", "video")


def test_each_recipe_that_our_catalogues_name_is_here_or_listed_with_the_reason_why_not():
    known = [address for name in recipe_names() for address in read_recipe(name).catalog]
    missing = not_offered()
    named = {
        hubcore.weights_info(name).meta.get("recipe")
        for family in FAMILIES
        for name in hubcore.list_weights(plugin=f"hub-{family}")
    } - {None}
    assert len(known) == len(set(known))
    assert not set(known) & set(missing)
    assert set(known) | set(missing) == named
    assert len(known) > 40


def test_the_address_of_a_recipe_finds_it_or_tells_why_there_is_none():
    issue = "https://github.com/pytorch/vision/issues/3995"
    assert read_recipe(f"{issue}#new-recipe").name == "torchvision-v2-first"
    assert read_recipe("https://github.com/pytorch/vision/pull/5935").name == "torchvision-v2"
    with pytest.raises(RecipeError, match="optical flow is not built"):
        read_recipe("https://github.com/princeton-vl/RAFT")
    with pytest.raises(RecipeError, match="no catalogue of ours names it"):
        read_recipe("https://example.org/recipe")
