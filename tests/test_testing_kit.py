"""The conformance kit: sound plugins pass it, and each faulty one fails for its own reason."""

import json
import subprocess
import sys
import threading
from copy import deepcopy
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from environments import write_dist_info
from servers import FaultyServer
from terminals import terminal
from torch import nn

import hubcore
from hubcore.cli import main
from hubcore.download.hashing import sha256_of
from hubcore.store import default_store
from hubcore.testing import CHECKS, Fault, PluginTests, Skipped, Subject, examine

MODULE = '''
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.features = nn.Conv2d(3, 4, 3, stride=8)
        self.classifier = nn.Linear(4, num_classes)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def deaf(num_classes=3):
    """Ignores what it is asked for."""
    return Net(3)


def proud(num_classes=3):
    if not num_classes:
        raise ValueError("no")
    return Net(num_classes)


class Unscriptable(nn.Module):
    def forward(self, img, **anything):
        from torchvision.transforms import functional
        img = img if isinstance(img, torch.Tensor) else functional.pil_to_tensor(img)
        return img.float()


class Picky(nn.Module):
    """Knows tensors only."""
    def forward(self, img: torch.Tensor) -> torch.Tensor:
        return img.float()


class Doubling(nn.Module):
    def forward(self, img: torch.Tensor) -> torch.Tensor:
        return img.double()


def broken(checkpoint):
    return {name: tensor * float("nan") for name, tensor in checkpoint.items()}
'''

SOUND = {
    "schema": 1,
    "models": {
        "net": {
            "task": "image-classification",
            "architecture": "kit_sample:Net",
            "weights": "Net_Weights",
            "head": ["classifier"],
        }
    },
    "weights": {
        "Net_Weights": {
            "builder": "net",
            "default": "V1",
            "members": {
                "V1": {
                    "url": "https://weights.kit-plugin.org/net.pth",
                    "license": "MIT",
                    "transforms": [
                        "hubcore.transforms:ImageClassification",
                        {"crop_size": 64, "resize_size": 72},
                    ],
                    "meta": {
                        "num_params": 127,
                        "categories": ["cat", "dog", "fish"],
                        "min_size": [8, 8],
                    },
                }
            },
        }
    },
}


def test_facts_and_notes_of_the_authors_own_are_no_fault(sample):
    """What meta-data says is the author's; elsewhere an underscore marks it."""
    member_of(sample)["meta"].update(platform=["red", "nir"])
    sample["_made_by"] = "our script"
    assert faults_of(sample) == {}


def test_preprocessing_may_be_said_to_lack_what_it_lacks(sample):
    member_of(sample).update(
        transforms="kit_sample:Unscriptable", transforms_lack=["script", "tensors"]
    )
    assert "preprocessing" not in faults_of(sample)


def test_an_architecture_without_a_head_may_say_so(sample):
    model_of(sample).update(head=[])
    assert "head" not in faults_of(sample)


def test_enums_without_a_default_are_said_to_have_none(sample):
    sample["weights"]["Net_Weights"].pop("default")
    with hubcore.register(sample, name="kit"):
        (found,) = CHECKS["names"](Subject.of_plugin("kit"))
    assert isinstance(found, Skipped)
    assert "'DEFAULT' means none of them" in found.reason


def test_of_many_models_one_of_each_kind_is_compared_and_the_rest_said_not_to_be(
    sample, monkeypatch
):
    monkeypatch.setattr("hubcore.testing.faithful._MANY", 1)
    sample["models"]["net2"] = {**model_of(sample), "weights": "Net2_Weights"}
    again = deepcopy(sample["weights"]["Net_Weights"])
    again["builder"] = "net2"
    again["members"]["V1"]["meta"]["categories"] = list("abcdefgh")  # larger
    sample["weights"]["Net2_Weights"] = again
    with hubcore.register(sample, name="kit"):
        (found,) = CHECKS["faithful"](Subject.of_plugin("kit"))
    assert isinstance(found, Skipped)
    assert found.where == "1 models"


