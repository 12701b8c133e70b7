"""Fixtures that the test files of this distribution share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import clouds
import servers

from hubcore.catalogs.index import refresh
from hubcore.store import Store


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Each test has a home of its own, no settings and no credentials."""
    home = tmp_path_factory.mktemp("home")
    clouds.forget_credentials(monkeypatch, home)
    monkeypatch.delenv("COLUMNS", raising=False)  # workers of pytest have some
    monkeypatch.setenv("HUBCORE_HOME", str(home / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    refresh()
    yield home
    refresh()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def server(monkeypatch):
    """A web server that misbehaves as it is told, as S3's endpoint."""
    with servers.FaultyServer() as server:
        clouds.use_s3(monkeypatch, server.url)
        yield server


@pytest.fixture(scope="module")
def moto():
    """A real S3 server on loopback, with the bucket ``weights``; a client of Amazon's own."""
    import boto3
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="SECRETKEY",
    )
    client.create_bucket(Bucket="weights")
    yield client
    running.stop()


@pytest.fixture
def s3(moto, monkeypatch):
    clouds.use_s3(monkeypatch, moto.meta.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return moto
