"""Weights of several files: each is verified, mapped, locked, bundled, found and shown."""

import hashlib
import json
from functools import partial

import pytest
import torch
from servers import FaultyServer
from test_metric_states import changed
from third_parties import Plain, offer

import hubcore
from hubcore.cli import main
from hubcore.download.hashing import sha256_of
from hubcore.errors import CatalogError, DigestMismatchError, WeightsError
from hubcore.info import weights_info
from hubcore.store import default_store
from hubcore.testing import CHECKS, Fault, Subject
from hubcore.weights.traces import trace

pytestmark = pytest.mark.usefixtures("one_thread", "own_home")

NAME = "acme/Acme_Weights.V1"


class Net(Plain):
    def forward(self, x):
        return self.fc(self.stem(x).mean((2, 3)))


def joined(checkpoints):
    """As for three networks in a file each."""
    assert list(checkpoints) == ["stem.pth", "fc.pth"]
    return {f"{name[:-4]}.{k}": t for name, part in checkpoints.items() for k, t in part.items()}


@pytest.fixture
def parts(tmp_path):
    """A model, and its tensors in two files that a server has."""
    torch.manual_seed(0)
    model = Plain()
    tensors = model.state_dict()
    folder = tmp_path / "served"
    folder.mkdir()
    for part in ("stem", "fc"):
        torch.save({k: t for k, t in tensors.items() if k.startswith(part)}, folder / f"{part}.pth")
    return model, folder


@pytest.fixture
def served(parts):
    model, folder = parts
    with FaultyServer() as server:
        for path in folder.iterdir():
            server.serve(f"/{path.name}", path.read_bytes())
        yield model, folder, server


def registered(folder, address, **facts):
    files = [
        {
            "url": address("fc.pth"),
            "sha256": sha256_of(folder / "fc.pth"),
            "size": (folder / "fc.pth").stat().st_size,
        }
    ]
    facts = {
        "url": address("stem.pth"),
        "size": (folder / "stem.pth").stat().st_size,
        "files": files,
        **facts,
    }
    return offer(folder / "stem.pth", f"{__name__}:Net", facts)


def local(folder):
    return lambda name: (folder / name).as_uri()


def test_parts_of_one_state_dict_are_joined(parts):
    """Each file is in the store, by its digest."""
    model, folder = parts
    with registered(folder, local(folder)):
        built = hubcore.get_model("acme", weights="DEFAULT")
        info = weights_info(NAME)
        faults = [
            finding
            for check in ("schema", "digests", "sizes", "parameters", "loading", "faithful")
            for finding in CHECKS[check](Subject.of_plugin("acme"))
            if isinstance(finding, Fault)
        ]
    assert torch.equal(built.stem.weight, model.stem.weight)
    assert torch.equal(built.fc.weight, model.fc.weight)
    digests = {entry.sha256 for entry in default_store().entries()}
    assert digests == {sha256_of(path) for path in folder.iterdir()}
    assert [file.sha256 for file in info.files] == [sha256_of(folder / "fc.pth")]
    assert info.size == sum(path.stat().st_size for path in folder.iterdir())
    assert info.cached is not None
    assert faults == []


def test_convert_sees_them_all_by_their_names(parts):
    model, folder = parts
    for path in folder.iterdir():
        part = torch.load(path)
        torch.save({key.partition(".")[2]: tensor for key, tensor in part.items()}, path)
    with registered(folder, local(folder), convert=f"{__name__}:joined"):
        built = hubcore.get_model("acme", weights="DEFAULT")
    assert torch.equal(built.fc.weight, model.fc.weight)


def test_files_that_share_a_tensor_are_refused(parts):
    _, folder = parts
    torch.save(Plain().state_dict(), folder / "fc.pth")
    with (
        registered(folder, local(folder)),
        pytest.raises(WeightsError, match=r"fc.pth has 'stem.\w+', as another file has"),
    ):
        hubcore.get_model("acme", weights="DEFAULT")


def test_each_file_is_verified(served):
    _, folder, server = served
    (folder / "fc.pth").write_bytes(b"another")
    with (
        registered(folder, lambda name: f"{server.url}/{name}"),
        pytest.raises((DigestMismatchError, hubcore.errors.HubError), match=r"fc\.pth"),
    ):
        hubcore.get_weight(NAME).download(progress=False)


