"""Housekeeping: removing and filtering files, partial downloads, folders, bundles, catalogues."""

import io
import json
import tarfile

import pytest
import servers
from store_samples import CONTENT, DIGESTS, digests

pytest_plugins = ["store_fixtures"]


# -- hub cache rm


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["anet"], ["three"]),
        (["Anet_Weights.ONE"], ["three", "two"]),
        (["two.pth", "three.pth"], ["one"]),
        ([DIGESTS["one"]], ["three", "two"]),
        ([DIGESTS["one"][:10].upper()], ["three", "two"]),
        (["bnet", "acme/Anet_Weights.ONE"], ["two"]),
    ],
    ids=["model", "weights", "files", "digest", "first digits", "several"],
)
def test_files_are_removed_by_any_of_their_names(hub, urls, home, names, left):
    hub("download", "anet", "bnet", "--all", check=0)
    result = hub("cache", "rm", *names, check=0)
    assert digests(home) == sorted(DIGESTS[name] for name in left)
    assert f"{3 - len(left)} removed" in result.stdout
    assert not list(home.glob("blobs/*/.*"))


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["annet"], 1, "Did you mean 'anet'"),
        (["anet"], 1, "Nothing of anet is in the store"),
        (["0123456789"], 1, "No file in the store has the digest"),
        ([], 2, "give weights"),
    ],
)
def test_what_is_not_there_cannot_be_removed(hub, urls, arguments, code, complaint):
    assert complaint in hub("cache", "rm", *arguments, check=code).stderr


def test_interrupted_downloads_are_shown_counted_and_removed(hub, urls, home, server):
    server.serve("/two.pth", CONTENT["two"], [servers.cut(5000), *[servers.status(503)] * 20])
    hub("download", "anet", check=1)
    hub("download", "bnet", check=0)
    out = hub("cache", "list", check=0).stdout
    assert "partial" in out
    assert "1 interrupted download of 5.0 kB" in out
    assert "two.pth" in out
    rows = json.loads(hub("cache", "list", "--json", check=0).stdout)
    assert [row["state"] for row in rows] == ["complete", "partial"]
    assert (rows[1]["size"], rows[1]["names"]) == (5000, ["two.pth"])
    hub("cache", "rm", "--partial", check=0)
    assert not list(home.glob("partial/*/data"))
    assert digests(home) == [DIGESTS["three"]]


# -- Filters


def test_files_are_filtered(hub, urls, home, tmp_path):
    hub("download", "anet", "bnet", "--all", check=0)
    (tmp_path / "stray.bin").write_bytes(b"\x80\x02" + b"\xfe" * 40_000)
    hub("cache", "import", tmp_path / "stray.bin", check=0)

    def listed(text):
        rows = json.loads(hub("cache", "list", "--filter", text, "--json", check=0).stdout)
        return sorted(row["names"][0] for row in rows)

    assert listed("size > 30kB") == ["stray.bin"]
    assert listed("unused") == ["stray.bin"]
    assert listed("not unused and weights = *anet*") == ["one.pth", "two.pth"]
    assert listed("file = t*") == ["three.pth", "two.pth"]
    assert listed("age > 30d") == []
    assert "No file matches" in hub("cache", "list", "--filter", "age > 1y", check=0).stdout
    error = hub("cache", "list", "--filter", "sise > 3MB", check=1).stderr
    assert "Did you mean 'size'" in error
    assert "^^^^" in error
    plan = hub("cache", "prune", "--filter", "file = one*", check=0).stdout
    assert "1 would be removed" in plan
    hub("cache", "prune", "--filter", "file = one*", "--yes", check=0)
    assert DIGESTS["one"] not in digests(home)
    assert len(digests(home)) == 3


# -- hub cache import


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "an empty file"),
        (b"# Notes\n\nNothing to load.\n", "a text file"),
        (b"import torch\n" * 1000, "a text file"),
        ("Gr\u00fc\u00dfe\n".encode() * 700, "a text file"),
        (b'{"error": "not found"}', "a JSON error message"),
        (b"<!doctype html><title>Log in</title>", "an HTML page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a JPEG image"),
        (b"%PDF-1.7\n\x00", "a PDF document"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(50), "a video"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    ],
)
def test_what_is_no_checkpoint_is_not_imported(hub, home, tmp_path, content, what):
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    assert what in hub("cache", "import", path, check=1).stderr
    assert digests(home) == []


def test_of_a_folder_only_checkpoints_are_imported(hub, urls, home, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "README.md").write_text("# Weights\n")
    assert "no checkpoint in" in hub("cache", "import", folder, check=1).stderr
    (folder / "one.pth").write_bytes(CONTENT["one"])
    result = hub("cache", "import", folder, check=0)
    assert "README.md" in result.stderr
    assert digests(home) == [DIGESTS["one"]]


