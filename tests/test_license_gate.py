"""The gate: what the rules for licences refuse stays out, whichever way it would come in."""

import json
import pickle
import shlex
import shutil
from datetime import date, timedelta

import numpy as np
import pytest
import torch
import torchvision
from environments import ROOT
from test_offline import CALLS, NEED_A_FILE, NOT_CALLED

import hubcore
from hubcore import settings
from hubcore.catalogs import gate, licenses
from hubcore.cli import main
from hubcore.cli.commands import all_commands
from hubcore.cli.ours import OURS
from hubcore.errors import LicenseError, OfflineError, SettingsError
from hubcore.store import default_store
from hubcore.weights.bundles import create_bundle, import_bundle

PHOTO = ROOT / "examples" / "photos" / "chelsea.png"
RESNET = "hub-classification/ResNet18_Weights.IMAGENET1K_V1"
SOURCE = licenses.Source("LICENSE", "https://example.org", "Says so.", "2026-11-26")


def stated(spdx=None, url=None, state=licenses.STATED, kind=None):
    return licenses.Statement(state, spdx, url, SOURCE, kind=kind)


NOTHING = licenses.Statement(licenses.NOT_STATED, looked=("everywhere",))


def evidence(weights=NOTHING, data=(), parent=None):
    sets = tuple(licenses.DataSet(f"d{n}", f"D{n}", terms) for n, terms in enumerate(data))
    return licenses.Evidence(weights, NOTHING, sets, (), parent)


# -- What the rules say

CASES = [
    # rules, licence of the weights, allowed
    ("allow=permissive", stated("MIT"), True),
    ("allow=MIT", stated("MIT"), True),
    ("allow=mit", stated("MIT"), True),
    ("allow=MIT", stated("Apache-2.0"), False),
    ("allow=permissive", stated("GPL-3.0-only"), False),
    ("allow=permissive,copyleft", stated("GPL-3.0-only"), True),
    ("allow=permissive", stated("LGPL-2.1-only"), False),
    ("allow=weak-copyleft", stated("LGPL-2.1-only"), True),
    ("allow=", stated("MIT"), False),
    ("deny=non-commercial", stated("CC-BY-NC-4.0"), False),
    ("deny=non-commercial", stated("CC-BY-4.0"), True),
    ("deny=CC-BY-NC-4.0", stated("CC-BY-NC-4.0"), False),
    ("deny=CC-BY-NC-4.0", stated("CC-BY-NC-SA-4.0"), True),
    ("allow=CC-BY-NC-4.0 deny=non-commercial", stated("CC-BY-NC-4.0"), False),  # deny wins
    # Expressions: one side of OR is enough, AND needs both.
    ("allow=permissive", stated("MIT OR GPL-3.0-only"), True),
    ("allow=permissive", stated("MIT AND GPL-3.0-only"), False),
    ("deny=copyleft", stated("MIT OR GPL-3.0-only"), True),
    ("deny=copyleft", stated("MIT AND GPL-3.0-only"), False),
    ("deny=copyleft", stated("MIT AND (GPL-3.0-only OR GPL-2.0-only)"), False),
    ("allow=copyleft", stated("GPL-2.0-only WITH Classpath-exception-2.0"), True),
    # Licences that SPDX does not list
    ("allow=permissive", stated("LicenseRef-acme"), False),
    ("allow=other", stated("LicenseRef-acme"), True),
    ("allow=LicenseRef-acme", stated("LicenseRef-acme"), True),
    ("deny=non-commercial", stated("LicenseRef-fair-noncommercial-research-license"), False),
    ("allow=permissive", stated(url="https://example.org/terms"), False),
    ("allow=other", stated(url="https://example.org/terms"), True),
    ("deny=non-commercial", stated(url="https://example.org/t", kind="non-commercial"), False),
    # Not stated
    ("allow=permissive", NOTHING, False),
    ("allow=not-stated", NOTHING, True),
    ("deny=not-stated", NOTHING, False),
    ("deny=non-commercial", NOTHING, True),
    # Only the repository has a licence: that is not stated, unless the user says that it counts.
    ("allow=permissive", stated("MIT", state=licenses.REPOSITORY), False),
    ("allow=not-stated", stated("MIT", state=licenses.REPOSITORY), True),
    ("allow=permissive,repository", stated("MIT", state=licenses.REPOSITORY), True),
    ("allow=permissive,repository", stated("GPL-3.0-only", state=licenses.REPOSITORY), False),
    ("allow=repository", stated("MIT", state=licenses.REPOSITORY), False),
    ("deny=not-stated", stated("MIT", state=licenses.REPOSITORY), False),
    ("allow=permissive,repository deny=not-stated", stated("MIT", state="repository"), True),
    ("deny=copyleft", stated("GPL-3.0-only", state=licenses.REPOSITORY), False),
]


