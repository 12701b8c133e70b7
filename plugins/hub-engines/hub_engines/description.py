"""What an exported file says of itself, read and checked: `Description`.

The text is data from outside: nothing in it is imported or run, and what is of the wrong kind is
refused. `metadata.schema.json` of hub-export describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubcore.digests import is_digest
from hubcore.weights.traces import Trace

from .errors import FileError

__all__ = ["SCHEMA", "Description", "FileWeights", "Port"]

SCHEMA = 2
LONGEST = 1024
"""Frames of a clip, and clips of a video: more would ask for more memory than there is."""


@dataclass(frozen=True)
class Port:
    """An input or output.

    Attributes:
        name: its name in the file.
        dtype: such as ``uint8``.
        shape: a number for each fixed dimension, a name for one that may change.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Description:
    """What a file says of itself.

    Attributes:
        task: its task.
        model: the model's canonical name.
        weights: the weights' canonical name.
        sha256: the digest of the weights' file, or None.
        license: the weights' licence, as text.
        categories: the names of the classes.
        keypoint_names: those of keypoints.
        sampling: how clips are sampled from a video.
        target, settings: the preprocessing, by its name, and its arguments.
        raw: whether the file holds the bare model.
        layer: where the vectors come from that it gives; "" if it predicts.
        inputs, outputs: the file's.
        exporter: the version of hub-export that made it.
    """

    task: str
    model: str
    weights: str
    sha256: str | None
    license: str
    categories: tuple[str, ...]
    keypoint_names: tuple[str, ...]
    sampling: Mapping[str, float]
    target: str
    settings: Mapping[str, Any]
    raw: bool
    layer: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    exporter: str

    @classmethod
    def from_text(cls, text: str, where: str) -> Description:
        """Reads the text of a file.

        Args:
            text: JSON.
            where: the file, for errors.

        Raises:
            FileError: it is no such text, or of a newer format.
        """
        try:
            data = json.loads(text)
            if not isinstance(data, dict):
                raise ValueError("it is no object")
            schema = _of(data, "schema", int)
            if schema > SCHEMA:
                raise FileError(
                    f"{where} was written by a newer hub-export (format {schema}), which this "
                    f"version of hub-engines cannot read: upgrade it."
                )
            preprocessing = _of(data, "preprocessing", dict)
            raw = _of(data, "raw", bool)
            if _of(preprocessing, "inside", bool) is raw:
                raise ValueError("'raw' and 'preprocessing' contradict one another")
            layer = _of(_of(data, "vectors", dict), "layer", str) if "vectors" in data else ""
            if "vectors" in data and not (layer and raw):
                raise ValueError("'vectors' are of a bare model's layer")
            digest = data.get("sha256")
            if digest is not None and not (isinstance(digest, str) and is_digest(digest)):
                raise ValueError("'sha256' is no digest")
            return cls(
                task=_of(data, "task", str),
                model=_of(data, "model", str),
                weights=_of(data, "weights", str),
                sha256=digest,
                license=_of(data, "license", str),
                categories=_texts(data, "categories"),
                keypoint_names=_texts(data, "keypoint_names"),
                sampling=_sampling(data),
                target=_of(preprocessing, "target", str),
                settings=_of(preprocessing, "settings", dict),
                raw=raw,
                layer=layer,
                inputs=_ports(data, "inputs"),
                outputs=_ports(data, "outputs"),
                exporter=str(data.get("made_with", {}).get("hub-export", "")),
            )
        except FileError:
            raise
        except (ValueError, RecursionError, AttributeError) as error:
            raise FileError(
                f"What {where} says of itself cannot be used: {error}. Export it again."
            ) from error


class FileWeights:
    """The weights of an exported file, as far as it tells: a `hubcore.WeightsLike` without tensors.

    Attributes:
        name: the member's name.
        model: the model's canonical name.
        url: "", there is no address.
        meta: ``categories``, ``keypoint_names`` and ``license``.
        preprocessing: its name and its arguments, as catalogues write it.
        value: itself, for the ``sampling`` of clips.
        sampling: how clips are sampled.
    """

    url = ""

    def __init__(self, about: Description) -> None:
        self._about = about
        self.name = about.weights.rpartition(".")[2]
        self.model = about.model
        self.meta: dict[str, Any] = {
            "categories": list(about.categories),
            "keypoint_names": list(about.keypoint_names),
            "license": about.license,
        }
        self.preprocessing = [about.target, dict(about.settings)]
        self.value = self
        self.sampling = dict(about.sampling)
        frames = (*about.inputs[0].shape, "", "")[1]
        if about.task == "video-classification" and isinstance(frames, int):
            self.sampling["clip_len"] = min(frames, LONGEST)  # no other length will do

    @property
    def hub_trace(self) -> Trace:
        """What results name the weights by."""
        return Trace(self._about.weights, self._about.sha256)

    def transforms(self) -> Any:
        """Raises `FileError`: the preprocessing is not made from a file's text."""
        raise FileError("The preprocessing of an exported file is inside it.")

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """Raises `FileError`: the tensors stay in the file."""
        raise FileError("An exported file gives no tensors.")

    def __str__(self) -> str:
        return self._about.weights.rpartition("/")[2]

    __repr__ = __str__


def _of(data: Mapping[str, Any], key: str, kind: type) -> Any:
    value = data.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"'{key}' is {_short(value)}, not of the type {kind.__name__}")
    return value


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"'{key}' is no list of texts")
    return tuple(value)


def _sampling(data: Mapping[str, Any]) -> dict[str, float]:
    """Numbers that cannot ask for more frames than a computer has memory for."""
    found = {}
    for key, most in (("clip_len", LONGEST), ("clips_per_video", LONGEST), ("frame_rate", 100_000)):
        value = data.get("sampling", {}).get(key)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= most:
            raise ValueError(f"'{key}' of 'sampling' is {_short(value)}")
        found[key] = value
    return found


def _ports(data: Mapping[str, Any], key: str) -> tuple[Port, ...]:
    ports = data.get(key)
    if not isinstance(ports, list) or not ports:
        raise ValueError(f"'{key}' is no list of inputs or outputs")
    found = []
    for port in ports:
        if not isinstance(port, dict):
            raise ValueError(f"'{key}' has an entry that is no object")
        shape = _of(port, "shape", list)
        if not all(isinstance(size, str) or (isinstance(size, int) and size > 0) for size in shape):
            raise ValueError(f"the shape of '{_short(port.get('name'))}' is {_short(shape)}")
        found.append(Port(_of(port, "name", str), _of(port, "dtype", str), tuple(shape)))
    return tuple(found)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
