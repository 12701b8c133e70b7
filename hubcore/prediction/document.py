"""Predictions as one COCO-style JSON document, for programs to read.

A document has COCO's ``images``, ``categories`` and ``annotations``: ``pycocotools`` loads it, and
its annotations are a COCO results list.
"""

from __future__ import annotations

from typing import Any

from .inputs import PairInput
from .results import Result
from .values import Failure

__all__ = ["Document"]


class Document:
    """Collects results. It keeps only their annotations, to save memory.

    Args:
        **about: facts for the document's ``info``, such as the model and the weights.
    """

    def __init__(self, **about: Any) -> None:
        self._about = about
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._categories: dict[int, str] = {}
        self._errors: list[dict[str, str]] = []

    def add(self, result: Result | Failure, **facts: Any) -> None:
        """Adds a result.

        Args:
            result: a result, or a failure, which goes into ``errors``.
            **facts: further keys of the image's entry.
        """
        if isinstance(result, Failure):
            self._errors.append({"file_name": result.source, "error": result.error.reason})
            return
        width, height = result.size
        image: dict[str, Any] = {"id": len(self._images) + 1, "file_name": result.source.name}
        if isinstance(result.source, PairInput):
            image["file_name"] = result.source.first.name
            image["next_file_name"] = result.source.second.name
        self._images.append({**image, "width": width, "height": height, **facts})
        for annotation in result.annotations():
            identity = {
                "id": len(self._annotations) + 1,
                "image_id": image["id"],
                "image": image["file_name"],
            }
            self._annotations.append({**identity, **annotation})
            if {"category_id", "category"} <= annotation.keys():  # other tasks may have one alone
                self._categories[annotation["category_id"]] = annotation["category"]

    def to_json(self) -> dict[str, Any]:
        """The document: ``info``, ``images``, ``categories``, ``annotations`` and ``errors``."""
        return {
            "info": self._about,
            "images": self._images,
            "categories": [
                {"id": id, "name": name} for id, name in sorted(self._categories.items())
            ],
            "annotations": self._annotations,
            "errors": self._errors,
        }