@pytest.mark.parametrize(("rules", "statement", "allowed"), CASES)
def test_the_lists_decide(rules, statement, allowed, monkeypatch):
    """SPDX identifiers and classes, in lists of what is allowed and of what is not."""
    monkeypatch.setenv("HUBCORE_LICENSES", rules)
    assert gate.is_allowed("acme/Net_Weights.V1", evidence(statement)) is allowed


@pytest.mark.parametrize(
    ("rules", "data", "allowed"),
    [
        ("data-deny=non-commercial", [stated("CC-BY-4.0")], True),
        ("data-deny=non-commercial", [stated("CC-BY-4.0"), stated("CC-BY-NC-4.0")], False),
        ("data-allow=permissive", [stated("CC-BY-4.0"), NOTHING], False),
        ("data-allow=permissive,not-stated", [stated("CC-BY-4.0"), NOTHING], True),
        ("data-deny=not-stated", [], False),  # the training data themselves are not stated
        ("data-allow=permissive", [], False),
        ("data-deny=non-commercial", [], True),
        ("deny=non-commercial", [stated("CC-BY-NC-4.0")], True),  # rules for weights only
    ],
)
def test_data_have_lists_of_their_own(rules, data, allowed, monkeypatch):
    """Every data set must be allowed; data that nobody states are not stated."""
    monkeypatch.setenv("HUBCORE_LICENSES", rules)
    assert gate.is_allowed("acme/Net_Weights.V1", evidence(stated("MIT"), data)) is allowed


def test_the_rules_hold_for_what_weights_were_tuned_from(monkeypatch):
    """Weights under MIT that were tuned from non-commercial ones are refused, at any depth."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=non-commercial")
    first = licenses.Parent("a/First_Weights.V1", None, evidence(stated("CC-BY-NC-4.0")))
    second = licenses.Parent("a/Second_Weights.V1", None, evidence(stated("MIT"), parent=first))
    reason = gate.refusal("a/Third_Weights.V1", evidence(stated("MIT"), parent=second))
    assert "a/First_Weights.V1" in reason
    assert "CC-BY-NC-4.0" in reason


def write(path, text):
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("pattern", "until", "allowed"),
    [
        ("acme/Net_Weights.V1", "", True),
        ("acme/*", "", True),
        ("ACME/net_weights.*", "", True),
        ("other/*", "", False),
        ("acme/*", "until = {today}", True),
        ("acme/*", "until = {later}", True),
        ("acme/*", 'until = "{later}"', True),
        ("acme/*", "until = {before}", False),
    ],
)
def test_exceptions_are_named_and_may_end(pattern, until, allowed, tmp_path, monkeypatch):
    """An exception allows what the lists refuse, through its last day."""
    today, day = date.today(), timedelta(days=1)
    until = until.format(today=today, later=today + 9 * day, before=today - day)
    config = write(
        tmp_path / "config.toml",
        f'[licenses]\ndeny = ["not-stated"]\n[[licenses.exceptions]]\nweights = "{pattern}"\n'
        f'reason = "contract 7"\n{until}\n',
    )
    monkeypatch.setenv("HUBCORE_CONFIG", config)
    assert gate.is_allowed("acme/Net_Weights.V1", evidence()) is allowed


def test_an_exception_that_ended_is_told(monkeypatch):
    """The user learns why what worked yesterday is refused today."""
    rules = {
        "deny": ["not-stated"],
        "exceptions": [{"weights": "acme/*", "reason": "a trial", "until": "2020-01-01"}],
    }
    monkeypatch.setenv("HUBCORE_LICENSES", json.dumps(rules))
    assert "ended on 2020-01-01" in gate.refusal("acme/Net_Weights.V1", evidence())


def test_the_error_says_which_rule_refuses_what_and_how_to_allow_it(monkeypatch):
    """It can be acted on, and it survives pickling."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=non-commercial")
    with pytest.raises(LicenseError) as caught:
        hubcore.get_weight("ViT_H_14_Weights.DEFAULT").download()
    message = str(caught.value)
    for part in (
        "hub-classification/ViT_H_14_Weights.IMAGENET1K_SWAG_E2E_V1",
        "deny lists non-commercial",
        "CC-BY-NC-4.0",
        "HUBCORE_LICENSES",
        "exception",
    ):
        assert part in message
    assert str(pickle.loads(pickle.dumps(caught.value))) == message


