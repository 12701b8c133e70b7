"""Two files whose SHA-256 begin with the same 8 digits: the wrong one is taken by no way in.

Nothing is simulated: among 100,000 files two such are found in a second. The weights' own address
serves the genuine one, of which the catalogue knows these digits from the file's name.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

import pytest
import servers
from environments import write_dist_info

from hubcore.store import RemoteFile, Store

pytest_plugins = ["store_fixtures"]


def _pair():
    """Two files of one size whose digests share their first 8 digits."""
    base = hashlib.sha256(bytes(1000))
    seen = {}
    for number in range(2**20):
        tail = number.to_bytes(4, "big")
        digest = base.copy()
        digest.update(tail)
        other = seen.setdefault(digest.digest()[:4], tail)
        if other != tail:
            return bytes(1000) + other, bytes(1000) + tail
    raise AssertionError("no pair")


GENUINE, FORGED = _pair()
DIGEST = hashlib.sha256(GENUINE).hexdigest()
FORGED_DIGEST = hashlib.sha256(FORGED).hexdigest()
NAME = f"net-{DIGEST[:8]}.pth"
WEIGHTS = "own/Net_Weights.V1"


def _catalog(url, **facts):
    transforms = ["hubcore.transforms:ImageClassification", {"crop_size": 32}]
    member = {"url": url, "transforms": transforms, "meta": {"categories": ["a", "b"]}, **facts}
    enum = {"builder": "resnet18", "default": "V1", "members": {"V1": member}}
    return {"schema": 1, "weights": {"Net_Weights": enum}}


def _keep(home, name, catalog):
    (home / "catalogs").mkdir(parents=True, exist_ok=True)
    (home / "catalogs" / f"{name}.json").write_text(json.dumps(catalog))


def _bundle(path, url, distribution, member):
    facts = {"name": NAME, "size": len(FORGED), "urls": [url], "weights": [f"{member}"]}
    manifest = {
        "bundle": 1,
        "files": {FORGED_DIGEST: facts},
        "catalogs": {distribution: _catalog(url, sha256=FORGED_DIGEST)},
    }
    parts = (("bundle.json", json.dumps(manifest).encode()), (f"files/{FORGED_DIGEST}", FORGED))
    with tarfile.open(path, "w") as tar:
        for name, body in parts:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return path


class Attack:
    """What another party can do before the user asks for the weights.

    Each method returns variables of the user's environment.
    """

    def __init__(self, home, hub, server, folder):
        self.home, self.hub, self.server, self.folder = home, hub, server, folder
        self.own = f"{server.url}/own/{NAME}"
        self.forged = server.serve(f"/theirs/{NAME}", FORGED)
        self.file = folder / NAME
        self.file.write_bytes(FORGED)

    def mirror_of_the_settings(self):
        return {"HUBCORE_MIRRORS": f"{self.server.url}/own/={self.server.url}/theirs/"}

    def mirror_of_the_catalogue(self):
        _keep(self.home, "own", _catalog(self.own, mirrors=[self.forged]))
        return {}

    def peer(self):
        for digits in (DIGEST[:8], DIGEST, FORGED_DIGEST):
            self.server.serve(f"/peer/sha256/{digits}", FORGED)
        return {"HUBCORE_PEERS": f"{self.server.url}/peer"}

    def root_that_is_an_address(self):
        for path in (f"blobs/{FORGED_DIGEST[:2]}/{FORGED_DIGEST}", f"blobs/{DIGEST[:2]}/{DIGEST}"):
            self.server.serve(f"/theirs/{path}", FORGED)
        return {"HUBCORE_ROOTS": f"{self.server.url}/theirs"}

    def plain_folder(self):
        return {"HUBCORE_ROOTS": str(self.folder)}

    def torch_hubs_folder(self):
        checkpoints = self.folder / "torch" / "hub" / "checkpoints"
        checkpoints.mkdir(parents=True)
        shutil.copy(self.file, checkpoints)
        return {}

    def another_store_with_a_pin(self):
        store = Store(self.folder / "shared")
        store.add(self.file, source=self.own)
        store.pin(self.own, FORGED_DIGEST)
        return {"HUBCORE_ROOTS": str(store.root)}

    def what_the_store_holds(self):
        Store(self.home).add(self.file, source=self.own)
        return {}

    def import_without_a_digest(self):
        self.hub("cache", "import", self.file)
        return {}

    def import_of_a_folder(self):
        self.hub("cache", "import", self.folder)
        return {}

    def another_catalogue_with_the_same_address(self):
        _keep(self.home, "theirs", _catalog(self.own, sha256=FORGED_DIGEST, mirrors=[self.forged]))
        self.hub("download", "theirs/Net_Weights.V1", check=0)
        return {}

    def unchecked_by_another_catalogue(self):
        store = Store(self.home)
        store.get(RemoteFile((self.forged, self.own)), check_hash=False)
        store.note_unchecked(self.own, FORGED_DIGEST)
        return {}

    def bundle_of_the_same_name(self):
        self.hub("bundle", "import", _bundle(self.folder / "b.hub", self.own, "own", WEIGHTS))
        return {}

    def bundle_of_a_fresh_name(self):
        bundle = _bundle(self.folder / "b.hub", self.own, "fresh", "fresh/Net_Weights.V1")
        self.hub("bundle", "import", bundle, check=0)
        self.hub("download", "fresh/Net_Weights.V1", check=0)
        return {}

    def bundle_that_names_both(self):
        bundle = _bundle(self.folder / "b.hub", self.own, "fresh", WEIGHTS)
        self.hub("bundle", "import", bundle)
        return {}

    def rewrite_hook(self):
        return self._hook(f"def hubcore_rewrite_url(url):\n    return {self.forged!r}\n")

    def fetch_hook_for_a_mirror(self):
        code = (
            "def hubcore_fetch(url, target):\n"
            f"    target.write_bytes({FORGED!r})\n    return True\n"
        )
        return self._hook(code) | {"HUBCORE_MIRRORS": f"{self.server.url}/own/=peer://host/"}

    def rewrite_to_a_hooks_scheme(self):
        return self._hook(
            "def hubcore_rewrite_url(url):\n    return 'peer://host/x'\n"
            "@hookimpl\ndef hubcore_fetch(url, target):\n"
            f"    target.write_bytes({FORGED!r})\n    return True\n"
        )

    def interrupted_download_of_a_mirror(self):
        partial = self.home / "partial" / f"own-{'0' * 40}.1"
        partial.mkdir(parents=True)
        (partial / "data").write_bytes(FORGED)
        return {}

    def _hook(self, code):
        site = self.folder / "site"
        site.mkdir()
        code = f"from hubcore.hookspecs import hookimpl\n@hookimpl\n{code}"
        (site / "peer_hooks.py").write_text(code)
        write_dist_info(site, "peer_hooks", "[hubcore.hooks]\npeer = peer_hooks\n")
        return {"PYTHONPATH": str(site)}


WAYS = [name for name in vars(Attack) if not name.startswith("_")]


@pytest.mark.parametrize("way", WAYS)
def test_the_forged_file_is_never_taken(way, home, hub, server, tmp_path, store_environment):
    """Neither while the own address is away, nor afterwards; then the genuine file is."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    attack = Attack(home, hub, server, folder)
    if "torch" in way:
        attack.folder = tmp_path
    server.serve(f"/own/{NAME}", GENUINE, always=servers.status(404))
    _keep(home, "own", _catalog(attack.own))
    variables = getattr(attack, way)()
    assert "only a prefix" in hub("show", WEIGHTS, check=0, **variables).stdout
    lock = tmp_path / "hub.lock"
    hub("lock", WEIGHTS, "-o", lock, **variables)
    for command in (["download", WEIGHTS], ["sync", lock]):
        assert hub(*command, **variables).returncode == 1
    result = _in_python(home, tmp_path, variables)
    assert "DownloadError" in result.stderr, result
    server.resources[f"/own/{NAME}"].always = None
    hub("download", WEIGHTS, "-o", tmp_path / "out", check=0, **variables)
    (got,) = (tmp_path / "out").iterdir()
    assert got.read_bytes() == GENUINE
    assert DIGEST in hub("show", WEIGHTS, check=0, **variables).stdout


def _in_python(home, folder, variables):
    script = f"import hubcore; hubcore.get_weight({WEIGHTS!r}).download(progress=False)"
    environment = {**os.environ, "HUBCORE_HOME": str(home), **variables}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
