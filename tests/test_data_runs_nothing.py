"""A catalogue that no installed distribution brought is data: it runs only what is allowed."""

import contextlib
import hashlib
import io
import json
import os
import sys
import tarfile
import warnings

import pytest
import torch

import hubcore
from hubcore.catalogs.allowed import DataReference, Origin, is_trusted, references
from hubcore.catalogs.index import current, refresh
from hubcore.cli import main
from hubcore.errors import CatalogError, HubError, PluginWarning
from hubcore.store import default_store, ownership
from hubcore.weights.bundles import BundleError, import_bundle

BODY = b"some bytes"
DIGEST = hashlib.sha256(BODY).hexdigest()
RUN = ["subprocess:getoutput", {"cmd": "touch marker"}]
PRESET = ["hubcore.transforms:ImageClassification", {"crop_size": 224}]


def reference(target, origin=Origin.DATA, converts=False, **keywords):
    return DataReference.of([target, keywords], origin, "the remedy", converts=converts)


def model(architecture="torchvision.models:resnet18"):
    return {"task": "image-classification", "architecture": architecture}


def weights(builder="resnet18", **member):
    data = {"url": "https://example.org/w.pth", "sha256": DIGEST, "transforms": PRESET, **member}
    return {"builder": builder, "default": "V1", "members": {"V1": data}}


@pytest.fixture
def bundle(tmp_path):
    """Writes a bundle with these catalogues."""

    def write(catalogs, name="some.hub"):
        facts = {"name": "w.pth", "size": len(BODY), "urls": [], "weights": ["a/B.C"]}
        manifest = json.dumps({"bundle": 1, "files": {DIGEST: facts}, "catalogs": catalogs})
        with tarfile.open(tmp_path / name, "w") as tar:
            for member, body in (("bundle.json", manifest.encode()), (f"files/{DIGEST}", BODY)):
                info = tarfile.TarInfo(member)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
        return tmp_path / name

    return write


def part(**parts):
    return {"schema": 1, "models": {}, "weights": {}, **parts}


@pytest.mark.parametrize(
    "target",
    [
        "subprocess:getoutput",
        "os:system",
        "builtins:eval",
        "acme.models:net",
        "torchvision.models:os.system",
        "torchvision.models.resnet:torch.load",
        "torchvision.models._api:sys",
        "torchvision.models._api:get_model",
        "torchvision.models.resnet:partial",
        "torchvision.models:_api",
        "torchvision.models.resnet:nn",
        "torchvision.models.detection.faster_rcnn:F",
        "torchvision.modelsevil:net",
        "torchvision.io:read_file",
        "torchvision.transforms._presets:F",
        "torchvision.transforms._presets:ImageClassification.__init__",
        "torchvision.transforms:Lambda",
        "hubcore.transforms:nn",
        "hubcore.packages.references:resolve",
        "hubcore:register",
        "hubcore.authoring.export:published",
        "torch.nn:torch",
        "torch.nn.modules.module:torch",
        "torch:load",
        "hub_detection.detr:torch",
        "hub_quantization.post_training:quantize",
    ],
)
@pytest.mark.parametrize("origin", [Origin.DATA, Origin.REGISTERED])
def test_nothing_else_is_reached(target, origin):
    """Neither by a name, nor through a module that an allowed one holds."""
    with pytest.raises(CatalogError, match=target.partition(":")[2]):
        _ = reference(target, origin).func


@pytest.mark.parametrize("keyword", ["weights", "weights_backbone", "pretrained"])
def test_a_data_files_model_loads_nothing_by_itself(keyword):
    with pytest.raises(CatalogError, match=f"'{keyword}' would load weights"):
        _ = reference("torchvision.models:resnet18", **{keyword: "DEFAULT"}).func


def test_what_the_built_in_families_name_every_catalogue_may():
    for plugin in current().plugins:
        conversions = {
            member["convert"]
            for enum in plugin.catalog.data["weights"].values()
            for member in enum["members"].values()
            if "convert" in member
        }
        for found in references(plugin.catalog.data):
            converts = found.target in conversions
            assert callable(reference(found.target, converts=converts, **found.keywords).func)


class OwnNet:
    pass


