"""`hub push`: a site's mirror by one command, and nothing in it that is not verified."""

import hashlib
import json
import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time

import clouds
import pytest
import servers

from hub_object_stores import push
from hub_object_stores.buckets import open_bucket
from hub_object_stores.mirror import spot_of
from hubcore.catalogs.index import refresh
from hubcore.cli import main
from hubcore.store import default_store

FILES = {
    "small": random.Random(1).randbytes(1000),
    "large": random.Random(2).randbytes(9_000_001),  # more than a piece
}
ADDRESS = "https://models.invalid"


@pytest.fixture
def origin():
    with servers.FaultyServer() as server:
        yield server


@pytest.fixture
def lock(origin, own_home, tmp_path):
    """A lock file of two sets of weights, whose files the origin has and the store has not."""
    members = {}
    for name, data in FILES.items():
        members[name] = {
            "url": origin.serve(f"/models/{name}%20x.pth", data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "transforms": "hubcore.transforms:ImageClassification",
            "meta": {"categories": ["cat"]},
        }
    return write_lock(own_home, tmp_path, members)


def write_lock(own_home, tmp_path, members):
    enum = {"builder": "resnet18", "default": next(iter(members)), "members": members}
    folder = own_home / "hub" / "catalogs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "acme.json").write_text(json.dumps({"schema": 1, "weights": {"A_Weights": enum}}))
    refresh()
    path = tmp_path / "hub.lock"
    names = [f"A_Weights.{name}" for name in members]
    assert main(["lock", *names, "-o", str(path), "--yes"]) == 0
    return path


def keys(s3):
    return {item["Key"] for item in s3.list_objects_v2(Bucket="weights").get("Contents", ())}


@pytest.fixture
def empty(s3):
    """The bucket, with nothing in it."""
    for key in keys(s3):
        s3.delete_object(Bucket="weights", Key=key)
    return s3


def states(done):
    return {file.weights.rpartition(".")[2]: file.state for file in done.files}


@pytest.mark.parametrize("kind", ["s3", "gs", "folder"])
def test_one_command_sets_up_a_mirror_that_serves(
    kind, lock, empty, origin, own_home, tmp_path, monkeypatch, capsys
):
    """The setting that it prints makes a new machine fetch all of it from there.

    Google's XML interface, which obstore uploads by, is S3's as far as it is used here.
    """
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", empty.meta.endpoint_url)
    target = str(tmp_path / "mirror of ours") if kind == "folder" else f"{kind}://weights/site"
    capsys.readouterr()
    assert main(["push", target, str(lock)]) == 0
    printed = capsys.readouterr().out
    assert "2 files pushed" in printed
    export = re.search(r"^To fetch from there: export (.*)$", printed, re.M)[1]
    name, _, value = shlex.split(export)[0].partition("=")
    monkeypatch.setenv(name, value)
    for resource in origin.resources.values():
        resource.always = servers.status(404)
    monkeypatch.setenv("HUBCORE_HOME", str(own_home / "another"))
    (own_home / "another").mkdir()
    (own_home / "hub" / "catalogs").rename(own_home / "another" / "catalogs")
    refresh()
    assert main(["sync", "--frozen", str(lock)]) == 0
    got = {entry.sha256 for entry in default_store().entries()}
    assert got == {hashlib.sha256(data).hexdigest() for data in FILES.values()}


def test_what_is_there_is_not_sent_again(lock, empty, tmp_path):
    """So a push that was broken off goes on where it was."""
    assert states(push("s3://weights", lock, dry_run=True)) == dict.fromkeys(FILES, "to push")
    assert not keys(empty)
    assert states(push("s3://weights", lock)) == dict.fromkeys(FILES, "pushed")
    assert states(push("s3://weights/", lock)) == dict.fromkeys(FILES, "there already")
    lost = next(key for key in keys(empty) if "large" in key)
    empty.delete_object(Bucket="weights", Key=lost)
    assert states(push("s3://weights", lock)) == {"small": "there already", "large": "pushed"}
    # What others put there is read, as nothing else tells what it is.
    empty.put_object(Bucket="weights", Key=lost, Body=FILES["large"])
    assert states(push("s3://weights", lock)) == dict.fromkeys(FILES, "there already")


@pytest.mark.parametrize("kind", ["bucket", "folder"])
def test_other_bytes_in_a_files_place_are_replaced_only_if_asked(kind, lock, empty, tmp_path):
    target = "s3://weights" if kind == "bucket" else str(tmp_path / "mirror")
    push(target, lock)
    place = spot_of(json.loads(lock.read_text())["weights"]["acme/A_Weights.small"]["url"])
    other = FILES["small"][::-1]
    path = tmp_path / "mirror" / place.path

    def held():
        if kind == "folder":
            return path.read_bytes()
        return empty.get_object(Bucket="weights", Key=place.key)["Body"].read()

    if kind == "folder":
        path.write_bytes(other)
    else:
        empty.put_object(Bucket="weights", Key=place.key, Body=other)
    done = push(target, lock)
    assert states(done) == {"small": "failed", "large": "there already"}
    assert "--replace" in next(file.reason for file in done.files if file.reason)
    assert held() == other
    assert states(push(target, lock, replace=True))["small"] == "pushed"
    assert held() == FILES["small"]


@pytest.mark.parametrize("kind", ["bucket", "folder"])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_not_pushed(kind, name, lock, empty, tmp_path):
    """Also where its size and time are those of the record; of what was sent nothing stays."""
    target = "s3://weights" if kind == "bucket" else str(tmp_path / "mirror")
    push(str(tmp_path / "elsewhere"), lock)
    path = default_store().blob_path(hashlib.sha256(FILES[name]).hexdigest())
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(FILES[name][:-1] + b"x")
    path.chmod(0o444)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    done = push(target, lock)
    assert states(done)[name] == "failed"
    assert "hub cache verify" in next(file.reason for file in done.files if file.reason)
    found = keys(empty) if kind == "bucket" else {
        str(path) for path in (tmp_path / "mirror").rglob("*") if path.is_file()
    }  # fmt: skip
    assert len(found) == 1
    assert name not in found.pop()
    assert not empty.list_multipart_uploads(Bucket="weights").get("Uploads")


def test_what_cannot_be_mirrored_is_left_out_with_the_reason():
    assert spot_of("https://h.example/a/b%20c.pth").key == "h.example/a/b%20c.pth"
    assert spot_of("https://h.example/a/b%20c.pth").path == "h.example/a/b c.pth"
    assert spot_of("s3://bucket/a/b.pth")[:3] == ("s3://bucket/", "s3/bucket", "a/b.pth")
    place = spot_of("hf://org/name/w.pth@v1")
    assert place[:3] == ("https://huggingface.co/", "huggingface.co", "org/name/resolve/v1/w.pth")
    for url, reason in (
        ("package:acme-data/w.pth", "acme-data"),
        ("https://h.example/w.pth?token=T0KEN", "query or a password"),
        ("https://bob:pw@h.example/w.pth", "query or a password"),
        ("https://h.example/a/../../w.pth", "no path"),
        ("https://h.example/a/%2e%2e/%2e%2e/w.pth", "no path"),
        ("https://h.example/a%2f..%2f..%2fw.pth", "no path"),
        ("https://../w.pth", "no path"),
        ("https://h.example//w.pth", "no path"),
        ("https://h.example/", "no path"),
        ("http://[h/w.pth", "malformed"),
    ):
        place = spot_of(url)
        assert reason in place.reason
        assert "T0KEN" not in place.reason
        assert "pw" not in place.reason


def test_a_file_that_is_left_out_is_no_failure(own_home, tmp_path, capsys):
    data = FILES["small"]
    (tmp_path / "w.pth").write_bytes(data)
    default_store().add(tmp_path / "w.pth")
    member = {
        "url": f"{ADDRESS}/w.pth?token=T0KEN",
        "sha256": hashlib.sha256(data).hexdigest(),
        "transforms": "hubcore.transforms:ImageClassification",
        "meta": {"categories": ["cat"]},
    }
    lock = write_lock(own_home, tmp_path, {"V1": member})
    assert main(["push", str(tmp_path / "mirror"), str(lock)]) == 0
    captured = capsys.readouterr()
    assert "has a query or a password" in captured.err
    assert "T0KEN" not in captured.out + captured.err
    assert not (tmp_path / "mirror").exists()


def refused(capsys, *arguments, code=1):
    capsys.readouterr()
    assert main(["push", *map(str, arguments)]) == code
    captured = capsys.readouterr()
    assert not any(secret in captured.out + captured.err for secret in clouds.SECRETS)
    assert "Traceback" not in captured.err
    return captured.err


class Denying(servers.Handler):
    """Has no object, tells of none, and lets nobody put one there."""

    def do_GET(self):  # noqa: N802
        self._deny()

    def do_PUT(self):  # noqa: N802  (the library's name)
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self._deny()

    def do_POST(self):  # noqa: N802
        self._deny()

    def do_HEAD(self):  # noqa: N802
        self.send_error(404)

    def _deny(self):
        body = b"<Error><Code>AccessDenied</Code><Message>SECRETKEY</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_bucket_that_is_missing_or_denied_is_an_error_in_words(lock, empty, capsys, monkeypatch):
    assert "there is no such bucket" in refused(capsys, "s3://no-such-bucket", lock)
    assert "there is no such bucket" in refused(capsys, "s3://no-such-bucket", lock, "--dry-run")
    with servers.FaultyServer() as server:
        server._server.RequestHandlerClass = Denying
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        said = refused(capsys, "s3://weights", lock)
        assert "access is denied (asked as the credentials of the environment" in said
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        said = refused(capsys, "s3://weights", lock)
        assert "access is denied (asked without credentials, as none were found" in said
        assert "aws sso login" in said
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert "there is no such profile" in refused(capsys, "s3://weights", lock)


class Taking(servers.Handler):
    """Takes whatever is put, and notes what it was shown."""

    shown: list[str] = []  # noqa: RUF012  # a class of this test alone

    def do_PUT(self):  # noqa: N802  (the library's name)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.shown.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_an_emulator_of_google_is_shown_no_token_of_the_machine(monkeypatch):
    """Nor is the machine asked for one, which obstore would do before it writes."""
    import obstore

    with servers.FaultyServer() as server:
        server._server.RequestHandlerClass = Taking
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        obstore.put(open_bucket("gs", "weights").store, "w.pth", b"data")
    assert Taking.shown == ["Bearer nobody"]


def test_an_endpoint_that_does_not_answer_is_an_error_in_words(lock, capsys, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        clouds.use_s3(monkeypatch, f"http://127.0.0.1:{probe.getsockname()[1]}")
        said = refused(capsys, "s3://weights", lock)
    assert "s3://weights: " in said
    assert "asked as the credentials of the environment" in said


def test_wrong_targets_are_errors_in_words(lock, capsys, tmp_path, monkeypatch):
    assert "not to 'https:' addresses" in refused(capsys, "https://example.org/x", lock)
    assert "s3://BUCKET/PATH" in refused(capsys, "s3://", lock)
    assert "contains spaces" in refused(capsys, "s3://weights/my site", lock)
    assert "set AZURE_STORAGE_ACCOUNT" in refused(capsys, "az://container", lock)
    (tmp_path / "file").touch()
    assert "Not a directory" in refused(capsys, tmp_path / "file", lock)
    assert "does not exist" in refused(capsys, tmp_path / "mirror", tmp_path / "none.lock")
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    assert "HUBCORE_OFFLINE" in refused(capsys, "s3://weights", lock)


def test_a_file_that_cannot_be_fetched_fails_and_the_others_are_pushed(lock, empty, origin, capsys):
    next(r for path, r in origin.resources.items() if "small" in path).always = servers.status(404)
    assert "HTTP 404" in refused(capsys, "s3://weights", lock)
    assert len(keys(empty)) == 1


def test_the_outcome_as_json(lock, tmp_path, capsys):
    capsys.readouterr()
    assert main(["push", str(tmp_path / "mirror"), str(lock), "--json", "--dry-run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {file["state"] for file in told["files"]} == {"to push"}
    assert not (tmp_path / "mirror").exists()
    assert all(url.startswith("file:///") for url in told["mirrors"].values())


@pytest.mark.sweep
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("kind", ["bucket", "folder"])
def test_a_push_killed_at_any_moment_leaves_nothing_wrong_and_the_next_one_ends_it(
    kind, lock, empty, tmp_path
):
    target = "s3://weights/killed" if kind == "bucket" else str(tmp_path / "mirror")
    right = {hashlib.sha256(data).hexdigest() for data in FILES.values()}
    chance = random.Random(0)

    def held():
        if kind == "folder":
            found = (tmp_path / "mirror").rglob("[!.]*")
            return [path.read_bytes() for path in found if path.is_file()]
        return [empty.get_object(Bucket="weights", Key=key)["Body"].read() for key in keys(empty)]

    command = [sys.executable, "-m", "hubcore.cli", "push", target, str(lock)]
    assert subprocess.run([*command, "--dry-run"], check=True, capture_output=True)
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.monotonic() - began
    for _ in range(6):
        for key in keys(empty):
            empty.delete_object(Bucket="weights", Key=key)
        shutil.rmtree(tmp_path / "mirror", ignore_errors=True)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(whole * chance.uniform(0.4, 1.0))
        process.kill()
        process.communicate()
        assert {hashlib.sha256(data).hexdigest() for data in held()} <= right
        subprocess.run(command, check=True, capture_output=True)
        assert {hashlib.sha256(data).hexdigest() for data in held()} == right
