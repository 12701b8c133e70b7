"""Checks of a plugin's catalogue, which build no model.

Each check takes a `Subject` and yields `Fault` and `Skipped` findings. The first line of its
docstring states what must hold; ``hub check`` prints it above the faults.
"""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalogs.catalog import LABELS
from ..catalogs.member_files import addresses_of, files_of, size_of_all
from ..catalogs.names import find_model, model_of
from ..download.addresses import digest_in_name, redact, scheme
from ..download.huggingface import is_fixed
from ..errors import DownloadError, HubError, MissingDependencyError, OfflineError
from ..weights.lookup import get_weight
from .subject import Fault, Finding, Member, Skipped, Subject

if TYPE_CHECKING:
    from jsonschema import ValidationError

    from ..catalogs.licenses import Statement
    from ..download.cancellation import Cancel
    from ..download.remote import RemoteFile

__all__ = [
    "check_addresses",
    "check_digests",
    "check_imports",
    "check_licenses",
    "check_names",
    "check_pickling",
    "check_schema",
    "check_sizes",
    "schema_errors",
]

SCHEMA = LABELS.parent / "catalog.schema.json"
NEEDS_JSONSCHEMA = "the check needs jsonschema: pip install 'hubcore[authors]'"
_LINE = 200  # characters


def check_schema(subject: Subject) -> Iterator[Finding]:
    """The catalogue is found, can be read, and follows the published JSON Schema."""
    plugin = subject.plugin
    if plugin.status != "ok":
        remedy = (
            "take it out of HUBCORE_DISABLE"
            if plugin.status == "disabled"
            else "fix what the message names"
        )
        yield Fault("catalogue", plugin.error or f"the plugin is {plugin.status}", remedy)
        return
    try:
        errors = [*schema_errors(SCHEMA, subject.data)]
    except ImportError:
        yield Skipped("catalogue", NEEDS_JSONSCHEMA)
        return
    for error in errors:
        place = ".".join(map(str, error.absolute_path)) or "catalogue"
        rule = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
        yield Fault(place, error.message, rule or "see hubcore/catalogs/catalog.schema.json")


def schema_errors(schema: Path, data: object) -> Iterator[ValidationError]:
    """Where data do not follow a JSON Schema.

    Raises:
        ImportError: jsonschema is not installed: `NEEDS_JSONSCHEMA`.
    """
    from jsonschema import Draft202012Validator

    yield from Draft202012Validator(json.loads(schema.read_text("utf-8"))).iter_errors(data)


def check_names(subject: Subject) -> Iterator[Finding]:
    """All models, enums, lists and other weights that the catalogue refers to exist."""
    catalog = subject.catalog
    if catalog is None:
        return
    for model in subject.models:
        where = f"models.{model.name}"
        if model.weights is not None and model.weights not in catalog.weights:
            yield Fault(
                f"{where}.weights",
                f"there is no enum '{model.weights}' in this catalogue",
                'name an enum of "weights", or null',
            )
        if model.replaced_by is not None:
            yield from _check_name(f"{where}.replaced_by", find_model, model.replaced_by)
    for name, entry in catalog.weights.items():
        if entry.default is None:
            yield Skipped(f"weights.{name}", "'DEFAULT' means none of them; \"default\" names one")
        if model_of(entry) is None:
            yield from _check_name(f"weights.{name}.builder", find_model, entry.builder)
    for member in subject.members:
        for key, value in member.data.get("meta", {}).items():
            if isinstance(value, str) and value.startswith("@"):
                find = get_weight if "." in value else catalog.named_list
                if "." in value and value[1:].partition(".")[0] in catalog.weights:
                    value = f"@{catalog.distribution}/{value[1:]}"
                yield from _check_name(f"{member.where}.meta.{key}", find, value[1:])
        if successor := member.data.get("replaced_by"):
            if successor.partition(".")[0] in catalog.weights:
                successor = f"{catalog.distribution}/{successor}"
            yield from _check_name(f"{member.where}.replaced_by", get_weight, successor)


def check_digests(subject: Subject) -> Iterator[Finding]:
    """Every file has a digest, so that its bytes can be verified."""
    for member in subject.members:
        urls = (member.data["url"], *member.data.get("mirrors", ()))
        if member.data.get("sha256") or any(digest_in_name(url) for url in urls):
            continue
        if scheme(member.data["url"]) == "hf":
            if not is_fixed(member.data["url"]):
                moves = "its address names no commit, so it may come to mean another file"
                yield Skipped(member.where, moves)
            continue  # its repository states the digest
        if "sha256" in member.data:
            yield Skipped(member.where, "its publisher gives no digest")
            continue
        yield Fault(
            member.where,
            "there is nothing to verify the file against",
            '"sha256": the output of sha256sum FILE; or null if its publisher gives no digest, so '
            "that users have to trust the file",
        )


