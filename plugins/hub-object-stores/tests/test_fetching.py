"""Files in buckets: found and fetched as those of the web, whatever the network does."""

import hashlib
import json
import random
from datetime import datetime
from urllib.parse import parse_qsl, unquote

import clouds
import pytest
import servers
from test_fetch_faults import LASTING, SURVIVED

from hub_object_stores import az, buckets
from hub_object_stores import s3 as s3_module
from hub_object_stores.buckets import open_bucket, web_address
from hubcore.catalogs.index import refresh
from hubcore.cli import main
from hubcore.download import ranges
from hubcore.errors import (
    DownloadError,
    HubError,
    MissingDigestError,
    OfflineError,
    UnsafeAddressError,
)
from hubcore.packages.schemes import WebAddress
from hubcore.store import RemoteFile, Store
from hubcore.store.serving import BlobServer

DATA = random.Random(0).randbytes(700_001)
DIGEST = hashlib.sha256(DATA).hexdigest()
URL = "s3://weights/models/w.pth"


def remote(*urls, **fields):
    return RemoteFile(urls or (URL,), **{"sha256": DIGEST, **fields})


def assert_right(path, store):
    assert path.read_bytes() == DATA
    assert not list(store.root.glob("partial/*"))


# -- A real S3 server


def test_a_file_of_a_bucket_is_fetched_by_a_catalogue_with_its_mirrors(s3, own_home, tmp_path):
    s3.put_object(Bucket="weights", Key="models/w.pth", Body=DATA)
    member = {
        "url": "s3://weights/gone.pth",
        "mirrors": [URL],
        "sha256": DIGEST,
        "transforms": "hubcore.transforms:ImageClassification",
        "meta": {"categories": ["cat"]},
    }
    enum = {"builder": "resnet18", "default": "V1", "members": {"V1": member}}
    folder = own_home / "hub" / "catalogs"
    folder.mkdir(parents=True)
    (folder / "acme.json").write_text(json.dumps({"schema": 1, "weights": {"A_Weights": enum}}))
    refresh()
    assert main(["download", "A_Weights.V1", "-o", str(tmp_path / "out")]) == 0
    (got,) = (tmp_path / "out").iterdir()
    assert got.read_bytes() == DATA
    lock = tmp_path / "hub.lock"
    assert main(["lock", "A_Weights.V1", "-o", str(lock)]) == 0
    assert "s3://weights/gone.pth" in lock.read_text()
    assert not any(secret in lock.read_text() for secret in clouds.SECRETS)


def test_odd_keys_are_taken_literally(s3, store):
    for key in ("a/b~c+d%20e.pth", "ä/ö.pth", "a/#b?c=d&e.pth", "a'(b)*.pth"):
        s3.put_object(Bucket="weights", Key=key, Body=DATA)
        assert_right(store.get(remote(f"s3://weights/{key}")), store)
        store.blob_path(DIGEST).unlink()
    with pytest.raises(UnsafeAddressError, match="contains spaces"):
        store.get(remote("s3://weights/a b.pth"))


def test_a_public_bucket_needs_no_credentials(s3, store, monkeypatch):
    s3.put_object(Bucket="weights", Key="models/w.pth", Body=DATA, ACL="public-read")
    s3.put_object(Bucket="weights", Key="private.pth", Body=DATA)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    assert "?" not in web_address(URL).url
    with pytest.raises(DownloadError, match=r"HTTP 403.*without credentials, as none were found"):
        store.get(remote("s3://weights/private.pth"))
    assert_right(store.get(remote()), store)


def test_a_missing_object_and_a_missing_bucket_are_errors_in_words(s3, store):
    for url in ("s3://weights/none.pth", "s3://no-such-bucket/w.pth"):
        with pytest.raises(DownloadError) as caught:
            store.get(remote(url))
        assert f"{url}: HTTP 404" in str(caught.value)
        assert "asked as the credentials of the environment" in str(caught.value)


def test_a_bucket_as_a_mirror_and_as_a_root(s3, store, monkeypatch):
    """A root is asked as a folder is: as a store, and by the files' published names."""
    gone = "https://models.invalid/models/w.pth"
    s3.put_object(Bucket="weights", Key="mirror/models/w.pth", Body=DATA)
    monkeypatch.setenv("HUBCORE_MIRRORS", "https://models.invalid/=s3://weights/mirror/")
    assert_right(store.get(remote(gone)), store)
    monkeypatch.delenv("HUBCORE_MIRRORS")
    for key in (f"store/blobs/{DIGEST[:2]}/{DIGEST}", "plain/w.pth"):
        s3.put_object(Bucket="weights", Key=key, Body=DATA)
        store.blob_path(DIGEST).unlink()
        root = key.partition("/")[0]
        monkeypatch.setenv("HUBCORE_ROOTS", f"/no/such/folder:s3://weights/{root}/:/another")
        assert_right(store.get(remote(gone)), store)


