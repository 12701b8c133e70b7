"""Signatures of catalogues: what they cover, whose are accepted, and what is refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import hubcore
from hubcore.catalogs.names import find_weights
from hubcore.cli import main
from hubcore.errors import PluginWarning, SignatureError
from hubcore.store import default_store

sys.path.append(str(Path(__file__).parent))
from signers import Chain, Key, install, member  # needs the path above

ROSE, TULIP = b"rose" * 1000, b"tulip" * 1000


@pytest.fixture
def store(own_home, tmp_path):
    """A store with the files of the two weights."""
    store = default_store()
    for name, content in (("rose", ROSE), ("tulip", TULIP)):
        (tmp_path / name).write_bytes(content)
        store.add(tmp_path / name)
    return store


@pytest.fixture
def catalog(store, tmp_path, monkeypatch):
    """The catalogue of acme-flowers 2.0, installed."""
    from hashlib import sha256

    monkeypatch.setattr(sys, "path", [*sys.path])
    digests = [sha256(content).hexdigest() for content in (ROSE, TULIP)]
    return install(
        tmp_path / "site",
        {
            "schema": 1,
            "lists": {"petals": "petals.json"},
            "models": {
                "acmenet": {
                    "task": "image-classification",
                    "architecture": "torchvision.models:resnet18",
                    "weights": "AcmeNet_Weights",
                }
            },
            "weights": {
                "AcmeNet_Weights": {
                    "builder": "acmenet",
                    "default": "ROSE",
                    "members": {"ROSE": member(digests[0]), "TULIP": member(digests[1])},
                }
            },
        },
    )


@pytest.fixture
def key(tmp_path):
    return Key(tmp_path, "acme")


def trust(own_home, policy="enforce", keys=(), certificates=(), name="acme-flowers"):
    """Sets the trust policy, in place of any other."""
    settings = {
        "policy": policy,
        "keys": [str(path) for path in keys],
        "certificates": [str(path) for path in certificates],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (own_home / "config.toml").write_text("\n".join([f'[trust."{name}"]', *lines]))
    hubcore.refresh()


def sign(catalog, key, *more):
    hubcore.refresh()
    assert main(["sign", str(catalog), "--key", str(key.private), *map(str, more)]) == 0
    hubcore.refresh()


def status():
    """The state of acme-flowers, and what is wrong with it."""
    hubcore.refresh()
    (plugin,) = (p for p in hubcore.plugins() if p.distribution == "acme-flowers")
    return plugin


def edit(catalog, change):
    data = json.loads(catalog.read_text())
    change(data, data["weights"]["AcmeNet_Weights"]["members"])
    catalog.write_text(json.dumps(data))


# -- what is accepted


def test_a_signed_catalogue_is_used_and_its_signer_is_shown(catalog, key, own_home, capsys):
    sign(catalog, key)
    trust(own_home, keys=[key.public])
    plugin = status()
    assert plugin.status == "ok"
    assert plugin.signed_by.startswith("acme.pub (key ")
    assert "acmenet" in hubcore.list_models()
    capsys.readouterr()
    assert main(["plugins"]) == 0
    assert "acme.pub (key " in capsys.readouterr().out
    assert main(["plugins", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["plugins"]
    assert [p["signed_by"] for p in shown if p["distribution"] == "acme-flowers"] == [
        plugin.signed_by
    ]


def test_a_certificates_chain_is_accepted_by_its_root(catalog, tmp_path, own_home):
    chain = Chain(tmp_path)
    sign(catalog, chain.key, "--certificate", chain.leaf, "--chain", chain.middle)
    trust(own_home, certificates=[chain.root])
    assert status().signed_by.startswith("CN=Acme leaf (certificate ")
    other = Chain(tmp_path / "site")
    trust(own_home, certificates=[other.root])
    with pytest.warns(PluginWarning, match="not accepted"):
        assert status().status == "untrusted"


@pytest.mark.parametrize("name", ["*", "Acme_Flowers"])
def test_a_policy_is_found_by_any_spelling_and_by_the_asterisk(catalog, key, own_home, name):
    trust(own_home, keys=[key.public], name=name)
    with pytest.warns(PluginWarning, match="is not signed"):
        assert status().status == "untrusted"


def test_off_verifies_nothing(catalog, own_home):
    catalog.with_name("catalog.json.sig").write_text("rubbish")
    trust(own_home, policy="off")
    assert status().status == "ok"
    assert status().signed_by == ""


def test_warn_uses_the_catalogue_and_says_so(catalog, key, own_home):
    trust(own_home, policy="warn", keys=[key.public])
    with pytest.warns(PluginWarning, match="is used, although .* is not signed"):
        assert status().status == "ok"


def test_signing_is_of_the_store_and_needs_no_file(catalog, key, capsys):
    shutil.rmtree(default_store().root / "blobs")
    sign(catalog, key)
    assert "2 by their full digest" in capsys.readouterr().out


# -- what is refused: ten kinds of tampering


def a_file(catalog, key, more):
    """The file of some weights is changed in the store."""
    digest = json.loads(catalog.read_text())["weights"]["AcmeNet_Weights"]["members"]["ROSE"]
    path = default_store().blob_path(digest["sha256"])
    path.chmod(0o644)
    path.write_bytes(b"thorn" + path.read_bytes()[5:])
    return "ROSE is damaged"


def an_entry(catalog, key, more):
    edit(catalog, lambda data, members: members["ROSE"].update(url="https://evil.example/x.pth"))
    return "catalog.json was changed"


def a_licence(catalog, key, more):
    edit(catalog, lambda data, members: members["ROSE"].update(license="MIT"))
    return "catalog.json was changed"


def an_added_name(catalog, key, more):
    edit(catalog, lambda data, members: members.update(DAISY=member("d" * 64)))
    return "catalog.json was changed"


def a_removed_name(catalog, key, more):
    edit(catalog, lambda data, members: members.pop("TULIP"))
    return "catalog.json was changed"


def swapped_digests(catalog, key, more):
    def swap(data, members):
        rose, tulip = members["ROSE"], members["TULIP"]
        rose["sha256"], tulip["sha256"] = tulip["sha256"], rose["sha256"]

    edit(catalog, swap)
    return "catalog.json was changed"


def another_key(catalog, key, more):
    sign(catalog, Key(more, "mallory"))
    return "which is not accepted"


def an_expired_certificate(catalog, key, more):
    chain = Chain(more, days=(-30, -1))
    sign(catalog, chain.key, "--certificate", chain.leaf, "--chain", chain.middle)
    return "certificate has expired"


def a_downgrade(catalog, key, more):
    """Everything of version 1.0 is put in the place of 2.0, its signature too."""
    assert status().status == "ok"  # which notes the version
    edit(catalog, lambda data, members: members["ROSE"].update(sha256="e" * 64))
    install(catalog.parents[1], json.loads(catalog.read_text()), version="1.0")
    sign(catalog, key)
    return "older than 2.0"


def no_signature(catalog, key, more):
    catalog.with_name("catalog.json.sig").unlink()
    return "is not signed"


def a_list(catalog, key, more):
    """The labels, which the catalogue keeps in another file, change places."""
    catalog.with_name("petals.json").write_text('["tulip", "rose"]')
    return "petals.json was changed"


def an_older_catalogue(catalog, key, more):
    """Catalogue and signature of 1.0 are put into the installed 2.0."""
    sign(catalog, key, "--version", "1.0")
    return "signed for acme-flowers 1.0, but 2.0 is installed"


def anothers_catalogue(catalog, key, more):
    """A catalogue that the same key signed for another distribution."""
    sign(catalog, key, "--distribution", "acme-weeds")
    return "signed as the catalogue of 'acme-weeds'"


def a_forged_payload(catalog, key, more):
    """The digest in the signature is replaced by that of the changed catalogue."""
    import base64
    import hashlib

    signature = catalog.with_name("catalog.json.sig")
    before = hashlib.sha256(catalog.read_bytes()).hexdigest()
    edit(catalog, lambda data, members: members["ROSE"].update(license="MIT"))
    after = hashlib.sha256(catalog.read_bytes()).hexdigest()
    bundle = json.loads(signature.read_text())
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(
        payload.replace(before.encode(), after.encode())
    ).decode()
    signature.write_text(json.dumps(bundle))
    return "forged or damaged"


TAMPERINGS = [
    a_file,
    an_entry,
    a_licence,
    an_added_name,
    a_removed_name,
    swapped_digests,
    another_key,
    an_expired_certificate,
    a_downgrade,
    no_signature,
    a_list,
    an_older_catalogue,
    anothers_catalogue,
    a_forged_payload,
]


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_tampering_is_refused(tamper, catalog, key, own_home, tmp_path, capsys):
    """`hub verify` says what is wrong, and nothing of the catalogue can be used."""
    sign(catalog, key)
    more = tmp_path / "more"
    more.mkdir()
    accepted = [key.public]
    if tamper is an_expired_certificate:
        expected = tamper(catalog, key, more)
        trust(own_home, certificates=[more / "root.crt"])
    else:
        trust(own_home, keys=accepted)
        expected = tamper(catalog, key, more)
    capsys.readouterr()
    if tamper is a_file:
        assert main(["verify", "acme-flowers"]) == 1
        assert expected in capsys.readouterr().out
        return
    with pytest.warns(PluginWarning):
        plugin = status()
    assert plugin.status == "untrusted"
    assert expected in plugin.error
    assert "acmenet" not in hubcore.list_models()
    with pytest.raises(hubcore.HubError):
        hubcore.get_weight("acme-flowers/AcmeNet_Weights.ROSE")
    assert main(["verify", "acme-flowers"]) == 1
    assert expected in capsys.readouterr().out


def test_a_changed_file_is_not_loaded(catalog, key, own_home, monkeypatch):
    sign(catalog, key)
    trust(own_home, keys=[key.public])
    a_file(catalog, key, None)
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    with pytest.raises(hubcore.HubError, match="is not in"):
        hubcore.get_weight("AcmeNet_Weights.ROSE").download()


def test_an_older_version_can_be_accepted(catalog, key, own_home, tmp_path):
    sign(catalog, key)
    trust(own_home, keys=[key.public])
    a_downgrade(catalog, key, tmp_path)
    with pytest.warns(PluginWarning):
        assert status().status == "untrusted"
    assert main(["verify", "acme-flowers", "--accept-older"]) == 0
    assert status().status == "ok"


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", '"x"', '{"dsseEnvelope": 3}', "[" * 100_000,
        '{"dsseEnvelope": {"payload": "e30="}, "verificationMaterial": {}}',
    ],
)  # fmt: skip
def test_rubbish_in_place_of_a_signature_is_refused_in_words(catalog, key, own_home, content):
    catalog.with_name("catalog.json.sig").write_text(content)
    trust(own_home, keys=[key.public])
    with pytest.warns(PluginWarning, match="is not a signature of Model Signing"):
        assert status().status == "untrusted"


def test_what_is_registered_needs_a_signature_too(catalog, key, own_home):
    """Neither data nor an unsigned file becomes part of a distribution whose policy is enforced."""
    trust(own_home, keys=[key.public], name="*")
    with pytest.raises(SignatureError, match="not in a file"):
        hubcore.register(json.loads(catalog.read_text()), name="mine")
    with pytest.raises(SignatureError, match="is not signed"):
        hubcore.register(catalog, name="mine")
    sign(catalog, key, "--distribution", "mine", "--version", "1")
    with hubcore.register(catalog, name="mine"):
        assert find_weights("mine/AcmeNet_Weights").members.keys() == {"ROSE", "TULIP"}


def test_what_a_pickle_carries_needs_a_signature_too(catalog, key, own_home):
    """A registration of a process without the policy does not come in by a pickled member."""
    import pickle

    with hubcore.register(catalog, name="mine"):
        text = pickle.dumps(hubcore.get_weight("mine/AcmeNet_Weights.ROSE"))
    trust(own_home, keys=[key.public], name="mine")
    with pytest.raises(SignatureError, match="is not signed"):
        pickle.loads(text)


def test_a_look_up_says_why_a_name_is_gone(key, own_home, capsys):
    trust(own_home, keys=[key.public], name="hub-video")
    assert main(["show", "hub-video/swin3d_b"]) == 1
    error = capsys.readouterr().err
    assert "The plugin 'hub-video' that offers it is untrusted" in error
    assert "the setting 'trust' enforces a signature" in error


def test_a_policy_without_the_verifier_is_kept(catalog, key, own_home, monkeypatch):
    """Removing hub-provenance does not lift the policy."""
    sign(catalog, key)
    trust(own_home, keys=[key.public])
    for module in [one for one in sys.modules if one.startswith("hub_provenance")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "hub_provenance", None)
    with pytest.warns(PluginWarning, match="pip install hub-provenance"):
        assert status().status == "untrusted"


@pytest.mark.parametrize(
    "table",
    [
        'policy = "enforce"',  # without a key
        'policy = "sometimes"\nkeys = ["/k.pub"]',
        'policy = "warn"\nkeys = ["k.pub"]',  # which folder's?
        'policy = "warn"\nkeys = "/k.pub"',
        'policy = "warn"\nkey = ["/k.pub"]',
        'keys = ["/k.pub"]',
    ],
)
def test_a_policy_that_cannot_be_meant_is_an_error(own_home, table, capsys):
    (own_home / "config.toml").write_text(f"[trust.acme]\n{table}\n")
    assert main(["list"]) == 1
    assert "'trust' in" in capsys.readouterr().err


def test_a_certificate_needs_no_chain_and_must_be_for_signing(catalog, tmp_path, own_home, capsys):
    chain = Chain(tmp_path)
    sign(catalog, chain.key, "--certificate", chain.leaf)
    trust(own_home, certificates=[chain.middle, chain.root])
    assert status().status == "ok"
    signer = ["--key", str(tmp_path / "root.pem"), "--certificate", str(chain.root)]
    assert main(["sign", str(catalog), *signer]) == 1
    assert "not meant for signing" in capsys.readouterr().err


def test_an_encrypted_key_takes_its_password_from_a_file(catalog, key, tmp_path, capsys):
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_bytes(
        key.pair.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    password = tmp_path / "password"
    password.write_text("secret\n")
    command = ["sign", str(catalog), "--key", str(encrypted)]
    assert main(command) == 1
    assert "give its password by --password-file" in capsys.readouterr().err
    assert main([*command, "--password-file", str(password)]) == 0
    assert main(["verify", str(catalog), "--key", str(key.public)]) == 0
    password.write_text("wrong")
    assert main([*command, "--password-file", str(password)]) == 1
    assert "the password is wrong" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: ed25519.Ed25519PrivateKey.generate(), "a key of another kind"),
        (lambda: rsa.generate_private_key(65537, 2048), "a key of another kind"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "a key of another kind"),
        (None, "it is no private key"),
    ],
)
def test_a_key_that_cannot_sign_is_an_error_in_words(catalog, key, tmp_path, capsys, made, said):
    path = key.public
    if made is not None:
        path = tmp_path / "other.pem"
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        path.write_bytes(made().private_bytes(pem, pkcs8, serialization.NoEncryption()))
    assert main(["sign", str(catalog), "--key", str(path)]) == 1
    assert said in capsys.readouterr().err
    assert not catalog.with_name("catalog.json.sig").exists()


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()])
def test_other_curves_sign_as_well(catalog, tmp_path, curve):
    key = Key(tmp_path, "other", curve)
    sign(catalog, key)
    assert main(["verify", "acme-flowers", "--key", str(key.public)]) == 0


def test_a_signature_without_a_key_is_left_to_model_signing(catalog, key, own_home):
    """Keyless, by Sigstore: its certificate stands elsewhere in the file."""
    sign(catalog, key)
    signature = catalog.with_name("catalog.json.sig")
    bundle = json.loads(signature.read_text())
    bundle["verificationMaterial"] = {"certificate": {"rawBytes": ""}}
    signature.write_text(json.dumps(bundle))
    trust(own_home, keys=[key.public])
    with pytest.warns(PluginWarning, match="model_signing verify sigstore"):
        assert status().status == "untrusted"


def test_signatures_before_model_signing_1_are_refused(catalog, key, own_home):
    """They say less; a valid one must not take the place of a newer."""
    import base64

    sign(catalog, key)
    signature = catalog.with_name("catalog.json.sig")
    bundle = json.loads(signature.read_text())
    payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    payload["predicateType"] = "https://model_signing/Digests/v0.1"
    text = json.dumps(payload).encode()
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(text).decode()
    signature.write_text(json.dumps(bundle))
    trust(own_home, keys=[key.public])
    with pytest.warns(PluginWarning, match="older format"):
        assert status().status == "untrusted"


# -- the package model-signing


def model_signing(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "model_signing", *map(str, arguments)],
        capture_output=True, text=True,
    )  # fmt: skip


def test_model_signing_verifies_ours(catalog, key, tmp_path):
    """Of a folder with other files in it, and after a change not any more."""
    chain = Chain(tmp_path)
    ours = catalog.with_name("catalog.json.sig")
    for signer, arguments in (
        ([key], ["key", "--public_key", key.public]),
        (
            [chain.key, "--certificate", chain.leaf, "--chain", chain.middle],
            ["certificate", "--certificate_chain", chain.root],
        ),
    ):
        sign(catalog, *signer)
        command = ["verify", arguments[0], catalog.parent, "--signature", ours, *arguments[1:]]
        command.append("--ignore_unsigned_files")
        result = model_signing(*command)
        assert result.returncode == 0, result.stderr
        catalog.write_text(catalog.read_text() + "\n")
        assert model_signing(*command).returncode == 1


@pytest.mark.parametrize("of_folder", [True, False])
def test_signatures_of_model_signing_are_verified(catalog, key, own_home, tmp_path, of_folder):
    """Of the folder, with a file of weights in it, or of the catalogue's file without lists."""
    signature = tmp_path / "theirs.sig"
    if of_folder:
        digest = json.loads(catalog.read_text())["weights"]["AcmeNet_Weights"]["members"]["ROSE"]
        shutil.copy(default_store().blob_path(digest["sha256"]), catalog.with_name("rose.pth"))
    else:
        edit(catalog, lambda data, members: data.pop("lists"))
    target = catalog.parent if of_folder else catalog
    arguments = ["--private_key", key.private, "--signature", signature]
    result = model_signing("sign", "key", target, *arguments)
    assert result.returncode == 0, result.stderr
    shutil.copy(signature, catalog.with_name("catalog.json.sig"))
    trust(own_home, keys=[key.public])
    assert status().status == "ok"
    assert main(["verify", "acme-flowers"]) == 0
    if of_folder:
        catalog.with_name("rose.pth").unlink()  # the store has it
        assert main(["verify", "acme-flowers"]) == 0
        shutil.rmtree(default_store().root / "blobs")
        assert main(["verify", "acme-flowers"]) == 1