def test_large_models_are_compared_for_what_no_smaller_one_has_if_memory_allows(
    sample, monkeypatch
):
    for name, value in (("_MANY", 1), ("_LARGE", 0), ("_LARGEST", 200)):
        monkeypatch.setattr(f"hubcore.testing.faithful.{name}", value)
    sizes = {"in_features": 40, "out_features": 9}
    for name, architecture in {
        "known": ["torch.nn:Linear", sizes],  # the smaller net has such a layer
        "new": ["torch.nn:Bilinear", {"in1_features": 5, "in2_features": 9, "out_features": 9}],
    }.items():
        enum = f"{name.title()}_Weights"
        model = {**model_of(sample), "architecture": architecture, "head": [], "weights": enum}
        sample["models"][name] = model
        sample["weights"][enum] = deepcopy(sample["weights"]["Net_Weights"])
        sample["weights"][enum]["builder"] = name
    with hubcore.register(sample, name="kit", trust=True):
        found = list(CHECKS["faithful"](Subject.of_plugin("kit")))
    assert all(isinstance(finding, Skipped) for finding in found)
    assert [finding.where for finding in found] == ["models.new.architecture", "1 models"]
    assert "GB of memory" in found[0].reason


SOURCE = {
    "title": "LICENSE",
    "url": "https://example.org/LICENSE",
    "summary": "Says so.",
    "date": "2026-11-26",
}


