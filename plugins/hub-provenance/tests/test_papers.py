"""Licences, notices, bills of materials and cards say what is known, and who says so."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from environments import ROOT, Environment, build_wheel, needs_checkout

import hubcore
from hubcore.cli import main
from hubcore.store import default_store

sys.path.append(str(Path(__file__).parent))
from signers import install, member  # needs the path above

ROSE, TULIP = b"rose" * 1000, b"tulip" * 1000
DIGEST, OTHER = sha256(ROSE).hexdigest(), sha256(TULIP).hexdigest()
SOURCE = {
    "title": "Acme's model page",
    "url": "https://example.org/rose card",
    "summary": "The weights are under Apache-2.0.",
    "date": "2026-11-26",
}
STATED = {"state": "stated", "spdx": "Apache-2.0", "source": SOURCE}
REPOSITORY = {"state": "repository", "spdx": "MIT", "source": {**SOURCE, "title": "The repository"}}
PARENT = {"name": "hub-classification/ResNet18_Weights.IMAGENET1K_V1", "sha256": "a" * 64,
          "evidence": {"weights": REPOSITORY}}  # fmt: skip


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    """acme-flowers: weights with evidence of every kind, and some with none."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    flowers = {
        "title": "Flowers",
        "url": "https://example.org/flowers",
        "terms": {
            "state": "stated",
            "url": "https://example.org/terms",
            "source": SOURCE,
            "class": "non-commercial",
        },
    }
    rose = member(
        DIGEST,
        size=len(ROSE),
        evidence={"weights": STATED, "code": REPOSITORY, "data": ["flowers"],
                  "data_source": {"title": "The paper"}},
        parent=PARENT,
    )  # fmt: skip
    rose["meta"].update(_docs="Sees <b>roses</b> | and *tulips*.", num_params=11)
    silent = member(OTHER[:8])
    del silent["license"], silent["meta"]
    either = member("c" * 64, license="MIT OR Apache-2.0")
    either["meta"]["_metrics"] = {"Flowers": {"acc@1": None, "acc@5": 99.0}}
    path = install(
        tmp_path / "site",
        {
            "schema": 1,
            "lists": {"petals": "petals.json"},
            "datasets": {"flowers": flowers},
            "models": {
                "acmenet": {
                    "task": "image-classification",
                    "architecture": "torchvision.models:resnet18",
                    "weights": "AcmeNet_Weights",
                    "paper": "https://example.org/100%/paper[1].pdf",
                }
            },
            "weights": {
                "AcmeNet_Weights": {
                    "builder": "acmenet",
                    "default": "ROSE",
                    "members": {"ROSE": rose, "SILENT": silent, "EITHER": either},
                }
            },
        },
    )
    hubcore.refresh()
    return path


