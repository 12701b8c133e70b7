"""The formats of exported files: which there are, and what each needs. Imports none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from hubcore.errors import MissingDependencyError

from ..errors import ExportError

if TYPE_CHECKING:
    import numpy as np
    from torch.export import ExportedProgram

    from ..ports import Port
    from ..values import Values

__all__ = [
    "FORMATS",
    "KEY",
    "About",
    "Format",
    "Run",
    "Writer",
    "check_holds",
    "find_format",
    "require",
]

KEY = "hubcore"
"""Under which a file keeps its metadata."""

Run = Callable[[Mapping[str, Any]], "dict[str, np.ndarray[Any, Any]]"]
"""Runs an exported file: arrays by the name of the input, to arrays by the name of the output."""


@dataclass(frozen=True)
class Format:
    """A format of exported files.

    Attributes:
        name: its name, as ``--format`` takes it.
        suffix: how its files' names end.
        module: the module of this package that writes and opens them, a `Writer`.
        needs: the modules that it imports beyond torch.
        extra: the extra of hub-export that installs these, or "".
        bare: the tasks of which it holds the bare model, and why.
        fixed: why its inputs have one size, and it holds models for the tasks in ``bare`` alone; ""
            if they may vary.
    """

    name: str
    suffix: str
    module: str
    needs: tuple[str, ...] = ()
    extra: str = ""
    bare: Mapping[str, str] = field(default_factory=dict)
    fixed: str = ""


_UNLIKE_PILLOW = (
    "OpenVINO resizes without antialiasing, unlike Pillow: images are prepared outside, as "
    "hub predict does it without torch"
)

_PLANNED = "ExecuTorch plans memory for inputs of one size"

FORMATS = {
    found.name: found
    for found in (
        Format("onnx", ".onnx", "onnx_file", ("onnx", "onnxscript", "onnxruntime"), "onnx"),
        Format(
            "openvino",
            ".xml",
            "openvino_file",
            ("openvino", "onnx", "onnxscript"),
            "openvino",
            dict.fromkeys(("image-classification", "semantic-segmentation"), _UNLIKE_PILLOW),
        ),
        Format("torch", ".pt2", "torch_file"),
        Format(
            "executorch",
            ".pte",
            "executorch_file",
            ("executorch",),
            "executorch",
            {"image-classification": f"{_PLANNED}: images are prepared outside"},
            fixed=_PLANNED,
        ),
    )
}


@dataclass(frozen=True)
class About:
    """What a file says of itself.

    Attributes:
        inputs, outputs: their names and shapes.
        metadata: the text to keep in the file under `KEY`.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: str


class Writer(Protocol):
    """What the module of a format has."""

    def write(self, program: ExportedProgram, path: Path, about: About) -> ExportedProgram:
        """Writes a file, and beside it others of the same stem if the format has several.

        Args:
            program: the traced model.
            path: the file, in a folder that has no others.
            about: what it says of itself.

        Returns:
            The program as the format has it: some take its operations apart first.

        Raises:
            ExportError: the format cannot express the model.
            OSError: the file cannot be written.
        """

    def open(self, path: Path) -> Run:
        """Opens a file that `write` wrote, to be run on the CPU."""

    def values(self, path: Path, program: ExportedProgram) -> Values | None:
        """Opens a file to see values inside of it; None if the format shows none.

        Args:
            path: the file.
            program: what `write` returned.
        """

    def metadata(self, path: Path) -> str:
        """The text that a file keeps under `KEY`."""


def find_format(name: str | None, path: Path) -> Format:
    """The format of that name, or else the one whose files end like this.

    Raises:
        ExportError: there is none.
    """
    if name is None:
        for found in FORMATS.values():
            if path.suffix.lower() == found.suffix:
                return found
        suffixes = ", ".join(f"{one.suffix} ({one.name})" for one in FORMATS.values())
        raise ExportError(
            f"{path}: its name does not tell the format: end it in {suffixes}, or give --format."
        )
    if name not in FORMATS:
        raise ExportError(f"Unknown format '{name}'. Choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def check_holds(wanted: Format, task: str | None) -> None:
    """Says whether a format can hold models for a task.

    Raises:
        ExportError: it cannot.
    """
    if wanted.fixed and task not in wanted.bare:
        raise ExportError(
            f"The format '{wanted.name}' can hold models for {', '.join(wanted.bare)} only: "
            f"{wanted.fixed}, and those for {task} take any."
        )


def require(wanted: Format) -> Writer:
    """The module of a format.

    Raises:
        MissingDependencyError: a package that it needs is not installed. It is named with the extra
            that brings it. torch is not imported before that.
    """
    for module in wanted.needs:
        if find_spec(module) is None:
            raise MissingDependencyError(
                f"The format '{wanted.name}' needs {module}, which is not installed: "
                f"pip install 'hub-export[{wanted.extra}]'",
                module,
            )
    return cast(Writer, import_module(f".{wanted.module}", __name__))