def test_empty_arguments_and_empty_folders_are_refused(hub, home, tmp_path):
    (tmp_path / "one.pth").write_bytes(CONTENT["one"])  # "" would be this folder
    assert "it is empty" in hub("cache", "import", "", check=2, cwd=tmp_path).stderr
    (tmp_path / "empty").mkdir()
    assert "There is no file in" in hub("cache", "import", tmp_path / "empty", check=1).stderr
    assert digests(home) == []


# -- hub download --output


def test_downloads_get_their_published_names(hub, urls, tmp_path):
    folder = tmp_path / "a" / "b"
    out = hub("download", "anet", "--all", "--output", folder, check=0).stdout
    assert {path.name for path in folder.iterdir()} == {"one.pth", "two.pth"}
    assert (folder / "two.pth").read_bytes() == CONTENT["two"]
    assert str(folder / "two.pth") in out
    hub("download", "anet", "--all", "--output", folder, check=0)  # the same files stay


def test_another_file_of_the_name_is_left_alone(hub, urls, tmp_path):
    (tmp_path / "two.pth").write_bytes(b"mine")
    result = hub("download", "anet", "bnet", "--output", tmp_path, check=1)
    assert "is another file" in result.stderr
    assert (tmp_path / "two.pth").read_bytes() == b"mine"
    assert (tmp_path / "three.pth").read_bytes() == CONTENT["three"]
    (tmp_path / "file").touch()
    assert "it is a file" in hub("download", "bnet", "-o", tmp_path / "file", check=1).stderr


# -- hub bundle list and verify


def test_a_bundle_is_listed_and_verified_without_importing_it(hub, urls, home, tmp_path):
    bundle = tmp_path / "b.hub"
    hub("bundle", "create", "anet", "bnet", "-o", bundle, check=0)
    other = {"HUBCORE_HOME": str(tmp_path / "other")}
    out = hub("bundle", "list", bundle, check=0, **other).stdout
    assert "acme/Anet_Weights.TWO" in out
    assert "2 files, 40.0 kB" in out
    rows = json.loads(hub("bundle", "verify", bundle, "--json", check=0, **other).stdout)
    assert {row["state"] for row in rows} == {"ok"}
    assert {row["sha256"] for row in rows} == {DIGESTS["two"], DIGESTS["three"]}
    assert not list((tmp_path / "other").glob("blobs/*/*"))


def test_a_damaged_and_an_incomplete_bundle_are_told(hub, urls, home, tmp_path):
    bundle = tmp_path / "b.hub"
    hub("bundle", "create", "anet", "bnet", "-o", bundle, check=0)
    damaged = tmp_path / "damaged.hub"
    damaged.write_bytes(bundle.read_bytes().replace(CONTENT["two"], b"x" * 20_000))
    result = hub("bundle", "verify", damaged, check=1)
    assert "two.pth is damaged" in result.stderr
    partial = tmp_path / "partial.hub"
    with tarfile.open(bundle) as whole, tarfile.open(partial, "w") as part:
        first = whole.next()
        part.addfile(first, io.BytesIO(whole.extractfile(first).read()))
    assert "is missing" in hub("bundle", "verify", partial, check=1).stderr
    (tmp_path / "none.hub").write_bytes(b"nothing")
    for command in ("list", "verify"):
        assert "is not a bundle" in hub("bundle", command, tmp_path / "none.hub", check=1).stderr
        assert "There is no file" in hub("bundle", command, tmp_path / "absent", check=1).stderr


# -- hub catalog list and rm


def test_catalogues_of_the_users_own_are_listed_and_removed(hub, urls, home):
    (row,) = json.loads(hub("catalog", "list", "--json", check=0).stdout)
    assert row["name"] == "acme"
    assert row["models"] == ["anet", "bnet"]
    assert "anet, bnet" in hub("catalog", "list", check=0).stdout
    assert "Did you mean 'acme'" in hub("catalog", "rm", "acmee", check=1).stderr
    hub("catalog", "rm", "anet", check=0)
    assert not list(home.glob("catalogs/*.json"))
    assert "no catalogue of your own" in hub("catalog", "list", check=0).stdout
    assert hub("show", "anet", check=1).stderr


def test_a_broken_catalogue_of_the_users_own_can_be_removed(hub, home):
    (home / "catalogs").mkdir(parents=True)
    (home / "catalogs" / "acme.json").write_text("{")
    assert "broken" in hub("catalog", "list", check=0).stdout
    hub("catalog", "rm", "acme", check=0)
    assert "no catalogue" in hub("catalog", "list", check=0).stdout