def hub(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def bill(capsys, *arguments):
    """The components of a bill of materials by their references."""
    document = json.loads(hub(capsys, "bom", *arguments))
    assert len({c["bom-ref"] for c in document["components"]}) == len(document["components"])
    return {component["bom-ref"]: component for component in document["components"]}


def properties(component):
    return {item["name"]: item["value"] for item in component["properties"]}


# -- licences


def test_licences_are_listed_with_their_states(catalog, capsys):
    lines = hub(capsys, "licenses", "acmenet", "--all").splitlines()
    assert lines[0].split("  ")[0] == "weights"
    rows = {line.split()[0].partition(".")[2]: line for line in lines[2:]}
    assert "Apache-2.0" in rows["ROSE"]
    assert "MIT (repository licence; weights not mentioned)" in rows["ROSE"]
    assert "Flowers: non-commercial" in rows["ROSE"]
    assert rows["SILENT"].count("not stated") == 3


def test_licences_are_listed_as_json_with_their_sources(catalog, capsys):
    (rose,) = json.loads(hub(capsys, "licenses", "AcmeNet_Weights.ROSE", "--json"))
    assert rose["sha256"] == DIGEST
    assert rose["weights"]["source"] == SOURCE
    assert rose["code"]["state"] == "repository"
    assert rose["parent"]["sha256"] == "a" * 64


def test_without_names_all_installed_weights_are_listed(capsys):
    everything = json.loads(hub(capsys, "licenses", "--json"))
    names = {item["name"].partition("/")[2] for item in everything}
    assert set(hubcore.list_weights()) <= names
    assert all(item["weights"]["state"] for item in everything)


def test_the_notice_says_who_says_so(catalog, capsys, tmp_path):
    text = hub(capsys, "licenses", "acmenet", "--all", "--notice")
    rose = text.partition("AcmeNet_Weights.ROSE\n")[2].partition("\n\n")[0]
    assert "  weights: Apache-2.0\n" in rose
    assert "    says Acme's model page: The weights are under Apache-2.0. https://" in rose
    assert "https://example.org/rose card (2026-11-26)" in rose
    assert f"SHA-256: {DIGEST}" in rose
    assert f"weights of {PARENT['name']}: MIT (repository licence; weights not mentioned)" in rose
    silent = text.partition("AcmeNet_Weights.SILENT\n")[2].partition("\n\n")[0]
    assert "  weights: not stated\n    looked at the catalogue of acme-flowers 2.0" in silent
    hub(capsys, "licenses", "acmenet", "--all", "--notice", "-o", str(tmp_path / "NOTICE"))
    assert (tmp_path / "NOTICE").read_text() == text


# -- bills of materials


def test_a_bill_holds_what_is_known_and_nothing_else(catalog, capsys):
    found = bill(capsys, "acmenet", "--all")
    rose = found["acme-flowers/AcmeNet_Weights.ROSE"]
    assert rose["type"] == "machine-learning-model"
    assert rose["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    assert rose["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert rose["modelCard"] == {
        "modelParameters": {
            "task": "image-classification",
            "modelArchitecture": "acmenet",
            "datasets": [{"ref": "dataset:flowers"}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [{"type": "acc@1", "value": "91.5", "slice": "Flowers"}]
        },
    }
    (parent,) = rose["pedigree"]["ancestors"]
    assert parent["name"] == PARENT["name"]
    assert parent["hashes"][0]["content"] == "a" * 64
    assert "licenses" not in parent  # the repository's is not the weights'
    assert properties(parent)["hubcore:license:weights"] == "MIT"
    said = properties(rose)
    assert said["hubcore:license:weights:source:date"] == "2026-11-26"
    assert said["hubcore:license:code:state"] == "repository licence; weights not mentioned"
    assert said["hubcore:data:source:title"] == "The paper"
    data = found["dataset:flowers"]
    assert data["type"] == "data"
    assert data["licenses"][0]["license"]["url"] == "https://example.org/terms"
    silent = found["acme-flowers/AcmeNet_Weights.SILENT"]
    assert not silent.keys() & {"hashes", "licenses", "description", "pedigree"}
    assert silent["modelCard"].keys() == {"modelParameters"}
    assert properties(silent)["hubcore:sha256:prefix"] == OTHER[:8]
    assert properties(silent)["hubcore:license:weights:state"] == "not stated"
    either = found["acme-flowers/AcmeNet_Weights.EITHER"]
    assert either["licenses"] == [
        {"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}
    ]
    metrics = either["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert metrics == [{"type": "acc@5", "value": "99.0", "slice": "Flowers"}]


def test_a_bill_is_valid_by_the_official_schema(catalog, capsys):
    """With its addresses, which the command checks by other means: some here are malformed."""
    text = hub(capsys, "bom", "acmenet", "--all")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    addresses = [r["url"] for r in json.loads(text)["components"][0]["externalReferences"]]
    assert "https://example.org/100%25/paper%5B1%5D.pdf" in addresses


def test_data_sets_that_differ_under_one_name_stay_apart(catalog, capsys):
    data = json.loads(catalog.read_text())
    other = {"name": "flowers", "title": "Other flowers", "terms": STATED}
    data["weights"]["AcmeNet_Weights"]["members"]["EITHER"]["evidence"] = {"data": [other]}
    catalog.write_text(json.dumps(data))
    hubcore.refresh()
    found = bill(capsys, "acmenet", "--all")
    names = set()
    for name in ("ROSE", "EITHER"):
        card = found[f"acme-flowers/AcmeNet_Weights.{name}"]["modelCard"]
        (reference,) = card["modelParameters"]["datasets"]
        names.add(found[reference["ref"]]["name"])
    assert names == {"Flowers", "Other flowers"}


def test_all_installed_weights_make_a_valid_bill(capsys):
    """The command refuses one that is not."""
    found = bill(capsys, "--all")
    weights = {key for key, c in found.items() if c["type"] == "machine-learning-model"}
    assert {name.partition("/")[2] for name in weights} >= set(hubcore.list_weights())
    quantized = found["hub-quantization/ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2"]
    (float_weights,) = quantized["pedigree"]["ancestors"]
    assert float_weights["name"] == "hub-classification/ResNet50_Weights.IMAGENET1K_V2"


def test_what_the_schema_refuses_is_not_written(catalog, tmp_path, monkeypatch, capsys):
    from hub_provenance import bom

    monkeypatch.setattr(bom, "_hashes", lambda digest: [{"alg": "SHA-256", "content": "?"}])
    assert main(["bom", "acmenet", "-o", str(tmp_path / "bom.json")]) == 1
    assert "would break CycloneDX's schema at $." in capsys.readouterr().err
    assert not (tmp_path / "bom.json").exists()


def test_the_same_weights_make_the_same_bytes(tmp_path):
    made = []
    for seed in ("1", "2"):
        file = tmp_path / f"{seed}.json"
        subprocess.run(
            [sys.executable, "-m", "hubcore.cli", "bom", "resnet18", "ssd300_vgg16",
             "quantized_resnet50", "-o", file],
            check=True, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=tmp_path,
        )  # fmt: skip
        made.append(file.read_bytes())
    assert made[0] == made[1]


def test_a_bill_of_the_store_has_its_files(catalog, tmp_path, capsys):
    """Also those that no catalogue knows; and weights whose digest was pinned have it in full."""
    store = default_store()
    digests = {}
    for name, content in (("rose.pth", ROSE), ("unknown.bin", b"?" * 99)):
        (tmp_path / name).write_bytes(content)
        digests[name] = store.add(tmp_path / name).name
    found = bill(capsys, "--cached")
    assert found["acme-flowers/AcmeNet_Weights.ROSE"]["hashes"][0]["content"] == DIGEST
    unknown = found[f"sha256:{digests['unknown.bin']}"]
    assert (unknown["type"], unknown["name"]) == ("file", "unknown.bin")
    assert found == bill(capsys)
    models = [c for c in found.values() if c["type"] == "machine-learning-model"]
    assert len(models) == 1


def test_a_bill_of_a_lock_has_its_digests(catalog, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tulip").write_bytes(TULIP)
    default_store().add(tmp_path / "tulip")
    # The catalogue has the first eight digits.
    default_store().pin(f"https://example.org/{OTHER[:8]}.pth", OTHER)
    assert main(["lock", "AcmeNet_Weights.ROSE", "AcmeNet_Weights.SILENT"]) == 0
    found = bill(capsys, "--lock")
    names = {name for name, c in found.items() if c["type"] == "machine-learning-model"}
    assert names == {f"acme-flowers/AcmeNet_Weights.{name}" for name in ("ROSE", "SILENT")}
    assert found["acme-flowers/AcmeNet_Weights.SILENT"]["hashes"][0]["content"] == OTHER
    lock = json.loads((tmp_path / "hub.lock").read_text())
    lock["weights"]["acme-flowers/AcmeNet_Weights.ROSE"]["sha256"] = "d" * 64
    (tmp_path / "hub.lock").write_text(json.dumps(lock))
    assert main(["bom", "--lock"]) == 1  # the evidence is of another file
    assert "of another file" in capsys.readouterr().err
    assert main(["licenses", "--lock", "hub.lock"]) == 1


def test_a_catalogue_that_is_in_no_package_is_called_none(own_home, capsys):
    """Its weights are of a model that is not installed, too, and are listed all the same."""
    (own_home / "catalogs").mkdir()
    entry = {"builder": "nowhere", "default": "V1", "members": {"V1": member(DIGEST)}}
    entry["members"]["V1"]["meta"] = {}
    document = {"schema": 1, "weights": {"A_Weights": entry}}
    (own_home / "catalogs" / "mine.json").write_text(json.dumps(document))
    hubcore.refresh()
    found = bill(capsys, "--all")
    assert found["mine/A_Weights.V1"]["modelCard"]["modelParameters"] == {
        "modelArchitecture": "nowhere"
    }
    assert found["catalogue:mine"]["type"] == "data"
    assert "purl" not in found["catalogue:mine"]
    assert "mine/A_Weights.V1" in hub(capsys, "licenses")
    assert main(["card", "mine/A_Weights.V1"]) == 0


# -- cards


def test_every_statement_of_a_card_has_a_source(catalog, capsys):
    made = json.loads(hub(capsys, "card", "acmenet", "--json"))
    statements = [s for section in made["sections"] for s in section["statements"]]
    assert statements
    assert all(statement["source"]["title"] for statement in statements)
    assert {"text": "Weights: Apache-2.0", "source": SOURCE} in statements
    assert any(s["text"].startswith("Trained on Flowers") and s["source"]["title"] == "The paper"
               for s in statements)  # fmt: skip
    lines = hub(capsys, "card", "acmenet").splitlines()
    notes = {line.partition(":")[0] for line in lines if line.startswith("[^")}
    facts = [line for line in lines if line.startswith("- ")][2:]
    said = [line for line in facts if not line.startswith(("- image", "- name"))]
    assert len(said) == len(statements)
    assert all(line[line.rindex("[^"):] in notes for line in said)  # fmt: skip


def test_hugging_face_reads_the_front_matter(catalog, tmp_path, capsys):
    from huggingface_hub import ModelCard

    file = tmp_path / "README.md"
    assert main(["card", "acmenet", "-o", str(file)]) == 0
    data = ModelCard.load(file).data
    assert data.license == "apache-2.0"
    assert data.pipeline_tag == "image-classification"
    assert data.datasets == ["flowers"]
    (result,) = data.eval_results
    assert (result.dataset_name, result.metric_type, result.metric_value) == (
        "Flowers", "acc@1", 91.5,
    )  # fmt: skip


def test_a_card_says_nothing_of_what_is_not_known(catalog, capsys):
    made = json.loads(hub(capsys, "card", "AcmeNet_Weights.SILENT", "--json"))
    assert made["front_matter"].keys() == {"library_name", "pipeline_tag", "tags"}
    assert "Results" not in {section["title"] for section in made["sections"]}


def test_text_of_a_catalogue_makes_no_markup(catalog, capsys):
    text = hub(capsys, "card", "acmenet")
    assert r"Sees \<b\>roses\</b\> \| and \*tulips\*." in text


def test_a_card_is_of_one_set_of_weights(catalog, capsys):
    assert main(["card", "AcmeNet_Weights"]) == 1
    assert "ROSE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "bom nothing-here",
        "bom --cached resnet18",
        "bom --lock nowhere.lock",
        "bom resnet18 -o /nowhere/bom.json",
        "card resnet999",
        "card resnet18 -o /nowhere/card.md",
        "licenses resnet18 --lock hub.lock",
        "licenses resnet18 -o NOTICE",
        "licenses resnet18 --notice -o /nowhere/NOTICE",
        "sign nothing-here --key k.pem",
        "sign nowhere.json --key k.pem",
        "sign hub-detection --key /nowhere/k.pem -o s.sig",
        "verify nothing-here",
        "verify hub-detection hub-video --signature s.sig",
    ],
)
def test_wrong_input_is_an_error_in_words(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 1
    assert capsys.readouterr().err.startswith("hub: ")
    assert list(tmp_path.iterdir()) == []


def test_no_paper_tells_a_secret(catalog, tmp_path, monkeypatch, capsys):
    """Users, passwords and the queries of signed addresses."""
    monkeypatch.chdir(tmp_path)
    data = json.loads(catalog.read_text())
    rose = data["weights"]["AcmeNet_Weights"]["members"]["ROSE"]
    rose["url"] = "https://user:pa55@example.org/rose.pth?token=t0ken"
    rose["mirrors"] = ["https://user:pa55@example.net/rose.pth?token=t0ken"]
    catalog.write_text(json.dumps(data))
    hubcore.refresh()
    told = "".join(
        hub(capsys, *command.split())
        for command in (
            "licenses acmenet", "licenses acmenet --json", "licenses acmenet --notice",
            "bom acmenet", "card acmenet", "card acmenet --json",
        )
    )  # fmt: skip
    assert "example.org/rose.pth" in told
    assert "pa55" not in told
    assert "t0ken" not in told


# -- as it is installed


@needs_checkout
def test_the_installed_commands_work(tmp_path):
    """`hub --help` lists them without their code, and each runs."""
    environment = Environment(tmp_path / "environment")
    for project in (ROOT, ROOT / "plugins/hub-provenance", ROOT / "plugins/hub-optical-flow"):
        environment.install(build_wheel(project, tmp_path / "dist"))
    help = environment.hub("--help")
    for name in ("bom", "card", "licenses", "sign", "verify"):
        assert f"\n    {name} " in help.stdout
    probe = (
        "import sys\nfrom hubcore.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    )
    probe += "print([m for m in sys.modules if m.startswith(('hub_', 'cyclonedx', 'model_sig'))])"
    assert environment.run(probe).stdout.endswith("[]\n")
    key = tmp_path / "key.pem"
    public = tmp_path / "key.pub"
    from signers import Key

    pair = Key(tmp_path, "key")
    assert (pair.private, pair.public) == (key, public)
    assert environment.hub("licenses", "raft_small").returncode == 0
    assert json.loads(environment.hub("bom", "raft_small").stdout)["bomFormat"] == "CycloneDX"
    assert environment.hub("card", "raft_small").stdout.startswith("---\n")
    signed = environment.hub("sign", "hub-optical-flow", "--key", key)
    assert signed.returncode == 0, signed.stderr
    verified = environment.hub("verify", "hub-optical-flow", "--key", public)
    assert verified.returncode == 0, verified.stdout
    assert "key.pub" in verified.stdout


def test_every_file_of_weights_is_in_the_bill_and_on_the_card(tmp_path):
    """Without the secrets of its address."""
    from hub_provenance import bom, card, subjects
    from hub_provenance.verification import files_of

    more = {"url": "https://user:hunter2@example.org/fc.pth", "sha256": "2" * 64, "size": 7}
    member = {
        "url": "https://example.org/stem.pth",
        "sha256": "1" * 64,
        "files": [more],
        "transforms": "hubcore.transforms:ImageClassification",
    }
    enum = {"builder": "resnet18", "members": {"V1": member}}
    catalog = {"schema": 1, "weights": {"Parts_Weights": enum}}
    with hubcore.register(catalog, name="parts"):
        subject = subjects.of("parts/Parts_Weights.V1")
        text = bom.to_text(bom.bill([subject]))
        states = list(files_of(subject.entry.catalog, default_store()))
        facts = [fact.text for fact in card._files(subject)]
    assert '"content": "' + "2" * 64 in text
    assert "hunter2" not in text + str(facts)
    assert [state.sha256 for state in states] == ["1" * 64, "2" * 64]
    assert any("2" * 64 in fact and "7 bytes" in fact for fact in facts)