def test_by_a_prefix_no_root_is_asked(server, store, monkeypatch):
    """Whoever can write to the root could forge eight digits."""
    server.serve("*", b"forged")
    monkeypatch.setenv("HUBCORE_ROOTS", "s3://weights/")
    with pytest.raises(DownloadError):
        store.get(RemoteFile((f"https://models.invalid/w-{DIGEST[:8]}.pth",)))
    assert not server.requests


def test_a_prefix_is_not_believed_where_the_endpoint_is_plain_http(server, store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://models.invalid")
    with pytest.raises(MissingDigestError, match="not https"):
        store.get(RemoteFile((f"s3://weights/w-{DIGEST[:8]}.pth",)))


def test_peers_come_before_a_bucket(s3, store, tmp_path, monkeypatch):
    """By the digest, as for every other address."""
    other = Store(tmp_path / "other")
    (tmp_path / "w.pth").write_bytes(DATA)
    other.add(tmp_path / "w.pth")
    with BlobServer(other) as peer:
        monkeypatch.setenv("HUBCORE_PEERS", peer.address)
        assert_right(store.get(remote("s3://weights/nowhere.pth")), store)
        assert peer.sent == len(DATA)


# -- Faults


def some(faults, *quick):
    """The download's own faults: a few always, all of them in a sweep, as it is the same code."""
    assert set(quick) <= set(faults)
    return [
        pytest.param(fault, id=name, marks=() if name in quick else pytest.mark.sweep)
        for name, fault in faults.items()
    ]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("HUBCORE_TIMEOUT", "0.5")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault", some(SURVIVED, "truncated", "reset in the body", "503", "other bytes once", "chunked")
)
def test_a_passing_fault_is_survived(server, store, fault):
    server.serve("*", DATA, [fault])
    assert_right(store.get(remote()), store)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault", some(LASTING, "wrong digest", "404", "longer than promised", "never ends")
)
def test_a_lasting_fault_is_one_clear_error_and_the_next_try_succeeds(server, store, fault):
    server.serve("*", DATA, always=fault)
    with pytest.raises(DownloadError) as caught:
        store.get(remote(size=len(DATA)))
    assert URL in str(caught.value)
    server.serve("*", DATA)
    assert_right(store.get(remote(size=len(DATA))), store)