def stated(spdx, **source):
    return {"state": "stated", "spdx": spdx, "source": source or SOURCE}


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """A sound catalogue whose model is importable and whose file is in the store."""
    (tmp_path / "kit_sample.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "kit_sample", raising=False)
    import kit_sample

    torch.manual_seed(0)
    path = tmp_path / "net.pth"
    torch.save(kit_sample.Net().state_dict(), path)
    default_store().add(path)
    catalog = deepcopy(SOUND)
    member_of(catalog).update(sha256=sha256_of(path), size=path.stat().st_size)
    yield catalog
    sys.modules.pop("kit_sample", None)


def member_of(catalog):
    return catalog["weights"]["Net_Weights"]["members"]["V1"]


def model_of(catalog):
    return catalog["models"]["net"]


def faults_of(catalog):
    """Which checks fail, with the texts of their faults."""
    with hubcore.register(catalog, name="kit"):
        return {
            name: "\n".join(map(str, faults))
            for name, findings in examine(Subject.of_plugin("kit"))
            if (faults := [finding for finding in findings if isinstance(finding, Fault)])
        }


def test_a_sound_plugin_passes_every_check(sample):
    assert faults_of(sample) == {}


def test_a_digest_that_nobody_publishes_can_be_said_to_be_missing(sample):
    """It is told, and is no fault of the plugin's author."""
    member_of(sample)["sha256"] = None
    with hubcore.register(sample, name="kit"):
        (finding,) = CHECKS["digests"](Subject.of_plugin("kit"))
        assert list(CHECKS["schema"](Subject.of_plugin("kit"))) == []
    assert isinstance(finding, Skipped)
    assert "publisher gives no digest" in finding.reason


def two_members_alike(catalog):
    members = catalog["weights"]["Net_Weights"]["members"]
    members["V2"] = deepcopy(members["V1"])
    catalog["weights"]["Net_Weights"]["default"] = "V2"


def other_file(catalog):
    """Weights of another model, as happens when a wrong file is uploaded."""
    path = Path(sys.modules["kit_sample"].__file__).with_name("other.pth")
    torch.save(nn.Linear(2, 2).state_dict(), path)
    default_store().add(path)
    member_of(catalog).update(sha256=sha256_of(path), size=path.stat().st_size)


FAULTY = {
    "an unusable interpolation": (
        lambda c: member_of(c)["transforms"][1].update(interpolation="fuzzy"),
        "preprocessing",
        "'fuzzy' is not a valid InterpolationMode",
    ),
    "preprocessing that cannot be compiled": (
        lambda c: member_of(c).update(transforms="kit_sample:Unscriptable"),
        "preprocessing",
        "cannot be compiled with torch.jit.script",
    ),
    "preprocessing that knows tensors only": (
        lambda c: member_of(c).update(transforms="kit_sample:Picky"),
        "preprocessing",
        "fails on a PIL image",
    ),
    "preprocessing that gives doubles": (
        lambda c: member_of(c).update(transforms="kit_sample:Doubling"),
        "preprocessing",
        "turns a tensor into torch.float64",
    ),
    "images below the smallest size": (
        lambda c: member_of(c)["meta"].update(min_size=[128, 128]),
        "preprocessing",
        "gives 64 x 64 pixels, less than min_size [128, 128]",
    ),
    "a wrong number of parameters": (
        lambda c: member_of(c)["meta"].update(num_params=128),
        "parameters",
        "is 128, but 'net' has 127 parameters with these weights\n    \"num_params\": 127",
    ),
    "an architecture that is not there": (
        lambda c: model_of(c).update(architecture="kit_sample:NoSuchNet"),
        "parameters",
        "has no attribute 'NoSuchNet'",
    ),
    "an architecture that takes no number of classes": (
        lambda c: model_of(c).update(architecture=["torch.nn:Linear", {"in_features": 2}]),
        "parameters",
        "cannot be built for Net_Weights.V1: TypeError",
    ),
    "an architecture that ignores the number of classes": (
        lambda c: model_of(c).update(architecture="kit_sample:deaf"),
        "head",
        "num_classes=7 changes nothing under classifier",
    ),
    "a misspelt key": (
        lambda c: member_of(c).update(licence="MIT"),
        "keys",
        "V1.licence: is no key of the format and is ignored: 'licence'\n    \"license\"?",
    ),
    "an unknown key": (
        lambda c: model_of(c).update(colour="red"),
        "keys",
        'or call it "_colour"',
    ),
    "a misspelt fact": (
        lambda c: member_of(c)["meta"].update(categoris=["a"]),
        "keys",
        '"categories"?',
    ),
    "a misspelt task": (
        lambda c: model_of(c).update(task="image-clasification"),
        "tasks",
        "image-classification",
    ),
    "a misspelt scheme": (
        lambda c: member_of(c).update(url="htps://acme.dev/net.pth"),
        "fetchable",
        "Did you mean 'https:'?",
    ),
    "a model that cannot be without classes": (
        lambda c: model_of(c).update(architecture="kit_sample:proud"),
        "head",
        "num_classes=0 fails: ValueError: no",
    ),
    "an architecture that takes no weights to adapt": (
        lambda c: model_of(c).update(adapts_weights=True),
        "parameters",
        "takes no argument 'weights'",
    ),
    "no head": (
        lambda c: model_of(c).pop("head"),
        "head",
        "declares no head",
    ),
    "a head that the model does not have": (
        lambda c: model_of(c).update(head=["classifier", "aux"]),
        "head",
        "no tensors under aux",
    ),
    "a forgotten category": (
        lambda c: member_of(c)["meta"]["categories"].pop(),
        "loading",
        "do not fit the model 'net'",
    ),
    "the file of another model": (other_file, "loading", "do not fit the model 'net'"),
    "a conversion that breaks the tensors": (
        lambda c: member_of(c).update(convert="kit_sample:broken"),
        "loading",
        "predicts NaN or infinity",
    ),
    "no digest": (
        lambda c: member_of(c).pop("sha256"),
        "digests",
        "nothing to verify the file against",
    ),
    "a wrong size in MiB": (
        lambda c: member_of(c)["meta"].update(_file_size=5),
        "sizes",
        "_file_size is 5",
    ),
    "a file that no package ships": (
        lambda c: member_of(c).update(url="package:no-such-distribution/net.pth"),
        "sizes",
        "no installed package ships",
    ),
    "a package's file of another digest": (
        lambda c: member_of(c).update(url="package:pluggy/pluggy/py.typed", size=1),
        "sizes",
        "the file has 0 bytes, not 1",
    ),
    "no licence": (
        lambda c: member_of(c).pop("license"),
        "licenses",
        "the licence is not stated",
    ),
    "a licence that SPDX does not have": (
        lambda c: member_of(c).update(license="MIT-ish"),
        "licenses",
        "'MIT-ish' names no licences of SPDX",
    ),
    "a licence that is spelt otherwise": (
        lambda c: member_of(c).update(license="apache-2.0"),
        "licenses",
        "is spelt 'Apache-2.0'",
    ),
    "an expression that is none": (
        lambda c: member_of(c).update(license="MIT OR"),
        "licenses",
        "is no SPDX expression",
    ),
    "evidence with an unknown licence": (
        lambda c: member_of(c).update(evidence={"code": stated("MIT AND Nothing")}),
        "licenses",
        "names no licences of SPDX: Nothing",
    ),
    "a statement whose source has no address": (
        lambda c: member_of(c).update(evidence={"weights": stated("MIT", title="a talk")}),
        "licenses",
        "its source lacks url, summary, date",
    ),
    "a summary that is a text": (
        lambda c: member_of(c).update(
            evidence={"weights": stated("MIT", **SOURCE | {"summary": "a\nb"})}
        ),
        "licenses",
        "longer than a line",
    ),
    "nothing stated, and nowhere looked": (
        lambda c: member_of(c).update(evidence={"weights": {"state": "not stated"}}),
        "licenses",
        "is not stated, nor where was looked",
    ),
    "a data set that nothing describes": (
        lambda c: member_of(c).update(evidence={"data": ["imagenet"], "data_source": SOURCE}),
        "licenses",
        "nothing describes the data set 'imagenet'",
    ),
    "data that no source names": (
        lambda c: member_of(c).update(evidence={"data": ["imagenet-1k"]}),
        "licenses",
        "no source says that the weights were trained on these data",
    ),
    "two members that are one": (
        two_members_alike,
        "pickling",
        "is the same as V1",
    ),
    "an unknown builder": (
        lambda c: c["weights"]["Net_Weights"].update(builder="resnet5O"),
        "names",
        "Unknown model 'resnet5O'",
    ),
    "an enum that is not there": (
        lambda c: model_of(c).update(weights="Nets_Weights"),
        "names",
        "no enum 'Nets_Weights'",
    ),
    "a list that is not there": (
        lambda c: member_of(c)["meta"].update(categories="@pets"),
        "names",
        "the list '@pets' cannot be read",
    ),
    "a successor that is not there": (
        lambda c: member_of(c).update(replaced_by="Net_Weights.V9"),
        "names",
        "Unknown weights 'V9'",
    ),
    "a module that is named twice": (
        lambda c: model_of(c).update(head=["fc", "fc"]),
        "schema",
        "has non-unique elements",
    ),
    "an origin that is no weights": (
        lambda c: member_of(c)["meta"].update(unquantized="the float ones"),
        "schema",
        "does not match",
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")  # it has a successor
def test_a_faulty_plugin_fails_for_its_own_reason(sample, fault):
    change, check, reason = FAULTY[fault]
    change(sample)
    found = faults_of(sample)
    assert check in found, found
    assert reason in found[check]


def test_a_catalogue_that_breaks_the_format_is_one_fault_with_its_place(tmp_path):
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"schema": 1, "models": {"net": {"architecture": "a:b"}}}))
    (fault,) = CHECKS["schema"](Subject.of_file(path))
    assert "models.net" in str(fault)
    assert '"task" must be a string' in str(fault)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Lays a plugin out as an unpacked wheel on the path."""

    def install(catalog, extra=None):
        site = tmp_path / "site"
        package = site / "kit_plugin"
        package.mkdir(parents=True)
        text = catalog if isinstance(catalog, str) else json.dumps(catalog)
        (package / "catalog.json").write_text(text)
        for name, code in (extra or {}).items():
            (site / name).write_text(code)
        write_dist_info(site, "kit_plugin", "[hubcore.catalog]\nkit = kit_plugin:catalog.json\n")
        monkeypatch.syspath_prepend(str(site))
        hubcore.refresh()

    return install


def test_listing_that_imports_numpy_is_a_fault(sample, installed):
    installed(sample, {"sitecustomize.py": "import numpy"})
    (fault,) = CHECKS["imports"](Subject.of_plugin("kit-plugin"))
    assert "listing imports 'numpy'" in str(fault)


def test_an_installed_sound_plugin_imports_nothing(sample, installed):
    installed(sample)
    assert list(CHECKS["imports"](Subject.of_plugin("kit"))) == []


@pytest.mark.filterwarnings("ignore::hubcore.errors.PluginWarning")
def test_hub_check_of_a_broken_plugin_says_why_and_fails(installed, capsys):
    installed('{"schema": 1,')
    assert main(["check", "kit-plugin"]) == 1
    assert "is not valid JSON" in capsys.readouterr().out


def test_hub_check_of_a_sound_plugin_succeeds(sample, installed, capsys, monkeypatch):
    """At a terminal, it says which check runs."""
    installed(sample)
    with terminal(monkeypatch) as read:
        assert main(["check", "kit"]) == 0
        seen = read()
    assert f"checking faithful ({len(CHECKS) - 1}/{len(CHECKS) - 1}, " in seen
    out = capsys.readouterr().out
    assert "no faults" in out
    assert "checking" not in out


@pytest.fixture
def files(tmp_path):
    """A plain web server that answers HEAD, over a folder; its address and the folder."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def test_addresses_that_answer_as_promised_are_no_fault(sample, files):
    address, folder = files
    (folder / "net.pth").write_bytes(b"x" * 100)
    member_of(sample).update(url=f"{address}/net.pth", size=100)
    with hubcore.register(sample, name="kit"):
        assert dict(examine(Subject.of_plugin("kit"), online=True))["addresses"] == []


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [("gone.pth", 100, "HTTP 404"), ("net.pth", 7, "is 100 bytes long, not 7")],
)
def test_addresses_that_do_not_are(sample, files, name, size, reason):
    address, folder = files
    (folder / "net.pth").write_bytes(b"x" * 100)
    member_of(sample).update(url=f"{address}/{name}", size=size)
    with hubcore.register(sample, name="kit"):
        (fault,) = dict(examine(Subject.of_plugin("kit"), online=True))["addresses"]
    assert reason in str(fault)