@pytest.mark.parametrize(
    "rules",
    [
        "permissive",
        "allow=permisive",
        "allow=MIT-ish",
        "deny=repository",
        "data-allow=repository",
        "allowed=MIT",
        "allow=MIT allow=BSD-3-Clause",
        "allow=weak copyleft",
        '{"allow": "MIT"}',
        '{"allow": [1]}',
        '{"exceptions": [{"weights": "a/*"}]}',
        '{"exceptions": [{"weights": "a/*", "reason": " "}]}',
        '{"exceptions": [{"weights": "a/*", "reason": "x", "until": "tomorrow"}]}',
        '{"exceptions": [{"weights": "a/*", "reason": "x", "till": "2030-01-01"}]}',
        '{"exceptions": {"weights": "a/*"}}',
        "{",
    ],
)
def test_rules_that_cannot_be_read_allow_nothing(rules, monkeypatch):
    """A misspelt rule is an error of every look-up, and never a rule less."""
    monkeypatch.setenv("HUBCORE_LICENSES", rules)
    with pytest.raises(SettingsError, match="HUBCORE_LICENSES"):
        hubcore.get_weight("ResNet18_Weights.DEFAULT").download()


# -- Every way in. Offline, with an empty store: what is allowed fails later, for lack of a file.


@pytest.fixture
def no_files(monkeypatch):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")


@pytest.mark.parametrize("name", sorted(NEED_A_FILE))
@pytest.mark.parametrize(
    "rules", ["deny=not-stated", "allow=permissive", "data-deny=non-commercial"]
)
def test_a_function_refuses(name, rules, no_files, monkeypatch):
    """Each public function that gives weights applies the rules, before anything else."""
    monkeypatch.setenv("HUBCORE_LICENSES", rules)
    with pytest.raises(LicenseError):
        CALLS[name]()


@pytest.mark.parametrize("name", sorted(NEED_A_FILE))
def test_without_a_rule_that_refuses_it_goes_on(name, no_files, monkeypatch):
    """So the test above can fail."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=copyleft")
    with pytest.raises(OfflineError):
        CALLS[name]()


def test_each_public_function_is_known_as_a_way_in_or_not():
    """A new one must join the lists of `test_offline`, and so comes under these tests."""
    assert {*CALLS, *NOT_CALLED} >= set(hubcore.__all__)
    assert set(CALLS) >= NEED_A_FILE


WAYS_IN = [
    f"predict resnet18 {PHOTO}",
    f"predict resnet18 {PHOTO} --executor ray --output {{tmp}}/out",
    "download resnet18",
    "download --all 'resnet18*'",
    "bundle create resnet18 -o {tmp}/b.hub",
    "cache path resnet18",
    "lock resnet18 -o {tmp}/new.lock",
    "sync {tmp}/old.lock",
    "sync --frozen {tmp}/old.lock",
    "pack {tmp}/w.pth --model resnet18 --categories {tmp}/names.txt --name acme --output {tmp}/d",
    f"quantize resnet18 --calibrate {PHOTO.parent} --output {{tmp}}/q",
    "evaluate resnet18 --data {tmp}/images",
    "train resnet18 --data {tmp}/images --output {tmp}/t",
    "export resnet18 --output {tmp}/resnet18.pt2",
    "push {tmp}/mirror {tmp}/old.lock",
    f"embed resnet18 {PHOTO} --output {{tmp}}/f.parquet",
    f"embed resnet18 {PHOTO} --executor ray --output {{tmp}}/out",
    f"similar {{tmp}}/held.parquet {PHOTO}",
]
NO_WAYS_IN = {
    *("list", "show", "cache", "plugins", "doctor", "check", "new", "catalog", "help", "version"),
    *("search", "site", "store"),
    *("completion", "licenses", "bom", "card", "sign", "verify"),
}


@pytest.fixture
def files(tmp_path):
    torch.save(torchvision.models.resnet18(num_classes=3).state_dict(), tmp_path / "w.pth")
    (tmp_path / "names.txt").write_text("daisy\nrose\ntulip\n")
    (tmp_path / "images" / "tabby").mkdir(parents=True)
    shutil.copy(PHOTO, tmp_path / "images" / "tabby")
    weights = hubcore.get_weight(RESNET).value
    from hubcore.weights.lockfile import LockedWeights, Lockfile, fingerprint, write_lock

    locked = LockedWeights(
        "hub-classification/resnet18",
        weights.url,
        "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
        None,
        fingerprint(weights),
    )
    write_lock(Lockfile({"hub-classification": "0.1.0"}, {RESNET: locked}), tmp_path / "old.lock")
    from hub_embed import EmbeddingFile, Origin

    origin = Origin("hub-classification/resnet18", RESNET, "", "input of fc", (2,), {})
    EmbeddingFile(origin, ["a"], np.zeros((1, 2), np.float32)).write(tmp_path / "held.parquet")
    return tmp_path


@pytest.mark.parametrize("command", WAYS_IN)
def test_a_command_refuses(command, no_files, files, monkeypatch, capfd):
    """Each command that takes weights in applies the rules, and writes nothing."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=not-stated")
    before = set(files.rglob("*"))
    assert main(shlex.split(command.format(tmp=files))) == 1
    assert "The rules for licences refuse" in capfd.readouterr().err
    assert {p for p in files.rglob("*") if p.is_file()} <= before


