"""Reads bundles, and imports their files and entries into a store."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tarfile
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from ... import settings
from ...catalogs.catalog import Catalog, WeightsEntry
from ...catalogs.names import find_weights
from ...catalogs.permits import Permit
from ...devices import refuse_device
from ...digests import is_digest
from ...download.addresses import redacted
from ...errors import HubError, UnknownNameError
from ...store import Store
from ..lookup import get_weight
from .catalogs import KeptCatalogs
from .exported import check_exported, take_exported
from .format import FORMAT, MANIFEST, BundleError, CountingReader

__all__ = ["Bundled", "Imported", "import_bundle", "read_bundle"]

_LARGEST_MANIFEST = 256 * 1024 * 1024
_BUFFER = 256 * 1024


class Imported(NamedTuple):
    """One set of weights that was imported from a bundle.

    Attributes:
        name: the canonical name of the weights.
        path: the file in the store.
        sha256: the file's SHA-256, as 64 hex digits.
    """

    name: str
    path: Path
    sha256: str


class Bundled(NamedTuple):
    """One file in a bundle, as `read_bundle` finds it.

    Attributes:
        name: the file's name; of an exported file how it ends, from ``onnx-`` on.
        weights: the canonical names of the weights that it is for.
        sha256: the SHA-256 that the bundle states.
        size: its size in the bundle in bytes; 0 if it is missing.
        state: ``present``, ``ok`` (it was hashed), ``damaged`` or ``missing``.
    """

    name: str
    weights: tuple[str, ...]
    sha256: str
    size: int
    state: str


def read_bundle(
    source: Path,
    on_bytes: Callable[[int], object] = lambda count: None,
    *,
    verify: bool = False,
) -> list[Bundled]:
    """What is in a bundle. Nothing is imported, and nothing that it names is run.

    Args:
        source: the bundle file.
        on_bytes: called with the number of bytes after each read from the bundle.
        verify: hash every file.

    Raises:
        BundleError: the file is missing, is not a bundle, or is truncated.
    """
    with _opened(source) as tar:
        manifest = _read_manifest(tar, source)
        files: Mapping[str, Any] = manifest["files"]
        found: dict[str, Bundled] = {
            digest: Bundled(facts["name"], tuple(facts["weights"]), digest, 0, "missing")
            for digest, facts in files.items()
        }
        for name, facts in manifest["exported"].items():
            weights = found[facts["of"]].weights
            found[name] = Bundled(facts["kind"], weights, facts["sha256"], 0, "missing")
        for name, reader, size in _files_in(tar, found):
            state = "present"
            if verify:
                digest = _sha256(CountingReader(reader, on_bytes))
                state = "ok" if digest == found[name].sha256 else "damaged"
            found[name] = found[name]._replace(size=size, state=state)
        return list(found.values())


def _sha256(reader: Any) -> str:
    digest = hashlib.sha256()
    while part := reader.read(_BUFFER):
        digest.update(part)
    return digest.hexdigest()


def import_bundle(
    source: Path,
    store: Store,
    on_bytes: Callable[[int], object] = lambda count: None,
    *,
    trust: bool = False,
    replace: bool = False,
) -> list[Imported]:
    """Imports a bundle's files into the store, each verified, with their catalogue entries.

    Entries of distributions that are not installed here go to the store's ``catalogs`` folder, so
    that their names work. Those of built-in families and of installed distributions are not taken,
    and what they name is used only as far as `catalogs.allowed` says.

    Args:
        source: the bundle file.
        store: where the files go.
        on_bytes: called with the number of bytes after each read from the bundle.
        trust: believe the digests in the bundle of files whose catalogue gives only the first
            digits or none, and let its catalogue name any Python code, as an installed package's
            may. Otherwise such files are kept, but not used for these weights, and no code is used
            but that of hubcore, torchvision and the built-in families. Exported files are taken
            only with it, since their digests are in no catalogue.
        replace: replace entries that an earlier bundle brought and that differ.

    Returns:
        The weights in the bundle.

    Raises:
        BundleError: the file is missing, is not a bundle, is incomplete, or would replace what an
            earlier bundle brought.
        DigestMismatchError: a file in the bundle is damaged; nothing of that file is kept.
        CatalogError: the bundle's catalogue entries break the format.
        LicenseError: the user's rules for licences refuse some weights; nothing was imported.
    """
    with _opened(source) as tar:
        return _import(tar, source, store, on_bytes, trust, replace)


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    """The bundle's tar. Faults of the file inside the block are `BundleError`s."""
    try:
        refuse_device(source)
        with tarfile.open(source, "r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, HubError):
            raise
        raise BundleError(
            f"{source} is not a bundle, or is truncated ({error}). Copy it again from where it was "
            f"made."
        ) from error
    except FileNotFoundError:
        raise BundleError(f"There is no file {source}.") from None
    except IsADirectoryError:
        raise BundleError(f"{source} is a folder, not a bundle.") from None
    except OSError as error:
        if isinstance(error, HubError):
            raise
        raise BundleError(f"Cannot read {source}: {error.strerror or error}.") from error


def _import(
    tar: tarfile.TarFile,
    source: Path,
    store: Store,
    on_bytes: Callable[[int], object],
    trust: bool,
    replace: bool,
) -> list[Imported]:
    manifest = _read_manifest(tar, source)
    if trust:
        _give_digests(manifest)
    if settings.licenses() is not None:
        _require_licenses(manifest)
    kept = KeptCatalogs(
        manifest["catalogs"],
        store.root / "catalogs",
        source,
        replace=replace,
        believe_digests=trust,
    )
    files: Mapping[str, Any] = manifest["files"]
    exported: Mapping[str, Any] = manifest["exported"] if trust else {}
    imported = []
    missing = {*files, *exported}
    for digest, reader, _ in _files_in(tar, missing.copy()):
        if digest in exported:
            counted: Any = CountingReader(reader, on_bytes)
            take_exported(counted, exported[digest], store, source)
            missing.discard(digest)
            continue
        facts = files[digest]
        path = store.add_stream(
            CountingReader(reader, on_bytes), sha256=digest, name=facts["name"], origin=str(source)
        )
        if trust:
            _pin(store, digest, facts)
        missing.discard(digest)
        imported += [Imported(name, path, digest) for name in facts["weights"]]
    if missing:
        raise BundleError(
            f"{source} is incomplete: {len(missing)} of {len(files) + len(exported)} files are "
            f"missing. Copy it again from where it was made."
        )
    with store.writing():
        kept.write(trust_code=trust)
    return imported


def _read_manifest(tar: tarfile.TarFile, source: Path) -> dict[str, Any]:
    first = tar.next()
    if (
        first is None
        or first.name != MANIFEST
        or first.size > _LARGEST_MANIFEST
        or first.issparse()
    ):
        raise BundleError(
            f"{source} is not a bundle made by 'hub bundle create': it does not begin with "
            f"{MANIFEST}."
        )
    return _manifest(tar, first, source)


def _files_in(tar: tarfile.TarFile, wanted: Container[str]) -> Iterator[tuple[str, IO[bytes], int]]:
    """The files of the manifest: digest, or name of an exported file, reader and size of each.

    Members are read by the names that the manifest gives; no path of the tar is ever used.
    """
    while (member := tar.next()) is not None:
        digest = member.name.removeprefix("files/").removeprefix("exported/")
        # A sparse file of a few bytes can stand for more zeros than the disk holds.
        if digest not in wanted or not member.isreg() or member.issparse():
            continue
        reader = tar.extractfile(member)
        assert reader is not None  # it is a regular file
        yield digest, reader, member.size


def _require_licenses(manifest: Mapping[str, Any]) -> None:
    """Refuses a bundle whose weights the user's rules do not allow, before anything is taken.

    What an installed catalogue says of weights counts; for others, what the bundle says.
    """
    for name in (name for facts in manifest["files"].values() for name in facts["weights"]):
        enum, _, member = name.rpartition(".")
        distribution, _, bare = enum.rpartition("/")
        entry: WeightsEntry | None
        try:
            entry = find_weights(enum)
        except UnknownNameError:
            part = manifest["catalogs"].get(distribution, {"schema": 1})
            entry = Catalog(part, distribution).weights.get(bare)
        if entry is None:
            Permit(Catalog({"schema": 1}, distribution), name, {})()
        else:
            Permit(entry.catalog, name, entry.members.get(member, {}))()


def _manifest(tar: tarfile.TarFile, member: tarfile.TarInfo, source: Path) -> dict[str, Any]:
    reader = tar.extractfile(member)
    try:
        manifest = json.loads(reader.read() if reader else b"")
        version = manifest["bundle"]
        if not isinstance(version, int) or version > FORMAT:
            raise BundleError(
                f"{source} is in bundle format {version}, but this hubcore reads formats up to "
                f"{FORMAT}: upgrade hubcore."
            )
        for digest, facts in manifest["files"].items():
            texts = [facts["name"], *facts["urls"], *facts["weights"]]
            if not is_digest(digest) or not all(isinstance(text, str) for text in texts):
                raise ValueError(f"a bad entry for {digest}")
        if not isinstance(manifest["catalogs"], dict):
            raise ValueError("no catalogues")
        check_exported(manifest.setdefault("exported", {}), manifest["files"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{source} is not a valid bundle: its {MANIFEST} breaks the format."
        ) from error
    return dict(manifest)


def _give_digests(manifest: Mapping[str, Any]) -> None:
    """Puts the digest of each file into the bundle's entries of its weights.

    An address without its signed query may stand for several files, so it cannot be pinned.
    """
    for digest, facts in manifest["files"].items():
        for name in facts["weights"]:
            distribution, _, member = name.partition("/")
            enum, _, key = member.partition(".")
            entry: Any = manifest["catalogs"]
            for step in (distribution, "weights", enum, "members", key):
                entry = entry.get(step) if isinstance(entry, dict) else None
            if isinstance(entry, dict) and digest.startswith(str(entry.get("sha256") or "")):
                entry["sha256"] = digest


def _pin(store: Store, digest: str, facts: Mapping[str, Any]) -> None:
    """Pins the addresses of a file: the bundle's, and those of the weights that are installed.

    A digest that was pinned earlier takes precedence over the bundle's.
    """
    urls = {url for url in facts["urls"] if not redacted(url)}
    for name in facts["weights"]:
        with contextlib.suppress(HubError):  # they are not installed, or have another digest
            file, *further = get_weight(name).value.files
            if digest in (one.digest for one in further):
                continue
            if digest.startswith(file.digest or "") and not is_digest(file.digest or ""):
                urls.add(file.urls[0])
    for url in sorted(urls):
        if store.pinned(url) is None:
            store.pin(url, digest)
