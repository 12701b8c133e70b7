"""A loaded model is a model like any other: it trains, moves, copies, saves and compiles."""

import copy
import io
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torchvision
from equivalence import assert_same_model, outputs, same, sample
from seeding import seeded_hub
from torch import nn

import hubcore
from hubcore.building.assigning import AssignedStateDict
from hubcore.building.skip_init import SkipRandomInit
from hubcore.download.hashing import sha256_of

# One model of each kind of architecture and of weights; the sweep takes them all.
REPRESENTATIVE = (
    "efficientnet_b0",
    "googlenet",
    "lraspp_mobilenet_v3_large",
    "mc3_18",
    "mnasnet0_5",
    "mobilenet_v2",
    "quantized_shufflenet_v2_x0_5",
    "raft_small",
    "regnet_y_400mf",
    "resnet18",
    "ssdlite320_mobilenet_v3_large",
    "swin_t",
)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def seeded(tmp_path):
    with seeded_hub(tmp_path) as hub:
        yield hub


@pytest.fixture(
    params=[
        pytest.param(name, marks=[] if name in REPRESENTATIVE else [pytest.mark.sweep])
        for name in torchvision.models.list_models()
    ]
)
def built(request, seeded):
    """A model, torchvision's member and the hub's."""
    member = torchvision.models.get_model_weights(request.param).DEFAULT
    weights = seeded.put_seeded(request.param, member)
    quantize = {"quantize": True} if "backend" in member.meta else {}
    return hubcore.get_model(request.param, weights=weights, **quantize), member, weights