def test_each_command_is_known_as_a_way_in_or_not():
    """A new command that takes weights in is added to the commands above."""
    known = {command.split()[0] for command in WAYS_IN} | NO_WAYS_IN
    assert known >= {*OURS, *(command.name for command in all_commands())}


def acme(tmp_path, license="MIT", **member):
    """A registered package with one file in the store."""
    torch.save(torchvision.models.resnet18(num_classes=3).state_dict(), tmp_path / "acme.pth")
    from hubcore.download.hashing import sha256_of

    digest = sha256_of(tmp_path / "acme.pth")
    data = {
        "url": (tmp_path / "acme.pth").as_uri(),
        "sha256": digest,
        "license": license,
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
        "meta": {"categories": ["a", "b", "c"]},
        **member,
    }
    enum = {"builder": "hub-classification/resnet18", "default": "V1", "members": {"V1": data}}
    return {"schema": 1, "weights": {"Acme_Weights": enum}}


@pytest.fixture
def bundle(tmp_path):
    catalog = acme(tmp_path, "CC-BY-NC-4.0")
    handle = hubcore.register(catalog, name="acme")
    target = tmp_path / "b.hub"
    create_bundle([hubcore.get_weight("acme/Acme_Weights.V1")], target, default_store())
    handle.remove()
    default_store().blob_path(
        catalog["weights"]["Acme_Weights"]["members"]["V1"]["sha256"]
    ).unlink()
    return target