def test_a_registered_catalogue_names_the_running_programs_objects(tmp_path, monkeypatch):
    """Its own, that is, and not what it has imported; and only of modules that are imported."""
    assert reference(f"{__name__}:OwnNet", Origin.REGISTERED).func is OwnNet
    for target in (f"{__name__}:main", f"{__name__}:import_bundle", f"{__name__}:io"):
        with pytest.raises(CatalogError, match="no model"):
            _ = reference(target, Origin.REGISTERED).func
    with pytest.raises(CatalogError):
        _ = reference(f"{__name__}:OwnNet").func
    (tmp_path / "not_imported.py").write_text("raise SystemExit\nclass Net: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CatalogError):
        _ = reference("not_imported:Net", Origin.REGISTERED).func
    assert "not_imported" not in sys.modules


@pytest.mark.parametrize("kind", ["architecture", "transforms", "convert"])
def test_a_bundles_code_is_not_run_until_it_is_trusted(bundle, kind, tmp_path, monkeypatch, capsys):
    """Each of the references of a catalogue; trust ends when the content changes."""
    monkeypatch.chdir(tmp_path)
    if kind == "architecture":
        file = bundle({"acme": part(models={"net": model(RUN)})})
        use = lambda: hubcore.get_model("net")  # noqa: E731  # two uses, one line each
    else:
        file = bundle({"acme": part(weights={"Net_Weights": weights(**{kind: RUN})})})
        use = lambda: getattr(hubcore.get_weight("Net_Weights.V1").value, kind)(None)  # noqa: E731
    assert main(["bundle", "import", str(file)]) == 0
    assert "subprocess:getoutput" in capsys.readouterr().err
    with pytest.raises(CatalogError, match="hub catalog trust"):
        use()
    assert not (tmp_path / "marker").exists()
    stored = default_store().root / "catalogs" / "acme.json"
    assert main(["catalog", "trust", str(stored)]) == 0
    assert "subprocess:getoutput" in capsys.readouterr().out
    refresh()
    with contextlib.suppress(TypeError, AttributeError):  # it is called, and is no model
        use()
    stored.write_text(stored.read_text().replace("touch marker", "touch other"))
    refresh()
    with pytest.raises(CatalogError, match="hub catalog trust"):
        use()


def test_to_validate_a_file_and_to_trust_it_run_nothing(tmp_path, monkeypatch, capsys):
    """Before the file is trusted and after; what it may run from then on is shown."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "acme.json"
    entries = {"models": {"net": model(RUN)}, "weights": {"W": weights(transforms=RUN)}}
    file.write_text(json.dumps({"schema": 1, **entries}))
    assert main(["catalog", "validate", str(file)]) == 0
    assert main(["catalog", "trust", str(file)]) == 0
    assert main(["catalog", "validate", str(file)]) == 0
    assert "subprocess:getoutput" in capsys.readouterr().out
    assert not (tmp_path / "marker").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("loose", ["store", "catalogs", "note", "catalogue"])
def test_trust_that_others_could_have_noted_is_none(loose, bundle, tmp_path, capsys):
    """Who can write to the store could run code as each of its users."""
    import_bundle(bundle({"acme": part(models={"net": model(RUN)})}), default_store(), trust=True)
    path = default_store().root / "catalogs" / "acme.json"
    assert is_trusted(path)
    places = {"store": path.parents[1], "catalogs": path.parent, "note": path.with_name("trusted")}
    place = places.get(loose, path)
    place.chmod(0o777)
    ownership._above.cache_clear()
    assert not is_trusted(path)
    refresh()
    with pytest.raises(CatalogError, match="hub catalog trust"):
        hubcore.get_model("net")
    if loose != "note":  # which is written anew
        assert main(["catalog", "trust", str(path)]) == 1
        assert "chmod -R go-w" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_what_is_trusted_is_its_users_whatever_the_umask(bundle):
    before = os.umask(0)
    try:
        import_bundle(bundle({"acme": part(models={"net": model()})}), default_store(), trust=True)
    finally:
        os.umask(before)
    assert is_trusted(default_store().root / "catalogs" / "acme.json")


def test_register_can_trust_and_stops_when_it_no_longer_does():
    data = part(weights={"Net_Weights": weights(transforms=["builtins:dict", {"a": 1}])})
    for trust in (False, True, False):
        with hubcore.register(data, name="acme", trust=trust):
            member = hubcore.get_weight("Net_Weights.V1")
            if trust:
                assert member.transforms() == {"a": 1}
            else:
                with pytest.raises(CatalogError, match="trust=True"):
                    member.transforms()


def test_a_bundle_replaces_no_entry_unasked(bundle):
    good = {"acme": part(models={"net": model()}, weights={"Net_Weights": weights("net")})}
    store = default_store()
    import_bundle(bundle(good), store)
    import_bundle(bundle(good), store)  # the same again is no change
    more = {"acme": part(models={"other": model()})}
    import_bundle(bundle(more), store)
    stored = store.root / "catalogs" / "acme.json"
    before = stored.read_bytes()
    for bad, place in (
        (part(models={"net": model("torchvision.models:resnet34")}), "models.net.architecture"),
        (part(weights={"Net_Weights": weights("resnet18")}), "Net_Weights.builder"),
        (part(weights={"Net_Weights": weights("net", url="https://e.org")}), "Net_Weights.V1.url"),
    ):
        with pytest.raises(BundleError, match=place) as caught:
            import_bundle(bundle({"acme": bad}), store)
        assert "--replace" in str(caught.value)
        assert stored.read_bytes() == before
    import_bundle(bundle({"acme": bad}), store, replace=True)
    refresh()
    assert hubcore.get_weight("Net_Weights.V1").url == "https://e.org"
    assert set(hubcore.list_models(plugin="acme")) == {"net", "other"}


@pytest.mark.parametrize("name", ["hub-video", "hub-classification"])
def test_a_bundle_takes_no_name_of_a_built_in_family(bundle, name, monkeypatch):
    """Installed or not; its files are imported all the same."""
    from hubcore.catalogs import discovery

    found = discovery.entry_points
    monkeypatch.setattr(
        discovery, "entry_points", lambda group: [e for e in found(group) if e.distribution != name]
    )
    refresh()
    store = default_store()
    with pytest.warns(PluginWarning, match=f"pip install {name}"):
        import_bundle(bundle({name: part(models={"resnet50": model()})}), store)
    assert store.blob_path(DIGEST).exists()
    assert not (store.root / "catalogs" / f"{name}.json").exists()
    (store.root / "catalogs").mkdir(exist_ok=True)
    (store.root / "catalogs" / f"{name.replace('-', '_')}.json").write_text(
        json.dumps(part(models={"resnet50": model()}))
    )
    refresh()
    with pytest.warns(PluginWarning, match="only the built-in family"):
        names = hubcore.list_models()
    assert f"{name}/resnet50" not in names


def test_an_installed_distributions_entries_stay(bundle):
    with pytest.warns(PluginWarning, match="models.resnet50.architecture"):
        import_bundle(
            bundle({"hub-classification": part(models={"resnet50": model()})}), default_store()
        )
    assert hubcore.get_model("resnet50").fc.in_features == 2048


@pytest.mark.parametrize("name", ["../up", "Acme", "a.b", "a\x1b[2J", "", "acme_x", "\uff41cme"])
def test_a_bundles_distribution_is_a_distributions_name(bundle, name):
    with pytest.warns(PluginWarning, match="no distribution's name"):
        import_bundle(bundle({name: part()}), default_store())
    assert not (default_store().root / "catalogs").exists()


DETECTOR = "torchvision.models.detection:fasterrcnn_mobilenet_v3_large_320_fpn"


@pytest.mark.parametrize(
    "case", ["backbone by default", "config", "old config", "convert", "detector by config"]
)
def test_a_data_files_model_fetches_nothing_past_the_store(case, tmp_path, connections):
    """torchvision's builders fetch weights by themselves, unverified, unless told not to."""
    member, architecture = {}, "torchvision.models:resnet18"
    if "backbone" in case or "detector" in case:
        architecture = DETECTOR
    if "config" in case:
        key = {"config": "weights", "old config": "pretrained"}.get(case, "weights_backbone")
        member = {"config": {key: "DEFAULT"}}
    if case == "convert":
        member = {"convert": "torchvision.models:resnet18"}
    torch.save({"fc.weight": torch.zeros(1)}, tmp_path / "w.pth")
    digest = hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()
    default_store().add(tmp_path / "w.pth")
    folder = default_store().root / "catalogs"
    folder.mkdir()
    entries = {"N_Weights": weights("net", **{"sha256": digest, **member})}
    models = {"net": {**model(architecture), "weights": "N_Weights"}}
    (folder / "evil.json").write_text(json.dumps(part(models=models, weights=entries)))
    refresh()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for chosen in (None, "DEFAULT"):
            if case == "backbone by default" and chosen is None:
                assert hubcore.get_model("evil/net", weights=None) is not None
            else:
                with contextlib.suppress(HubError):
                    hubcore.get_model("evil/net", weights=chosen)
    assert not connections