def test_addresses_are_asked_only_when_that_is_wanted(sample):
    with FaultyServer() as server:
        member_of(sample)["url"] = server.serve("/net.pth", b"x" * 100)
        with hubcore.register(sample, name="kit"):
            assert all(name != "addresses" for name, _ in examine(Subject.of_plugin("kit")))
        assert not server.requests


def test_what_is_not_at_hand_is_said_not_to_be_checked(sample):
    member_of(sample).update(sha256="0" * 64)
    with hubcore.register(sample, name="kit"):
        (finding,) = CHECKS["loading"](Subject.of_plugin("kit"))
    assert isinstance(finding, Skipped)
    assert "hub download" in finding.reason


def test_authors_get_a_test_a_check(sample, installed, tmp_path):
    """A subclass of PluginTests, run by pytest in a process of its own."""
    member_of(sample)["meta"]["num_params"] = 1
    installed(sample)
    test = tmp_path / "test_plugin.py"
    test.write_text(
        "from hubcore.testing import PluginTests\n"
        "class TestPlugin(PluginTests):\n    distribution = 'kit-plugin'\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**__import__("os").environ, "PYTHONPATH": ":".join(filter(None, sys.path))},
    )  # fmt: skip
    assert "but 'net' has 127 parameters" in done.stdout
    assert "1 failed, 17 passed, 1 skipped" in done.stdout, done.stdout