def test_the_next_process_resumes_though_its_address_is_signed_anew(server, store, monkeypatch):
    server.serve("*", DATA, [servers.cut(300_000)], always=servers.status(500))
    with pytest.raises(DownloadError, match="the next try resumes"):
        store.get(remote())
    server.serve("*", DATA)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ANOTHER")
    assert_right(Store(store.root).get(remote()), store)
    path, headers = server.requests[-1]
    assert headers["Range"] == "bytes=300000-"
    assert headers["If-Range"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert "ANOTHER" in path


def test_a_slow_connection_gets_company_and_each_request_a_signature(server, store, monkeypatch):
    monkeypatch.setattr(ranges, "_SMALLEST", 64 * 1024)
    monkeypatch.setattr(ranges, "_MEASURE", 0.1)
    monkeypatch.setattr(ranges, "_WORTH_IT", 0.2)
    server.serve("*", DATA, rate=len(DATA) / 3)
    assert_right(store.get(remote()), store)
    asked = [headers["Range"] for _, headers in server.requests if "Range" in headers]
    assert len(set(asked)) == len(asked) >= 2
    assert all("X-Amz-Signature=" in path for path, _ in server.requests)


def test_what_is_shown_to_the_bucket_goes_nowhere_else_and_is_told_nowhere(
    server, store, monkeypatch, own_home, caplog
):
    """Neither to where it redirects, nor into messages, logs and records; netrc adds nothing."""
    caplog.set_level("DEBUG")
    (own_home / ".netrc").write_text("default login user password fromnetrc\n")
    (own_home / ".netrc").chmod(0o600)
    with servers.FaultyServer() as moved:
        target = moved.serve("/x.pth", DATA).replace("127.0.0.1", "localhost")
        faults = [servers.cut(1000), servers.status(403)]
        server.serve("*", DATA, faults, always=servers.redirect(target))
        with pytest.raises(DownloadError) as caught:
            store.get(remote())
        store.get(remote())
        assert all("Authorization" not in headers for _, headers in server.requests)
        assert all(not path.partition("?")[2] for path, _ in moved.requests)
    written = "".join(p.read_text("utf-8") for p in store.root.rglob("*.json"))
    logged = "".join(r.getMessage() for r in caplog.records if r.name.startswith("hub"))
    assert "s3://weights/models/w.pth" in logged
    for secret in clouds.SECRETS:
        assert secret not in written + logged + str(caught.value) + repr(caught.value.__cause__)


def test_a_broken_bucket_among_mirrors_costs_no_file(server, store, monkeypatch):
    """Whatever is wrong with its address or with the credentials, the next address is asked."""
    good = server.serve("/good.pth", DATA)
    bad = ("s3://user:pw@host/x", "az://container/x", "s3://weights/a//b", "s3://weights/x")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert_right(store.get(remote(*bad, good)), store)
    with pytest.raises(DownloadError) as caught:
        store.get(remote(*bad, sha256="0" * 64))
    said = str(caught.value)
    assert "set AZURE_STORAGE_ACCOUNT" in said
    assert "no such profile" in said
    assert "pw" not in said


def test_offline_nothing_is_signed_and_nobody_asked(server, store, monkeypatch):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    monkeypatch.setattr(buckets, "open_bucket", lambda *place: pytest.fail("asked"))
    with pytest.raises(OfflineError):
        store.get(remote())
    assert not server.requests


# -- Credentials


def test_amazons_files_give_credentials_region_and_endpoint(own_home, monkeypatch):
    (own_home / ".aws").mkdir()
    (own_home / ".aws" / "credentials").write_text(
        "[research]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = SECRETKEY\n"
    )
    (own_home / ".aws" / "config").write_text(
        "[profile research]\nregion = eu-central-1\nendpoint_url = https://s3.example.org\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "research")
    place = web_address(URL)
    assert place.url.startswith("https://s3.example.org/weights/models/w.pth?X-Amz-Algorithm=")
    assert "AKIDEXAMPLE" in place.url
    assert "eu-central-1" in place.url
    assert "the profile 'research'" in place.advice
    assert not any(secret in place.advice for secret in clouds.SECRETS)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_SESSION_TOKEN": "SESSIONTOKEN"},
        {"AWS_DEFAULT_REGION": "eu-west-1"},
        {"AWS_DEFAULT_REGION": "ap-southeast-2", "AWS_REGION": "eu-west-1"},
        {"AWS_DEFAULT_REGION": "cn-north-1"},
        {"AWS_DEFAULT_REGION": "us-gov-west-1"},
        {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL": "https://s3.example.org"},
        {"AWS_ENDPOINT_URL": "https://a.example", "AWS_ENDPOINT_URL_S3": "https://b.example/"},
        {"AWS_ENDPOINT_URL": "https://a.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
)
def test_without_botocore_the_same_is_found(variables, own_home, monkeypatch):
    """What the environment says in full need not be asked of botocore, which takes its time."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRETKEY")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def found():
        url = web_address(URL).url.replace("s3.us-east-1.", "s3.")  # two names of one
        # Neither the order nor the moment of signing.
        place, _, query = url.partition("?")
        fields = dict(field.partition("=")[::2] for field in query.split("&"))
        return place, {
            k: v for k, v in fields.items() if k not in ("X-Amz-Date", "X-Amz-Signature")
        }

    quick = found()
    (own_home / ".aws").mkdir()
    (own_home / ".aws" / "config").touch()
    buckets._open.clear()
    monkeypatch.setattr(s3_module, "_of_variables", lambda: None)
    assert quick == found()


def test_other_credentials_count_at_once(monkeypatch):
    assert "AKIDEXAMPLE" not in web_address(URL).url
    clouds.use_s3(monkeypatch, "https://s3.example.org")
    assert "AKIDEXAMPLE" in web_address(URL).url
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ANOTHER")
    assert "ANOTHER" in web_address(URL).url


def test_googles_credentials_give_a_token_which_goes_to_google_only(server, monkeypatch, tmp_path):
    """A service account's key is exchanged for a token, once, as its file says."""
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    pytest.importorskip("google.auth")
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    answer = {"access_token": "T0KEN", "expires_in": 3600, "token_type": "Bearer"}

    class TokenServer(servers.Handler):
        def do_POST(self):  # noqa: N802  (the library's name)
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())
            self.close_connection = True

    asked = []
    server._server.RequestHandlerClass = TokenServer
    account = tmp_path / "account.json"
    account.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "robot@example.org",
                "private_key": key.decode(),
                "private_key_id": "1",
                "token_uri": f"{server.url}/token",
                "project_id": "p",
            }
        )
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
    for _ in range(2):
        place = web_address("gs://weights/a b/w.pth")
        assert place.url == "https://storage.googleapis.com/weights/a%20b/w.pth"
        assert place.headers == {"Authorization": "Bearer T0KEN"}
        assert "T0KEN" not in place.advice
    assert asked == ["/token"]
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    place = web_address("gs://weights/w.pth")
    assert (place.url, place.headers) == ("http://127.0.0.1:1/weights/w.pth", {})


