"""Reads what an OpenVINO file (.xml) says of itself, without OpenVINO and without its tensors."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from .errors import FileError

__all__ = ["read_metadata"]


def read_metadata(path: Path, key: str) -> str | None:
    """The text that OpenVINO's file keeps under a key of its ``rt_info``; None if it has none.

    Raises:
        FileError: it is no such file.
        OSError: it cannot be read.
    """
    found = None
    parents: list[str] = []
    try:
        for event, element in ElementTree.iterparse(path, events=("start", "end")):
            if event == "start":
                if not parents and element.tag != "net":
                    raise FileError(f"{path} is not an OpenVINO file: it is another kind of XML.")
                if parents == ["net", "rt_info"] and element.tag == key:
                    found = element.get("value")
                parents.append(element.tag)
            else:
                parents.pop()
                element.clear()  # a graph has many layers
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise FileError(f"{path} is not an OpenVINO file that can be read: {error}.") from error
    return found