FAMILIES = {
    # A model of each kind of architecture; `pytest -m sweep` has them all.
    "classification": (
        "alexnet", "convnext_tiny", "googlenet", "inception_v3", "maxvit_t", "mnasnet1_0",
        "regnet_y_16gf", "resnet50", "squeezenet1_0", "swin_t", "vgg16", "vit_b_16",
    ),
    "detection": ("*mobilenet*", "detr_resnet50", "fcos*", "keypoint*", "retinanet_resnet50_fpn"),
    "segmentation": ("*mobilenet*", "fcn_resnet50"),
    "quantization": ("*mobilenet_v2", "*googlenet"),
    "video": ("r3d_18", "mvit_v2_s", "s3d"),
    "optical-flow": ("raft_small",),
}  # fmt: skip


def check_family(family, models):
    subject = Subject.of_plugin(f"hub-{family}", models)
    faults = {
        name: [str(finding) for finding in findings if isinstance(finding, Fault)]
        for name, findings in examine(subject)
    }
    assert not any(faults.values()), faults
    assert not models or len(list(subject.models)) >= len(models)


SLOW = ("classification", "detection")  # the others are held to the same checks


@pytest.mark.parametrize(
    "family",
    [pytest.param(name, marks=pytest.mark.sweep if name in SLOW else ()) for name in FAMILIES],
)
def test_the_built_in_families_pass(family):
    check_family(family, FAMILIES[family])


