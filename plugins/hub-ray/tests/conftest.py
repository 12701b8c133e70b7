"""A Ray cluster of this machine for the tests, and a store that its processes see.

Where ``RAY_ADDRESS`` names a cluster, it is used, with the store that ``HUBCORE_HOME`` names there.
"""

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from photos import imagenet_photos, import_mobilenet

# Ray reads these when it is imported, which the tests do. Its clusters ask for a token.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(16))

START = """\
import sys, ray
ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
print("at", ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""
TRIES = 4
"""Ray gives up after 30 seconds, which a machine that does other things may need."""


@contextmanager
def started(program, home):
    """A cluster with a store, made by a program that prints ``at ADDRESS`` and then reads on.

    Yields:
        The program, and the environment of processes that use the cluster.
    """
    environment = {
        **os.environ,
        "HUBCORE_HOME": str(home),
        "HUBCORE_OFFLINE": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # else its processes give way to all other programs
    }
    environment.pop("RAY_ADDRESS", None)
    for _ in range(TRIES):
        with subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            for line in running.stdout:
                if line.startswith("at "):
                    yield running, {**environment, "RAY_ADDRESS": line.split()[1]}
                    running.stdin.close()
                    return
    pytest.fail("Ray could not be started")


@pytest.fixture(scope="session")
def start_cluster():
    """`started`, for other files."""
    return started


@pytest.fixture(scope="session")
def hub_home(tmp_path_factory):
    """A store with mobilenet_v2's weights, for this process and those of the cluster."""
    running = os.environ.get("HUBCORE_HOME") if "RAY_ADDRESS" in os.environ else None
    home = Path(running) if running else tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUBCORE_HOME", str(home))
        patch.setenv("HUBCORE_OFFLINE", "1")
        import_mobilenet()
    return home


@pytest.fixture(scope="session")
def ray_address(hub_home):
    """A cluster with two processors, started once: that takes seconds."""
    pytest.importorskip("ray")
    if "RAY_ADDRESS" in os.environ:
        yield os.environ["RAY_ADDRESS"]
        return
    with started(START, hub_home) as (_, environment):
        yield environment["RAY_ADDRESS"]


@pytest.fixture
def cluster(hub_home, ray_address, monkeypatch):
    """The settings with which commands use the cluster and its store."""
    monkeypatch.setenv("HUBCORE_HOME", str(hub_home))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    monkeypatch.setenv("RAY_ADDRESS", ray_address)


@pytest.fixture
def photos(tmp_path):
    """Two hundred names of twenty photos, and a file that is none."""
    root = tmp_path / "photos"
    root.mkdir()
    for path, _ in imagenet_photos():
        for copy in range(10):
            (root / f"{copy}-{path.name}").symlink_to(path)
    (root / "5-broken.png").write_bytes(b"no image")
    return root
