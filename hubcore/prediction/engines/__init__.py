"""Engines: what runs models. Ours is torch; installed packages add others::

    [project.entry-points."hubcore.engines"]
    onnxruntime = "hub_engines.with_onnxruntime:OnnxRuntime"

What must be known of an engine before its code is imported stands in a JSON file beside its module,
under its name: ``{"onnxruntime": {"help": "...", "files": [".onnx"], "needs": {"onnxruntime":
"hub-engines[onnxruntime]"}}}``. The class, an `Engine`, is imported when a model is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...catalogs import added
from ...catalogs.known_packages import known_packages
from ...errors import MissingDependencyError, PluginError, UnknownNameError
from ...packages.entry_points import EntryPoint, entry_points, is_disabled, summary
from ...packages.side_files import side_file
from ..errors import PredictionError

if TYPE_CHECKING:
    from .base import Engine, Request

__all__ = [
    "GROUP",
    "EngineEntry",
    "all_engines",
    "find_engine",
    "is_exported",
    "make_engine",
    "usual_engine",
    "without_torch",
]

GROUP = "hubcore.engines"
OURS = {"torch": "hubcore.prediction.engines.with_torch:TorchEngine"}
_KNOWN_FILES = {".onnx": "onnxruntime", ".xml": "openvino"}
"""Those of the engines of our own packages, installed or not, and the extra that brings one."""
_OTHER_FILES = {".pt2": "torch.export.load(path).module()", ".pte": "ExecuTorch's runtime"}
"""Exported files that no engine of ours runs, and what does."""


class EngineEntry(NamedTuple):
    """What is known of an engine without importing its code.

    Attributes:
        name: the engine's name, such as ``onnxruntime``.
        target: the class that implements it, as ``module:Class``.
        help: a line that says what it is.
        files: how the names of exported files that it reads end, such as ``.onnx``.
        needs: the modules that it imports, each with what pip installs to bring it.
        distribution, status, error: see `catalogs.added.Entry`.
    """

    name: str
    target: str
    help: str = ""
    files: tuple[str, ...] = ()
    needs: Mapping[str, str] = {}
    distribution: str = ""
    status: str = "ok"
    error: str = ""

    @property
    def missing(self) -> str | None:
        """A module that it needs and that is not installed. Imports none."""
        return next((module for module in self.needs if find_spec(module) is None), None)


def all_engines() -> list[EngineEntry]:
    """torch, then the engines of installed packages by name. Imports none of them."""
    added_ones = sorted(map(_entry, entry_points(GROUP)), key=lambda one: one[0])
    return [
        *(_entry(EntryPoint(name, target, "", "")) for name, target in OURS.items()),
        *(entry for entry in added_ones if entry.name not in OURS),
    ]


def find_engine(name: str) -> EngineEntry:
    """Finds an engine.

    Args:
        name: the bare name, or ``distribution/name``.

    Raises:
        UnknownNameError: there is no such engine. The error suggests similar names, or says which
            package to install.
        AmbiguousNameError: several packages add an engine of this name.
        PluginError: the package that adds it is broken, or ``HUBCORE_DISABLE`` disables it.
        MissingDependencyError: a package that it needs is not installed.
    """
    engines = all_engines()
    found = engines[0] if name in OURS else added.the_one("engine", name, engines)
    if found is None:
        raise _unknown(name, engines)
    if found.missing:
        raise MissingDependencyError(
            f"The engine '{found.name}' needs '{found.missing}', which is not installed. To "
            f"install it: pip install '{found.needs[found.missing]}'",
            found.missing,
        )
    return found


def is_exported(model: Any) -> bool:
    """Whether a model is given as an exported file: by how its name ends. It need not exist."""
    if isinstance(model, Path):
        return True
    if not isinstance(model, str) or "." not in model:
        return False
    suffix = Path(model).suffix.lower()
    known = suffix in _KNOWN_FILES or suffix in _OTHER_FILES
    return known or any(suffix in engine.files for engine in all_engines())


def make_engine(name: str | Callable[[Request], Engine] | None, request: Request) -> Engine:
    """Makes the engine for what a user asked for.

    Args:
        name: the engine's name. None: `usual_engine`. Or what makes one, such as a class that need
            not be known by a name.
        request: what is to be run.

    Raises:
        PredictionError: there is no engine for such a file, or the engine does not read it, or it
            gives no vectors, which are asked for.
        HubError: see `find_engine`, and what the engine raises.
    """
    from .base import Engine

    if callable(name):
        return name(request)
    entry = usual_engine(request.model) if name is None else find_engine(name)
    if is_exported(request.model) and Path(str(request.model)).suffix.lower() not in entry.files:
        read = f"only {', '.join(entry.files)}" if entry.files else "no exported files"
        raise PredictionError(f"{request.model}: the engine '{entry.name}' reads {read}.")
    try:
        made = added.load("engine", entry)
    except PluginError as error:
        absent = error.__cause__
        if entry.distribution or not isinstance(absent, ModuleNotFoundError):
            raise
        raise without_torch(absent) from absent
    if not (isinstance(made, type) and issubclass(made, Engine)):
        raise added.fault("engine", entry, f"cannot be used: {entry.target} is no Engine")
    lacking = ", ".join(sorted(made.__abstractmethods__))
    if lacking:
        raise added.fault("engine", entry, f"cannot be used: {entry.target} lacks {lacking}")
    if request.vectors is not None and not made.gives_vectors:
        raise PredictionError(f"The engine '{entry.name}' predicts, and gives no vectors.")
    engine: Engine = made(request)
    return engine


def without_torch(absent: ModuleNotFoundError) -> MissingDependencyError:
    """The error where the engine `torch` lacks a package, torch itself perhaps."""
    module = (absent.name or "").partition(".")[0]
    return MissingDependencyError(
        f"Prediction needs '{module}', which is not installed. To install it: "
        f"pip install 'hubcore[predict]'",
        module,
    )


def usual_engine(model: Any) -> EngineEntry:
    """The engine where none is named: torch; for an exported file the first that reads it.

    Ours come before those of other packages, and only those count whose packages are installed.

    Args:
        model: a model's name, a module, or the path of an exported file, which need not exist.

    Raises:
        PredictionError: there is no engine for such a file.
        MissingDependencyError: what reads it is not installed.
    """
    if not is_exported(model):
        return find_engine("torch")
    path = Path(str(model))
    suffix = path.suffix.lower()
    readers = [one for one in all_engines() if suffix in one.files and one.status == "ok"]
    readers.sort(key=lambda one: (one.distribution not in known_packages(), one.name))
    for entry in readers:
        if not entry.missing:
            return entry
    if readers:
        return find_engine(added.canonical(readers[0]))  # its error says what to install
    if suffix in _KNOWN_FILES:
        raise MissingDependencyError(
            f"{path}: no engine that runs '{suffix}' files is installed. To install one: "
            f"pip install 'hub-engines[{_KNOWN_FILES[suffix]}]'",
            "hub_engines",
        )
    error = f"{path}: no installed engine runs files whose names end in '{suffix}'."
    if suffix in _OTHER_FILES:
        error += (
            f" It is one for {_OTHER_FILES[suffix]}. To predict here, export the model as '.onnx'."
        )
    raise PredictionError(error)


def _entry(point: EntryPoint) -> EngineEntry:
    engine = EngineEntry(point.name, point.value, distribution=point.distribution)
    if point.distribution and is_disabled(point.name, point.distribution):
        return engine._replace(help=summary(point), status="disabled")
    module, _, attribute = point.value.partition(":")
    try:
        if not module or not attribute:
            raise ValueError(f"'{point.value}' is not of the form 'module:Class'")
        engine = engine._replace(**_checked(side_file(module).get(point.name, {})))
    except ValueError as error:
        return engine._replace(help=summary(point), status="broken", error=str(error))
    if engine.help or not point.distribution:
        return engine
    return engine._replace(help=summary(point))


def _checked(facts: Any) -> dict[str, Any]:
    """The facts of a JSON file that are known; others are ignored, for later versions.

    Raises:
        ValueError: one has a wrong type.
    """
    if not isinstance(facts, dict):
        raise ValueError("what its JSON file says of it is no object")
    text, files, needs = (facts.get(key) for key in ("help", "files", "needs"))
    if not isinstance(text, str | None):
        raise ValueError('"help" in its JSON file is no text')
    if files is not None and not (_are_texts(files) and all(one[:1] == "." for one in files)):
        raise ValueError('"files" in its JSON file is no list of suffixes such as ".onnx"')
    if needs is not None and not (isinstance(needs, dict) and _are_texts(list(needs.values()))):
        raise ValueError('"needs" in its JSON file is no object of texts')
    return {"help": text or "", "files": tuple(files or ()), "needs": needs or {}}


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(one, str) for one in values)


def _unknown(name: str, engines: list[EngineEntry]) -> UnknownNameError:
    import difflib

    for package, offered in known_packages().items():
        if name in offered.get("engine", ()):
            return UnknownNameError("engine", name, install=f"'{package}[{name}]'")
    known = {one.name for one in engines if one.status == "ok"}
    ours = {one for offered in known_packages().values() for one in offered.get("engine", ())}
    close = difflib.get_close_matches(name.lower(), sorted(known | ours), n=3)
    hint = None if close else f"Engines: {', '.join(sorted(known))}."
    return UnknownNameError("engine", name, close, hint=hint)