@pytest.mark.sweep
@pytest.mark.parametrize("family", FAMILIES)
def test_the_built_in_families_pass_with_all_their_models(family):
    check_family(family, ())


def test_every_check_has_a_method_for_authors():
    methods = {name.removeprefix("test_") for name in vars(PluginTests) if name.startswith("test_")}
    assert methods == set(CHECKS)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.org/net.pth", "example.org serves no files"),
        ("https://weights.example.com/net.pth", "serves no files"),
        ("https://weights.invalid/net.pth", "serves no files"),
        ("https://acme.test./net.pth", "serves no files"),
        ("http://localhost:8000/net.pth", "serves no files"),
        ("http://127.0.0.1:8000/net.pth", "only on one machine"),
        ("http://[::1]/net.pth", "only on one machine"),
        ("http://0.0.0.0/net.pth", "only on one machine"),
        ("file:///home/me/net.pth", "may not read local files"),
        ("https:///net.pth", "no host name"),
        ("ftp://acme.dev/net.pth", "no way to fetch"),
    ],
)
def test_addresses_that_nobody_can_fetch_are_faults(sample, url, problem):
    for change in ({"url": url}, {"mirrors": [url]}):
        catalog = deepcopy(sample)
        member_of(catalog).update(change)
        with hubcore.register(catalog, name="kit"):
            (fault,) = CHECKS["fetchable"](Subject.of_plugin("kit"))
        assert isinstance(fault, Fault)
        assert problem in str(fault)


@pytest.mark.parametrize("host", ["10.0.0.7", "192.168.1.4", "storage"])
def test_addresses_of_an_own_network_are_said_to_be_so(sample, host):
    member_of(sample).update(url=f"https://{host}/net.pth")
    with hubcore.register(sample, name="kit"):
        (found,) = CHECKS["fetchable"](Subject.of_plugin("kit"))
    assert isinstance(found, Skipped)


@pytest.mark.parametrize("url", ["https://acme.dev/net.pth", "package:kit/net.pth"])
def test_addresses_of_the_world_and_of_packages_are_no_fault(sample, url):
    member_of(sample).update(url=url)
    with hubcore.register(sample, name="kit"):
        assert list(CHECKS["fetchable"](Subject.of_plugin("kit"))) == []


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ({"acc@1": 130}, "130 is impossible\n    it is 0 to 100"),
        ({"ACC@1": -1}, "-1 is impossible"),
        ({"box_map": 100.1}, "impossible"),
        ({"miou": -0.1}, "impossible"),
        ({"epe": -2}, "it is 0 or more"),
        ({"fl_all": 101}, "impossible"),
        ({"acc@1": 90, "acc@5": 80}, "acc@1 is higher than acc@5"),
    ],
)
def test_impossible_metrics_are_faults(sample, results, problem):
    member_of(sample)["meta"]["_metrics"] = {"own": results}
    with hubcore.register(sample, name="kit"):
        (fault,) = CHECKS["metrics"](Subject.of_plugin("kit"))
    assert problem in str(fault)


@pytest.mark.parametrize(
    "results", [{"acc@1": 0, "acc@5": 100}, {"epe": 250}, {"acc@1": None}, {"novelty": -7}]
)
def test_possible_metrics_are_no_fault(sample, results):
    member_of(sample)["meta"]["_metrics"] = {"own": results}
    with hubcore.register(sample, name="kit"):
        assert list(CHECKS["metrics"](Subject.of_plugin("kit"))) == []


def test_hub_check_prints_json(sample, installed, capsys):
    member_of(sample)["meta"]["_metrics"] = {"own": {"acc@1": 130}}
    installed(sample)
    assert main(["check", "kit", "--json"]) == 1
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["metrics"]["state"] == "fault"
    assert rows["metrics"]["faults"][0]["where"].endswith("own.acc@1")
    assert rows["schema"]["state"] == "ok"