def test_a_bundle_is_refused_before_anything_is_taken(bundle, monkeypatch):
    """What a bundle says of weights that are not installed here is what is judged."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=non-commercial")
    store = default_store()
    with pytest.raises(LicenseError, match=r"acme/Acme_Weights\.V1.*CC-BY-NC-4\.0"):
        import_bundle(bundle, store)
    assert not list(store.entries())
    assert not list((store.root / "catalogs").glob("*.json"))
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=copyleft")
    (imported,) = import_bundle(bundle, store)
    assert imported.name == "acme/Acme_Weights.V1"


def test_each_file_of_weights_asks_for_its_permit():
    """The store gives out no file of weights without the rules having been asked."""
    for name in hubcore.list_weights():
        assert hubcore.get_weight(name).value.file.permit is not None, name


def test_what_is_in_the_store_is_refused_too(tmp_path, monkeypatch):
    """A file that came earlier, or without the rules, is not given out."""
    with hubcore.register(acme(tmp_path), name="acme"):
        member = hubcore.get_weight("acme/Acme_Weights.V1")
        member.get_state_dict()
        monkeypatch.setenv("HUBCORE_LICENSES", "allow=Apache-2.0")
        for way in (member.get_state_dict, member.download):
            with pytest.raises(LicenseError):
                way()
        monkeypatch.setenv("HUBCORE_LICENSES", "allow=permissive")
        member.get_state_dict()


class Own:
    """Weights of the user's own program: the hub's protocol, and no catalogue."""

    url = "https://example.org/own.pth"
    transforms = None

    def __init__(self, **meta):
        self.meta = meta

    def get_state_dict(self, **_):
        return torchvision.models.resnet18().state_dict()

    def __repr__(self):
        return "<own>"


@pytest.mark.parametrize(
    ("weights", "allowed"),
    [(Own(), False), (Own(license="MIT"), True), (Own(license="GPL-3.0-only"), False)],
)
def test_objects_of_no_catalogue_are_judged_by_what_they_say(weights, allowed, monkeypatch):
    """A `WeightsLike` passes no store, so the builder applies the rules."""
    monkeypatch.setenv("HUBCORE_LICENSES", "allow=permissive")
    if allowed:
        hubcore.get_model("resnet18", weights=weights)
        return
    with pytest.raises(LicenseError):
        hubcore.get_model("resnet18", weights=weights)
    with pytest.raises(LicenseError):
        hubcore.get_model("fcn_resnet50", weights_backbone=weights)


def test_an_enum_written_by_hand_is_judged_by_its_licence(monkeypatch):
    """`Weights(license=...)` in no catalogue, by each of its ways."""

    class Hand_Weights(hubcore.WeightsEnum):
        V1 = hubcore.Weights("https://example.org/h.pth", transforms=dict, meta={}, license="MIT")

    monkeypatch.setenv("HUBCORE_LICENSES", "allow=Apache-2.0")
    for way in (Hand_Weights.V1.download, Hand_Weights.V1.get_state_dict):
        with pytest.raises(LicenseError, match="MIT"):
            way()


def test_without_rules_nothing_is_looked_up(tmp_path, monkeypatch):
    """Off by default: no evidence is read when weights are loaded."""
    monkeypatch.setattr(licenses, "evidence_of", lambda *_: pytest.fail("evidence was read"))
    assert settings.licenses() is None
    with hubcore.register(acme(tmp_path), name="acme"):
        hubcore.get_model("resnet18", weights="acme/Acme_Weights.V1")


# -- Listing


def listed(hub_arguments, capfd):
    assert main(["list", "-q", *hub_arguments]) == 0
    return set(capfd.readouterr().out.split())


def test_listing_shows_what_is_allowed(monkeypatch, capfd):
    """`--allowed` applies the rules to models and to weights."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=non-commercial")
    models = listed(["--allowed"], capfd)
    assert "resnet18" in models
    assert "vit_h_14" not in models
    weights = listed(["--weights", "vit_b_16", "--allowed"], capfd)
    assert weights == {"ViT_B_16_Weights.IMAGENET1K_V1"}
    monkeypatch.delenv("HUBCORE_LICENSES")
    assert "vit_h_14" in listed(["--allowed"], capfd)


def test_listing_filters_by_class(capfd):
    """The classes are sets that a filter knows."""
    assert "vit_h_14" in listed(["--where", "license in non-commercial"], capfd)
    assert listed(["--where", "license in permissive"], capfd) == {
        *("detr_resnet50", "detr_resnet50_dc5", "detr_resnet101", "detr_resnet101_dc5")
    }
    assert "resnet18" in listed(["--where", "license in not-stated"], capfd)


# -- Parents


def test_packed_weights_carry_their_parents_digest_and_terms(files, capfd):
    """`hub pack --parent` writes name, digest and evidence, which `hub show` tells."""
    command = (
        f"pack {files}/w.pth --model resnet18 --categories {files}/names.txt --name acme-tuned "
        f"--license MIT --parent ViT_H_14_Weights.DEFAULT --output {files}/d --project {files}/p"
    )
    assert main(shlex.split(command)) == 0, capfd.readouterr().err
    data = json.loads((files / "p" / "acme_tuned" / "catalog.json").read_text())
    (enum,) = data["weights"].values()
    parent = enum["members"]["V1"]["parent"]
    assert parent["name"] == "hub-classification/ViT_H_14_Weights.IMAGENET1K_SWAG_E2E_V1"
    assert parent["sha256"].startswith("80465313")
    assert parent["evidence"]["weights"]["spdx"] == "CC-BY-NC-4.0"
    assert {item["name"] for item in parent["evidence"]["data"]} == {
        *("instagram-3.6b", "imagenet-1k")
    }


def test_packing_what_was_tuned_from_refused_weights_is_refused(files, monkeypatch, capfd):
    """The rules hold for the parent, and nothing is written."""
    monkeypatch.setenv("HUBCORE_LICENSES", "deny=non-commercial")
    command = (
        f"pack {files}/w.pth --model resnet18 --categories {files}/names.txt --name acme-tuned "
        f"--license MIT --parent ViT_H_14_Weights.DEFAULT --output {files}/d"
    )
    assert main(shlex.split(command)) == 1
    assert "ViT_H_14_Weights.IMAGENET1K_SWAG_E2E_V1" in capfd.readouterr().err
    assert not (files / "d").exists()