def run(capsys, *arguments):
    code = main([*map(str, arguments)])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def test_commands_handle_all_of_them(served, tmp_path, capsys, monkeypatch):
    """Download, show, cache, lock, sync and bundle, and then offline."""
    _, folder, server = served
    digests = {path.name: sha256_of(path) for path in folder.iterdir()}
    with registered(folder, lambda name: f"{server.url}/{name}"):
        rows = json.loads(run(capsys, "download", NAME, "--json", "--output", tmp_path / "out"))
        assert [row["file"] for row in rows] == ["stem.pth", "fc.pth"]
        assert {path.name for path in (tmp_path / "out").iterdir()} == {"stem.pth", "fc.pth"}
        assert digests["fc.pth"] in run(capsys, "show", NAME).replace("\n", "")
        assert run(capsys, "cache", "path", NAME).split() == [
            str(default_store().blob_path(digests[name])) for name in ("stem.pth", "fc.pth")
        ]
        listed = json.loads(run(capsys, "cache", "list", "--json"))
        assert all("Acme_Weights.V1" in row["used_by"][0] for row in listed)
        run(capsys, "lock", NAME, "-o", tmp_path / "hub.lock")
        locked = json.loads((tmp_path / "hub.lock").read_text())["weights"][NAME]
        assert locked["files"] == {"fc.pth": digests["fc.pth"]}
        run(capsys, "bundle", "create", NAME, "-o", tmp_path / "acme.hubbundle")
        run(capsys, "cache", "rm", NAME, "--yes")
        assert not list(default_store().entries())
        monkeypatch.setenv("HUBCORE_OFFLINE", "1")
        run(capsys, "bundle", "import", tmp_path / "acme.hubbundle")
        run(capsys, "sync", tmp_path / "hub.lock", "--frozen")
        monkeypatch.setenv("HUBCORE_LOCK", str(tmp_path / "hub.lock"))
        assert hubcore.load_report(hubcore.get_model("acme", weights="DEFAULT")).new == ()
    other = {"url": "https://example.org/fc.pth", "sha256": "0" * 64}
    with (
        registered(folder, lambda name: f"{server.url}/{name}", files=[other]),
        pytest.raises(hubcore.errors.HubError, match="further files differ"),
    ):
        hubcore.get_weight(NAME).download()


def test_a_bundle_holds_no_secret_of_any_address(parts, tmp_path, capsys):
    _, folder = parts
    secret = [{"url": "https://u:hunter2@example.org/f.pth", "sha256": "0" * 64, "mirrors": []}]
    with registered(folder, local(folder), files=secret):
        from hubcore.weights.bundles.catalogs import self_contained

        entry = hubcore.get_weight(NAME)
        catalog = hubcore.catalogs.names.find_weights("acme/Acme_Weights").catalog
        data = catalog.weights["Acme_Weights"].members["V1"]
        assert "hunter2" not in json.dumps(self_contained(data, catalog, set()))
        assert "hunter2" not in repr(entry.value)
        assert "hunter2" not in run(capsys, "show", NAME, "--json")


def test_files_of_one_name_are_a_catalogue_error(parts):
    _, folder = parts
    files = [{"url": "https://example.org/other/stem.pth", "sha256": "0" * 64}]
    with pytest.raises(CatalogError, match=r"different names .*'stem.pth', 'stem.pth'"):
        registered(folder, local(folder), files=files)


@pytest.mark.parametrize(
    "wrong", [{}, [1], [{"url": "a"}], [{"url": "a", "sha256": "01234567"}], [{"sha256": "0" * 64}]]
)
def test_files_of_another_form_are_a_catalogue_error(wrong, parts):
    _, folder = parts
    with pytest.raises(CatalogError, match='"files" must be a list of objects'):
        registered(folder, partial(str.format, "{}"), files=wrong)


def test_results_name_them_by_one_digest_that_anyone_can_find(parts):
    """`sha256sum stem.pth fc.pth | sha256sum`: other files behind the first are other weights."""
    _, folder = parts
    printed = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in ("stem.pth", "fc.pth"))
    with registered(folder, local(folder)):
        first = hubcore.load_report(hubcore.get_model("acme", weights="DEFAULT")).sha256
    assert first == hashlib.sha256(printed.encode()).hexdigest()
    torch.save({"fc.weight": torch.zeros(3, 4), "fc.bias": torch.zeros(3)}, folder / "fc.pth")
    with registered(folder, local(folder)):
        assert trace(hubcore.get_weight(NAME)).sha256 not in (first, None)


def test_a_record_is_of_all_files_or_of_none(parts, own_home):
    """One that was measured with the same first file and another second says nothing."""
    _, folder = parts
    shipped = own_home / "catalogs"
    (shipped / "records").mkdir(parents=True, mode=0o700)
    with registered(folder, local(folder)):
        own = trace(hubcore.get_weight(NAME)).sha256
        transforms = hubcore.get_weight(NAME).transforms.to_json()
        states = {}
        for digest in (own, sha256_of(folder / "stem.pth")):
            record = changed(weights_sha256=digest, preprocessing=transforms)
            (shipped / "records" / "v1.json").write_text(json.dumps(record))
            catalog = {"schema": 1, "records": {"records/v1.json": digest}}
            (shipped / "acme-records.json").write_text(json.dumps(catalog))
            for path in (shipped, shipped / "acme-records.json"):
                path.chmod(0o700 if path.is_dir() else 0o600)
            hubcore.refresh()
            states[digest] = [one.metric for one in weights_info(NAME).metric_states]
    assert states == {own: ["acc@1"], sha256_of(folder / "stem.pth"): []}


def test_a_further_file_can_be_pinned_to_its_own_digest_only(parts, capsys):
    _, folder = parts
    with registered(folder, local(folder)):
        assert "is held to" in run(capsys, "cache", "pin", NAME, sha256_of(folder / "fc.pth"))
        assert main(["cache", "pin", NAME, "0" * 64]) == 1
