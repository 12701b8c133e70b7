"""Disks that are full, read-only or no disks."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_samples import DATA, DIGEST, NAME, blobs

from hubcore.errors import NotEnoughSpaceError, StoreError
from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]
pytestmark = pytest.mark.usefixtures("store_environment")


def test_too_little_space_is_told_before_the_body(server, store, monkeypatch):
    import collections
    import shutil

    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6, 10**6, 5000))
    url = server.serve("/n.pth", DATA)
    with pytest.raises(NotEnoughSpaceError, match="10000 more bytes are needed") as caught:
        store.get(RemoteFile((url,), DIGEST))
    assert (caught.value.needed, caught.value.free) == (10_000, 5000)
    monkeypatch.undo()
    assert blobs(store) == []


def test_a_full_disk_publishes_nothing_and_the_next_try_resumes(server, tmp_path):
    """The kernel refuses to write on, as at a quota (a limit on the size of files)."""
    data = os.urandom(3_000_000)
    digest = hashlib.sha256(data).hexdigest()
    url = server.serve("/n.pth", data)
    script = (
        "import resource, sys; from pathlib import Path; from hubcore.store import *\n"
        "from hubcore.errors import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        f"try: Store(Path({str(tmp_path / 'store')!r})).get(RemoteFile(({url!r},), {digest!r}))\n"
        "except NotEnoughSpaceError as error: print(error.needed, error)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.startswith("2000000 2000000 more bytes are needed"), result
    store = Store(tmp_path / "store")
    assert blobs(store) == []
    path = store.get(RemoteFile((url,), digest))
    assert path.read_bytes() == data
    assert server.asked("/n.pth")[-1]["Range"] == "bytes=1000000-"


def test_a_disk_that_fills_up_while_importing_is_one_clear_error(store, tmp_path, monkeypatch):
    import errno
    import io

    class Full(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NotEnoughSpaceError, match="hub cache prune"):
        store.add_stream(Full(), sha256="", name="x")
    assert not list((store.root / "partial").iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_a_read_only_store_serves_and_says_so_when_it_cannot(server, tmp_path, monkeypatch):
    """Another user's store: what is there is found, what is not is one clear error."""
    monkeypatch.setenv("HUBCORE_CONFIG", os.devnull)  # which the other user can read
    root = tmp_path / "store"
    kept = Store(root).get(RemoteFile((server.serve(f"/{NAME}", DATA),)))
    other = server.serve("/other.pth", b"other")
    digest = hashlib.sha256(b"other").hexdigest()
    script = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from pathlib import Path; from hubcore.store import *\n"
        "from hubcore.errors import *\n"
        "import hubcore.store.acquire, requests, filelock, platformdirs\n"
        "from hubcore import settings; settings.check()\n"
        "import hubcore.download.parallel\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        f"store = Store(Path({str(root)!r}))\n"
        f"print(store.get(RemoteFile(('https://x.invalid/{NAME}',), {DIGEST!r})))\n"
        f"try: store.get(RemoteFile(({other!r},), {digest!r}))\n"
        "except StoreError as error: print(error)\n"
    )
    for folder, _, files in os.walk(root):
        for name in files:
            (Path(folder) / name).chmod(0o444)
        Path(folder).chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    lines = result.stdout.splitlines()
    assert lines[0] == str(kept), result
    assert "cannot be written" in lines[1]
    assert "HUBCORE_HOME" in lines[1]


def test_a_store_that_is_no_folder_is_one_clear_error(server, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="HUBCORE_HOME"):
        Store(tmp_path / "file" / "store").get(RemoteFile((server.serve("/n.pth", DATA),), DIGEST))
