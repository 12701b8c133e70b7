"""What a catalogue's values must be: for each field that anything reads a test, and its words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..digests import is_digest, is_prefix
from ..errors import CatalogError
from ..packages.references import Reference
from .license_checking import is_evidence, is_parent

__all__ = [
    "LOADING",
    "MEMBER",
    "META",
    "MODEL",
    "RESERVED",
    "SAMPLING",
    "Table",
    "is_count",
    "is_identifier",
    "is_name",
    "is_number",
    "is_text",
]

LOADING = frozenset({"weights", "weights_backbone", "pretrained", "pretrained_backbone"})
"""The arguments by which a model loads weights by itself: past the store, and unverified."""

Table = Mapping[str, tuple[Callable[[Any], bool], str]]
"""Of each field of an object, by its name: whether a value is right, and what it must be."""

is_name = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}", re.ASCII).fullmatch
"""Whether a text can be a model's name: ASCII letters and digits, ``_``, ``.``, ``+`` and ``-``.

So no two names look alike, and a name is safe in a terminal, an address and a file's name.
"""

RESERVED = frozenset(
    ("download", "get_state_dict", "meta", "mro", "name", "transforms", "url", "value", "verify")
)
"""What enums of weights call their own attributes and methods, so that no member may."""

is_identifier = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}", re.ASCII).fullmatch
"""Whether a text can be the name of an enum or of a member: a Python identifier in ASCII."""

_is_release = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII).fullmatch


def is_text(value: Any) -> bool:
    return type(value) is str and value != ""


def _is_any_text(value: Any) -> bool:
    return type(value) is str


def _is_address(value: Any) -> bool:
    return type(value) is str and value.isprintable() and value != "" and " " not in value


def _is_optional_name(value: Any) -> bool:
    return value is None or (type(value) is str and is_identifier(value) is not None)


def _is_optional_word(value: Any) -> bool:
    return value is None or (type(value) is str and all(map(is_name, value.split("/", 1))))


def _is_texts(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def _is_addresses(value: Any) -> bool:
    return type(value) is list and all(map(_is_address, value))


def _is_config(value: Any) -> bool:
    return isinstance(value, dict) and not any(value[key] for key in LOADING & value.keys())


def _is_object(value: Any) -> bool:
    return type(value) is dict


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_positive(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**63


def is_number(value: Any) -> bool:
    kind = type(value)
    return (kind is float and math.isfinite(value)) or (kind is int and abs(value) < 2**63)


def _is_measure(value: Any) -> bool:
    return is_number(value) and value >= 0


def _is_digest(value: Any) -> bool:
    return value is None or (type(value) is str and is_prefix(value))


def _is_files(value: Any) -> bool:
    return type(value) is list and all(
        type(file) is dict
        and _is_address(file.get("url"))
        and _is_addresses(file.get("mirrors", []))
        and type(file.get("sha256")) is str
        and is_digest(file["sha256"])
        and _is_positive(file.get("size", 1))
        for file in value
    )


def _is_task(value: Any) -> bool:
    return type(value) is str and is_name(value) is not None


def _is_needs(value: Any) -> bool:
    return type(value) is dict and all(
        is_name(name) and type(version) is str and _is_release(version)
        for name, version in value.items()
    )


_VERSIONS = r"(===?|[~!<>]=|[<>]) ?[A-Za-z0-9.*+!_-]+"
_is_requirement = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?( ?\[[A-Za-z0-9._, -]*\])?"
    rf"( ?{_VERSIONS}( ?, ?{_VERSIONS})*)?( ?;[ -~]*)?",
    re.ASCII,
).fullmatch


def _is_requires(value: Any) -> bool:
    return _is_texts(value) and all(map(_is_requirement, value))


def _is_in_chans(value: Any) -> bool:
    return (
        type(value) is dict
        and _is_texts(value.get("layers"))
        and value["layers"] != []
        and _is_identifier(value.get("argument", "in_chans"))
    )


def _is_scores(value: Any) -> bool:
    return value in ("sigmoid", "softmax")


def _is_identifier(value: Any) -> bool:
    return type(value) is str and value.isidentifier()


def _is_parameters(value: Any) -> bool:
    return type(value) is dict and all(key.isidentifier() for key in value)


def _is_reference(value: Any) -> bool:
    try:
        Reference.from_json(value)
    except CatalogError:
        return False
    return True


def _is_list_of_names(value: Any) -> bool:
    """A list in place, or ``@name`` of one."""
    return (type(value) is str and value[:1] == "@" and len(value) > 1) or _is_texts(value)


def _is_categories(value: Any) -> bool:
    return value is None or _is_list_of_names(value)


def _is_min_size(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and all(map(_is_positive, value))


def _is_bands(value: Any) -> bool:
    return _is_texts(value) and value != []


def _is_range(value: Any) -> bool:
    return (
        type(value) is list
        and len(value) == 2
        and all(map(is_number, value))
        and value[0] < value[1]
    )


def _is_metrics(value: Any) -> bool:
    return type(value) is dict and all(
        type(results) is dict
        and all(result is None or is_number(result) for result in results.values())
        for results in value.values()
    )


def _is_cases(value: Any) -> bool:
    """Cases of ``when`` and ``weights``, of which the first that fits the call counts."""
    return type(value) is list and all(
        type(case) is dict
        and "weights" in case
        and type(case.get("when", {})) is dict
        and (case["weights"] is None or type(case["weights"]) is str)
        for case in value
    )


def _is_accepts(value: Any) -> bool:
    return _is_cases(value) and all(case["weights"] is not None for case in value)


def _is_pretrained(value: Any) -> bool:
    return value is None or type(value) is str or (_is_cases(value) and value != [])


def _is_backbone(value: Any) -> bool:
    return (
        type(value) is dict
        and type(value.get("weights")) is str
        and _is_pretrained(value.get("pretrained"))
    )


def _is_meta(value: Any) -> bool:
    if type(value) is not dict:
        return False
    for key, item in value.items():
        entry = META.get(key)
        if entry is not None and not entry[0](item):
            return False
    return True


def _is_sampling(value: Any) -> bool:
    return type(value) is dict and all(
        key not in SAMPLING or SAMPLING[key][0](item) for key, item in value.items()
    )


_REFERENCE = (_is_reference, '"module:attribute" or ["module:attribute", {keyword arguments}]')

MODEL: Table = {
    "task": (_is_task, "a string without spaces"),
    "architecture": _REFERENCE,
    "loads_weights": (_is_boolean, "true or false"),
    "adapts_weights": (_is_boolean, "true or false"),
    "parameters": (_is_parameters, "an object whose keys are names of parameters"),
    "weights": (_is_optional_name, "name an enum, or be null"),
    "accepts": (_is_accepts, "a list of cases that each name an enum"),
    "pretrained": (_is_pretrained, "null, a member, or a list of cases"),
    "backbone": (_is_backbone, 'an object whose "weights" names an enum'),
    "head": (_is_texts, "a list of module paths"),
    "features": (_is_positive, "a positive integer"),
    "in_chans": (_is_in_chans, 'an object with "layers", module paths, and perhaps "argument"'),
    "requires": (_is_requires, 'a list of requirements, such as "kornia>=0.7"'),
    "needs": (_is_needs, "an object of versions by the names of distributions"),
    "replaced_by": (_is_optional_word, "name a model"),
    "export": (_is_optional_name, "a Python identifier"),
    "doc": (_is_any_text, "a string"),
    "paper": (_is_any_text, "a string"),
}
MEMBER: Table = {
    "url": (_is_address, "a string without spaces"),
    "mirrors": (_is_addresses, "a list of addresses"),
    "sha256": (_is_digest, "8 to 64 lower-case hexadecimal digits"),
    "size": (_is_positive, "a number of bytes"),
    "files": (_is_files, 'a list of objects with "url" and all 64 digits of "sha256"'),
    "license": (is_text, "a string"),
    "evidence": (is_evidence, "evidence, or '@' and the name of some in \"evidence\""),
    "parent": (is_parent, 'an object with "name", "sha256" and "evidence"'),
    "task": (_is_task, "a string without spaces"),
    "convert": _REFERENCE,
    "replaced_by": (lambda value: value is None or _is_address(value), "name weights"),
    "config": (_is_config, "an object, without arguments that load weights"),
    "sampling": (_is_sampling, "an object"),
    "transforms": _REFERENCE,
    "transforms_lack": (_is_texts, 'a list of "script" and "tensors"'),
    "meta": (_is_meta, "an object"),
}
SAMPLING: Table = {
    "clip_len": (_is_positive, "a positive integer"),
    "frame_rate": (lambda value: is_number(value) and value > 0, "a positive number"),
    "clips_per_video": (_is_positive, "a positive integer"),
}
META: Table = {
    "num_params": (is_count, "an integer, 0 or more"),
    "categories": (_is_categories, "a list of strings, or '@' and the name of one"),
    "keypoint_names": (_is_list_of_names, "a list of strings, or '@' and the name of one"),
    "num_classes": (is_count, "an integer, 0 or more"),
    "min_size": (_is_min_size, "a list of two positive integers"),
    "min_temporal_size": (_is_positive, "a positive integer"),
    "in_chans": (_is_positive, "a positive integer"),
    "bands": (_is_bands, "a list of the names of bands"),
    "scores": (_is_scores, '"sigmoid" or "softmax"'),
    "value_range": (_is_range, "a list of the lowest and the highest value"),
    "recipe": (_is_any_text, "a string"),
    "license": (_is_any_text, "a string"),
    "backend": (_is_any_text, "a string"),
    "_metrics": (_is_metrics, "an object of objects of numbers"),
    "_ops": (_is_measure, "a number, 0 or more"),
    "_file_size": (_is_measure, "a number, 0 or more"),
    "_docs": (_is_any_text, "a string"),
}
