"""Ctrl-C of a job for which Ray was started: one sentence, nothing left, and it goes on later."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from photos import imagenet_photos

pytest.importorskip("ray")
pytestmark = pytest.mark.sweep  # Ray takes seconds to start, and is no small download

MODEL = ["mobilenet_v2", "--weights", "IMAGENET1K_V1", "--executor", "ray", "--processes", "2"]


@pytest.fixture
def environment(hub_home, tmp_path):
    """One in which no cluster is named, and one that is gone has left its address where Ray looks.

    All processes are known by a mark.
    """
    own = {"HUBCORE_HOME": str(hub_home), "HUBCORE_OFFLINE": "1", "HUB_RAY_MARK": str(tmp_path)}
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "ray").mkdir()
        (Path(folder) / "ray" / "ray_current_cluster").write_text("127.0.0.1:1")
        environment = {**os.environ, **own, "RAY_worker_niceness": "0", "RAY_TMPDIR": folder}
        environment.pop("RAY_ADDRESS", None)
        yield environment


def running(environment):
    """The processes of a cluster and of its command."""
    found, mark = [], f"HUB_RAY_MARK={environment['HUB_RAY_MARK']}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def interrupted(command, environment, begun):
    """Runs a command in the foreground of a terminal, so to speak, and interrupts all of it."""
    for _ in range(4):  # Ray gives up after 30 seconds, which a busy machine may need
        with subprocess.Popen(
            [sys.executable, "-m", "hubcore", *command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            while process.poll() is None and not begun():
                time.sleep(0.1)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=100)
        if "There is no Ray cluster on this machine" not in err:
            break
    assert (process.returncode, out, err) == (130, "", "hub: interrupted\n")
    until = time.monotonic() + 20
    while left := running(environment):
        assert time.monotonic() < until, left
        time.sleep(0.2)


def again(command, environment, ray_address):
    """The same command, now in a cluster that is there."""
    return subprocess.run(
        [sys.executable, "-m", "hubcore", *command],
        env={**environment, "RAY_ADDRESS": ray_address},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", ["predict", "embed"])
def test_a_job_that_is_interrupted_goes_on_where_it_was(
    name, environment, ray_address, photos, tmp_path
):
    out = tmp_path / "out"
    command = [name, *MODEL, str(photos), "--output", str(out), "--json"]
    interrupted(command, environment, lambda: list(out.glob("part-*")))
    kept = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    done = again(command, environment, ray_address)
    assert done.returncode == 1, done.stderr  # of the broken photo
    facts = json.loads(done.stdout)
    assert (facts["pieces"], facts["done_earlier"], facts["inputs"]) == (3, len(kept), 201)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_before_ray_has_started_an_interrupt_is_heeded_too(environment, photos, tmp_path):
    command = ["predict", *MODEL, str(photos), "--output", str(tmp_path / "out")]
    interrupted(
        command, environment, lambda: any(b"gcs_server" in one for one in running(environment))
    )


def test_an_evaluation_that_is_interrupted_goes_on_where_it_was(
    environment, ray_address, hub_home, tmp_path
):
    data = tmp_path / "data"
    data.mkdir()
    rows = []
    for path, number in imagenet_photos():
        for copy in range(10):
            (data / f"{copy}-{path.name}").symlink_to(path)
            rows.append(f"{copy}-{path.name},{number}\n")
    (data / "labels.csv").write_text("".join(rows))
    command = ["evaluate", *MODEL, "--data", str(data), "--record", str(tmp_path / "record.json")]

    def journals():
        found = (hub_home / "evaluations").glob("*.jsonl")
        return [path for path in found if path.stat().st_size]

    interrupted(command, environment, journals)
    [journal] = journals()
    assert 0 < len(journal.read_text().splitlines()) < 200
    done = again(command, environment, ray_address)
    assert done.returncode == 0, done.stderr
    assert len(json.loads((tmp_path / "record.json").read_text())["outputs"]) > 0
    assert not journals()