def check_sizes(subject: Subject) -> Iterator[Finding]:
    """Sizes agree with each other, and sizes and digests with files that the package ships."""
    for member in subject.members:
        size, shown = size_of_all(member.data), member.data.get("meta", {}).get("_file_size")
        if (
            size is not None
            and shown is not None
            and abs(size / 2**20 - shown) > max(shown / 100, 0.001)
        ):
            yield Fault(
                member.where,
                f"size is {size} bytes, which is {size / 2**20:.3f} MiB, but _file_size is {shown}",
                f'"_file_size": {size / 2**20:.3f}',
            )
        for file in files_of(member.data):
            if scheme(file.urls[0]) == "package":
                yield from _check_packaged_file(member, file)


def check_licenses(subject: Subject) -> Iterator[Finding]:
    """All weights state their licence, even if it is unknown, with valid SPDX and with sources."""
    from ..catalogs import licenses

    catalog = subject.catalog
    for member in subject.members:
        license = member.data.get("license")
        if not license and "weights" not in (member.data.get("evidence") or ()):
            yield Fault(
                member.where,
                "the licence is not stated",
                '"license": an SPDX identifier such as "MIT", an address, or "unknown"',
            )
        elif license and license.lower() != "unknown" and "://" not in license:
            yield from _check_spdx(f"{member.where}.license", license)
    if catalog is None:
        return
    seen = set()
    for member in subject.members:
        evidence = member.data.get("evidence")
        if evidence is None or (isinstance(evidence, str) and evidence in seen):
            continue
        where = f"{member.where}.evidence"
        if isinstance(evidence, str):
            seen.add(evidence)
            where = f"evidence.{evidence[1:]}"
        found = licenses.evidence_of(catalog, member.data)
        for what, statement in licenses.statements(found):
            yield from _check_statement(f"{where}: {what}", statement)
        known = {*licenses.known_datasets(), *catalog.data.get("datasets", ())}
        for dataset in found.data:
            if dataset.name not in known and dataset.terms.state == licenses.NOT_STATED:
                yield Fault(
                    f"{where}: data",
                    f"nothing describes the data set '{dataset.name}'",
                    'describe it in the catalogue\'s "datasets", or use a name that comes with '
                    f"hubcore: {', '.join(sorted(licenses.known_datasets()))}",
                )
        if found.data and found.data[0].source is None:
            yield Fault(
                f"{where}: data",
                "no source says that the weights were trained on these data",
                '"data_source": {"title": ..., "url": ..., "summary": ..., "date": "YYYY-MM-DD"}',
            )


def _check_statement(where: str, statement: Statement) -> Iterator[Finding]:
    if statement.spdx:
        yield from _check_spdx(where, statement.spdx)
    if statement.source is None:
        if not statement.looked:
            yield Fault(where, "is not stated, nor where was looked", '"looked": ["an address"]')
        return
    source = statement.source
    missing = [key for key in ("url", "summary", "date") if not getattr(source, key)]
    if missing:
        yield Fault(
            where,
            f"its source lacks {', '.join(missing)}",
            '"source": {"title": ..., "url": ..., "summary": ..., "date": "YYYY-MM-DD"}',
        )
    if len(source.summary) > _LINE or "\n" in source.summary:
        yield Fault(where, "the source's summary is longer than a line", "shorten it")


def _check_spdx(where: str, expression: str) -> Iterator[Finding]:
    from .. import spdx

    try:
        problem = spdx.problem(expression)
    except MissingDependencyError as error:
        yield Skipped(where, str(error))
        return
    if problem:
        yield Fault(
            where,
            f"'{expression}' {problem}",
            "an identifier of https://spdx.org/licenses, an expression of several, an address, or "
            "LicenseRef-NAME for a licence that SPDX does not list",
        )


def check_pickling(subject: Subject) -> Iterator[Finding]:
    """Pickling and copying a member gives the same object."""
    for member in subject.usable_members:
        try:
            weights = member.weights
            same = (
                pickle.loads(pickle.dumps(weights)) is weights
                and copy.copy(weights) is weights
                and copy.deepcopy(weights) is weights
            )
        except Exception as error:
            yield Fault(member.where, f"cannot be pickled: {error}", "fix what the message names")
            continue
        if weights.name != member.name:
            yield Fault(
                member.where,
                f"is the same as {weights.name}: members with the same address, meta-data and "
                f"transforms are one member",
                'keep one entry, and make the other name an alias, with "aliases"',
            )
        elif not same:
            yield Fault(
                member.where,
                "pickling or copying gives another object",
                "do not override __reduce_ex__, __copy__ and __deepcopy__ of WeightsEnum",
            )