def test_headers_of_a_hook_go_to_its_own_address_only(server, store, monkeypatch):
    with servers.FaultyServer() as moved:
        target = moved.serve("/x.pth", DATA)
        first = server.serve("/first", DATA, always=servers.redirect(target))
        token = {"Authorization": "Bearer T0KEN"}
        monkeypatch.setattr(buckets, "web_address", lambda url: WebAddress(first, token))
        assert_right(store.get(remote("gs://weights/w.pth")), store)
        assert server.requests[0][1]["Authorization"] == "Bearer T0KEN"
        assert "Authorization" not in moved.requests[0][1]


def test_azures_variables_give_a_signature_or_are_asked_for(monkeypatch):
    with pytest.raises(HubError, match="set AZURE_STORAGE_ACCOUNT"):
        web_address("az://container/w.pth")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "acme")
    monkeypatch.setenv("PATH", "")
    base = "https://acme.blob.core.windows.net/container/a%20b/w.pth"
    assert web_address("az://container/a b/w.pth").url == base
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=SECRETKEY")
    assert web_address("az://container/a b/w.pth").url == f"{base}?sv=1&sig=SECRETKEY"
    monkeypatch.setenv("AZURE_STORAGE_KEY", "U0VDUkVUS0VZ")
    place = web_address("az://container/a/w.pth")
    assert place.url.startswith(f"{base.replace('a%20b', 'a')}?")
    assert "sig=" in place.url
    assert "account acme" in place.advice
    for name in ("ACCOUNT", "KEY", "SAS_TOKEN"):
        monkeypatch.delenv(f"AZURE_STORAGE_{name}")
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING",
        "AccountName=acme;AccountKey=U0VDUkVUS0VZ;BlobEndpoint=http://127.0.0.1:1/acme",
    )
    place = web_address("az://container/w.pth")
    assert place.url.startswith("http://127.0.0.1:1/acme/container/w.pth?")
    for name in ("AccountKey=no base64", "AccountKey=%"):
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"AccountName=acme;{name}")
        with pytest.raises(HubError, match="no base64") as caught:
            web_address("az://container/w.pth")
        assert name.partition("=")[2] not in str(caught.value).replace("no base64 text", "")
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "acme")
    monkeypatch.setenv("AZURE_CLIENT_ID", "x")
    with pytest.raises(HubError, match="Name it anew"):
        web_address("az://container/a b/w.pth")


@pytest.mark.parametrize("key", ["a/w.pth", "a b/ä%20+&?#.pth"])
def test_names_are_signed_for_azure_as_its_own_library_signs_them(key, monkeypatch):
    """Computed by azure-storage-blob 12: of what is signed, the name stands as it is."""
    signed = {
        "a/w.pth": "EICJa/Kl+PcmdNOYZj7UCFKp7O5d3i8cELBTUQnPxuM=",
        "a b/ä%20+&?#.pth": "Hgh0SYNfMdSXgOy7plVhszrFm3Iu6c5hf+xL6t+yAIM=",
    }

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 1, 2, 2, 4, 5, tzinfo=tz)

    monkeypatch.setattr(az, "datetime", Clock)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "acme")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "U0VDUkVUS0VZ")
    place, _, query = web_address(f"az://container/{key}").url.partition("?")
    assert unquote(place) == f"https://acme.blob.core.windows.net/container/{key}"
    fields = dict(parse_qsl(query))
    assert fields.pop("sig") == signed[key]
    assert fields == {"sp": "r", "se": "2026-01-02T03:04:05Z", "sv": "2020-12-06", "sr": "b"}


@pytest.mark.parametrize(
    "url",
    [
        "s3://evil.example:80/x",
        "s3://user:pw@evil.example/x",
        "s3://evil.example#/x",
        "s3://evil.example?x/y",
        "s3://evil.example\\@weights/x",
        "s3:///x",
        "s3://weights/../other/x",
        "s3://weights/a//b",
        "gs:weights/x",
        "az://[::1]/x",
    ],
)
def test_no_address_leads_to_another_host(url):
    with pytest.raises(HubError, match="An address of this kind is"):
        web_address(url)


def test_signing_is_cheap(server):
    """It is done for each piece of a file: what is read once is kept."""
    web_address(URL)
    assert open_bucket("s3", "weights") is open_bucket("s3", "weights")


def test_without_the_package_the_error_names_it(store, monkeypatch):
    """Or where it is left out; it stays what it was before for other schemes."""
    monkeypatch.setenv("HUBCORE_DISABLE", "hub-object-stores")
    with pytest.raises(UnsafeAddressError, match="hub-object-stores does"):
        store.get(remote())
    monkeypatch.delenv("HUBCORE_DISABLE")
    with pytest.raises(UnsafeAddressError, match="no way to fetch 's4:'"):
        store.get(remote("s4://weights/w.pth"))