def test_certificates_of_model_signing_are_verified(catalog, own_home, tmp_path):
    chain = Chain(tmp_path)
    arguments = ["--private_key", chain.key.private, "--signing_certificate", chain.leaf]
    arguments += ["--certificate_chain", chain.middle, "--signature", tmp_path / "theirs.sig"]
    result = model_signing("sign", "certificate", catalog.parent, *arguments)
    assert result.returncode == 0, result.stderr
    shutil.copy(tmp_path / "theirs.sig", catalog.with_name("catalog.json.sig"))
    trust(own_home, certificates=[chain.root])
    assert status().status == "ok"


# -- no file is read


def test_a_hundred_gigabytes_are_verified_without_reading_them(catalog, key, capsys):
    store = default_store()
    size = 10**9

    def many(data, members):
        members.clear()
        for number in range(100):
            members[f"N{number}"] = member(f"{number:064x}", size=size)
        data["weights"]["AcmeNet_Weights"]["default"] = "N0"

    edit(catalog, many)
    for number in range(100):
        path = store.blob_path(f"{number:064x}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)  # no block of the disk is used
        status = path.stat()
        record = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
        store.record_path(path.name).write_text(json.dumps(record))
    hubcore.refresh()
    opened = []
    watching = True

    def watch(event, arguments):
        if watching and event == "open" and isinstance(arguments[0], (str, os.PathLike)):
            opened.append(Path(arguments[0]))

    sys.addaudithook(watch)
    sign(catalog, key)
    assert main(["verify", "acme-flowers", "--key", str(key.public), "--json"]) == 0
    watching = False
    (found,) = json.loads(capsys.readouterr().out.partition("\n[")[2].join(["[", ""]))
    assert (found["verified"], found["missing"], found["damaged"]) == (100, 0, [])
    assert catalog in opened
    blobs = store.root / "blobs"
    assert [p for p in opened if blobs in p.parents and p.suffix != ".json"] == []