def check_imports(subject: Subject) -> Iterator[Finding]:
    """Listing and showing import neither torch nor the plugin, and need no network."""
    if not subject.installed:
        yield Skipped("catalogue", "the plugin is not an installed package")
        return
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", _LISTING, subject.plugin.distribution],
        env={**os.environ, "PYTHONPATH": paths, "HUBCORE_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        yield Fault("catalogue", f"listing it fails: {last}", "fix what the message names")
        return
    for module in done.stdout.split():
        yield Fault(
            "catalogue",
            f"listing imports '{module}'",
            "refer to objects as 'module:attribute' in the catalogue, so that they are imported on "
            "use. The import may also come from a .pth file or an entry point of the package",
        )


def check_addresses(subject: Subject) -> Iterator[Finding]:
    """Every address answers, and its file has the size that the catalogue states.

    This check needs a network; it raises an `OfflineError` if ``HUBCORE_OFFLINE`` is set.
    """
    from functools import partial

    from .. import settings
    from ..download.cancellation import Cancel
    from ..download.parallel import in_threads

    if settings.offline():
        raise OfflineError(
            "HUBCORE_OFFLINE is set: no address was asked. Unset it, or leave out --online."
        )
    asked = [
        (member, url)
        for member in subject.members
        for url in addresses_of(member.data)
        if scheme(url) in ("http", "https")
    ]
    cancel = Cancel()
    answers = in_threads([partial(_ask, url, cancel) for _, url in asked], 8, cancel.set)
    for (member, url), (problem, length) in zip(asked, answers, strict=True):
        size = next(file.size for file in files_of(member.data) if url in file.urls)
        if problem:
            yield Fault(member.where, f"{redact(url)}: {problem}", "correct the address")
        elif length is not None and size not in (None, length):
            yield Fault(
                member.where,
                f"{redact(url)} is {length} bytes long, not {size}",
                f'"size": {length}, if the digest is right',
            )


def _ask(url: str, cancel: Cancel) -> tuple[str, int | None]:
    """What is wrong with an address, or "", and the size in bytes that it states."""
    from ..download.faults import AttemptError
    from ..download.http import new_session, open_url, stated_length

    session = new_session(1)
    try:
        with cancel.closing(open_url(session, url, {}, cancel, "HEAD")) as answer:
            return "", stated_length(answer)
    except AttemptError as fault:
        return str(fault), None
    finally:
        session.close()


# Runs in its own process, with every connection refused. Prints the imported modules that should
# not be imported.
_LISTING = """
import socket, sys

def refuse(*_, **__):
    raise SystemExit("listing opens a connection")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import hubcore

distribution = sys.argv[1]
hubcore.list_models(plugin=distribution)
for name in hubcore.list_weights(plugin=distribution):
    member = hubcore.get_weight(name)
    member.meta, member.transforms, member.url
catalog = next(p.catalog for p in hubcore.plugins() if p.distribution == distribution)
heavy = {"torch", "torchvision", "numpy", catalog.package}
print(*sorted(heavy & set(sys.modules)))
"""


def _check_name(where: str, find: Any, name: str) -> Iterator[Finding]:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # a deprecated name exists
            find(name)
    except HubError as error:
        yield Fault(where, str(error), f"correct '{name}', or require the package that offers it")


def _check_packaged_file(member: Member, file: RemoteFile) -> Iterator[Finding]:
    from .. import settings
    from ..download.hashing import sha256_of
    from ..packages.shipped_files import shipped

    (url, *_), size = file.urls, file.size
    try:
        with shipped(url, settings.max_size()) as path:
            actual = path.stat().st_size if path else 0
            digest = sha256_of(path) if path else ""
    except DownloadError as error:
        yield Fault(f"{member.where}.url", str(error), "pack the archive again")
        return
    if path is None:
        yield Fault(
            f"{member.where}.url",
            f"no installed package ships {url}",
            "write package:DISTRIBUTION/path/inside/it, with the path in the distribution's RECORD",
        )
        return
    if size is not None and actual != size:
        yield Fault(member.where, f"the file has {actual} bytes, not {size}", f'"size": {actual}')
    if not digest.startswith(file.sha256 or ""):
        yield Fault(member.where, f"the file's SHA-256 is {digest}", f'"sha256": "{digest}"')