def train_one_step(model):
    """A step of an optimiser, along a gradient that no parameter is without."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(parameters, lr=0.1)
    sum((p + 1).square().sum() for p in parameters).backward()
    optimiser.step()
    optimiser.zero_grad()


def test_a_loaded_model_is_a_model_like_any_other(built):
    model, member, weights = built
    path = weights.download()
    before = sha256_of(path)
    state = {
        key: value.detach().clone() if isinstance(value, torch.Tensor) else value
        for key, value in model.state_dict().items()
    }

    assert same(copy.deepcopy(model).state_dict(), state)
    if "backend" not in member.meta:  # torch's quantized modules do not pickle
        assert same(pickle.loads(pickle.dumps(model)).state_dict(), state)

    saved = io.BytesIO()
    torch.save(model.state_dict(), saved)
    assert saved.tell() < 1.1 * path.stat().st_size
    saved.seek(0)
    again = torch.load(saved, weights_only=True)
    assert same(again, state)
    if "backend" in member.meta:
        return  # integers neither train nor become shorter floats

    assert all(p.is_leaf for p in model.parameters())
    on_meta = copy.deepcopy(model).to("meta")
    assert all(t.is_meta for t in (*on_meta.parameters(), *on_meta.buffers()))
    half = copy.deepcopy(model).half()
    assert all(p.dtype == torch.float16 for p in half.parameters())

    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    train_one_step(model)
    after = model.state_dict()
    assert {name for name in trained if torch.equal(after[name], state[name])} == set()
    assert all(same(after[key], state[key]) for key in state if key not in trained)
    assert sha256_of(path) == before, "training wrote into the store"

    model.load_state_dict(again)  # as trained code does: copied into the mapped tensors
    assert same(model.state_dict(), state)
    assert sha256_of(path) == before


def test_training_takes_the_same_steps_as_torchvisions(seeded):
    name = "mobilenet_v3_small"
    member = torchvision.models.get_model_weights(name).DEFAULT
    weights = seeded.put_seeded(name, member)
    models = (
        hubcore.get_model(name, weights=weights),
        torchvision.models.get_model(name, weights=member),
    )
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for model in models:
        torch.manual_seed(0)  # dropout
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for _ in range(2):
            optimiser.zero_grad()
            model(images).logsumexp(1).sum().backward()
            optimiser.step()
    assert_same_model(*models)


def test_compiles(seeded):
    name = "mobilenet_v3_small"
    member = torchvision.models.get_model_weights(name).DEFAULT
    model = hubcore.get_model(name, weights=seeded.put_seeded(name, member)).eval()
    arguments = sample("image-classification", member.meta, model)
    compiled = torch.compile(model, backend="eager")
    assert same(outputs(compiled, arguments), outputs(model, arguments))


def test_one_model_in_several_threads_at_once(seeded):
    """Each thread gets the weights, whatever the others build."""
    names = ["resnet18", "mobilenet_v2", "squeezenet1_1"]
    weights, expected = {}, {}
    for name in names:
        member = torchvision.models.get_model_weights(name).DEFAULT
        weights[name] = seeded.put_seeded(name, member)
    hubs = {
        name: hubcore.get_weight(f"{type(w).__hub_name__}.{w.name}") for name, w in weights.items()
    }
    for name in names:
        expected[name] = hubcore.get_model(name, weights=hubs[name]).state_dict()

    def build(name):
        return name, hubcore.get_model(name, weights=hubs[name]).state_dict()

    with ThreadPoolExecutor(6) as pool:
        for name, state in pool.map(build, names * 4):
            assert same(state, expected[name])


def test_other_threads_initialise_while_one_skips_it():
    found = []
    with SkipRandomInit():
        thread = threading.Thread(target=lambda: found.append(nn.Linear(100, 100)))
        thread.start()
        thread.join()
    weight = found[0].weight
    assert weight.std().item() == pytest.approx(0.1 / 3**0.5, rel=0.1)  # kaiming_uniform_


@pytest.mark.parametrize("replace", ["replace", "remove"])
def test_a_model_outlives_its_file(replace, seeded, tmp_path):
    """`os.replace` and pruning take the name away, not the bytes that are mapped."""
    name, member = "mnasnet0_5", torchvision.models.MNASNet0_5_Weights.DEFAULT
    weights = seeded.put_seeded(name, member)
    model = hubcore.get_model(name, weights=weights)
    expected = torchvision.models.get_model(name, weights=member).state_dict()
    path = weights.download()
    if replace == "replace":
        other = tmp_path / "other"
        other.write_bytes(bytes(path.stat().st_size))
        other.replace(path)
    else:
        path.unlink()
    assert same(model.state_dict(), expected)
    path.touch()  # the fixture removes it


# -- Skipping the initialisation


@pytest.mark.parametrize("name", ["densenet121", "mnasnet0_5", "regnet_y_400mf"])
def test_building_for_weights_draws_no_random_number(name):
    """Not one: the generator stays where it was."""
    before = torch.get_rng_state()
    with SkipRandomInit():
        torchvision.models.get_model(name, weights=None)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "fill",
    [
        nn.init.kaiming_normal_,
        nn.init.kaiming_uniform_,
        nn.init.normal_,
        nn.init.trunc_normal_,
        nn.init.uniform_,
        nn.init.xavier_normal_,
        nn.init.xavier_uniform_,
        torch.Tensor.bernoulli_,
        torch.Tensor.exponential_,
        torch.Tensor.log_normal_,
        torch.Tensor.normal_,
        torch.Tensor.random_,
        torch.Tensor.uniform_,
    ],
    ids=lambda fill: fill.__name__,
)
def test_random_fills_of_parameters_are_skipped_and_of_others_not(fill):
    parameter, tensor = nn.Parameter(torch.zeros(8, 8)), torch.zeros(8, 8)
    with SkipRandomInit(), torch.no_grad():
        fill(parameter)
        fill(tensor)
    assert not parameter.any()
    assert tensor.any()
    with torch.no_grad():
        fill(parameter)
    assert parameter.any()


def test_constants_are_filled_in():
    with SkipRandomInit():
        norm = nn.BatchNorm2d(3)
    assert norm.weight.tolist() == [1, 1, 1]
    assert norm.running_var.tolist() == [1, 1, 1]


def test_chosen_parameters_are_initialised_as_ever():
    def build():
        torch.manual_seed(0)
        body, head = nn.Linear(4, 4), nn.Linear(4, 2)
        with torch.no_grad():
            body.weight.zero_(), head.weight.zero_()
        nn.init.trunc_normal_(body.weight)
        nn.init.trunc_normal_(head.weight)
        return body, head

    with SkipRandomInit() as draft:
        body, head = build()
    number = draft.number_of(head.weight)
    assert number not in (None, draft.number_of(body.weight))
    with SkipRandomInit(keep={number}):
        body, head = build()
    assert not body.weight.any()
    assert head.weight.std().item() > 0.3


def test_skipping_ends_where_it_is_stopped_and_never_twice():
    with SkipRandomInit() as skipping:
        skipping.stop()
        linear = nn.Linear(10, 10)
        skipping.stop()
    assert linear.weight.any()
    with torch.device("meta"), SkipRandomInit() as skipping:
        skipping.stop()
        assert nn.Linear(1, 1).weight.is_meta  # the mode below is still there
    assert not nn.Linear(1, 1).weight.is_meta


def test_under_a_mode_of_the_builder_it_stays_to_the_end():
    with SkipRandomInit() as skipping:
        with torch.device("meta"):
            skipping.stop()
            assert nn.Linear(1, 1).weight.is_meta
        weight = nn.Parameter(torch.zeros(3)).data
    assert not weight.is_meta
    assert not nn.Linear(1, 1).weight.is_meta
    assert nn.init.normal_(nn.Parameter(torch.zeros(3))).any()


def test_assigned_tensors_become_the_modules_own():
    tensors = {"weight": torch.ones(2, 3), "bias": torch.ones(2)}
    linear = nn.Linear(3, 2)
    linear.load_state_dict(AssignedStateDict(tensors))
    assert linear.weight.data_ptr() == tensors["weight"].data_ptr()


def test_a_new_head_is_initialised_as_the_architectures_authors_do(seeded):
    """Without the cost of initialising the body, which the weights overwrite."""
    weights = seeded.put_seeded("swin_t", torchvision.models.Swin_T_Weights.DEFAULT)
    model = hubcore.get_model("swin_t", weights=weights, num_classes=500)
    assert model.head.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert not model.head.bias.any()
    assert hubcore.load_report(model).new == ("head.weight", "head.bias")
