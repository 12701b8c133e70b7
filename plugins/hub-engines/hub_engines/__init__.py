"""Engines that run exported models without torch: `onnxruntime` and `openvino`.

`hubcore.predict(..., engine="onnxruntime")` uses them. Engines of other packages may be built on
`FileEngine`, which leaves them two things to write: how a file is described, and how it is opened.
"""

from __future__ import annotations

from .errors import FileError
from .file_engine import FileEngine
from .onnx_metadata import read_metadata

__all__ = ["FileEngine", "FileError", "read_metadata"]

__version__ = "0.1.0"
