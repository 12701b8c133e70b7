"""Model cards and bills of materials to download, where hub-provenance is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from hubcore.errors import HubError

from .addresses import Addresses
from .entries import Contents
from .pages import Page
from .published import dumps

if TYPE_CHECKING:
    from hub_provenance.subjects import Subject

__all__ = ["Papers", "papers"]


class Papers(NamedTuple):
    """The papers of all weights.

    Attributes:
        pages: the files.
        links: the address and the label of each, by the canonical name of the weights.
    """

    pages: list[Page]
    links: dict[str, list[tuple[str, str]]]


def papers(contents: Contents) -> Papers:
    """The papers of all weights; none where hub-provenance is not installed.

    They say what catalogues say, and nothing that only this machine knows. Weights of which no
    paper can be made have none.
    """
    found = Papers([], {})
    try:
        from hub_provenance.bom import bill
        from hub_provenance.card import card, to_markdown
        from hub_provenance.subjects import of
    except ImportError:  # it is optional, and what it needs may be missing
        return found

    makers: list[tuple[str, str, Callable[[Subject], str]]] = [
        (".md", "Model card (Markdown)", lambda subject: to_markdown(card(subject))),
        # `hub bom` holds each against the schema, which takes 12 ms; tests do so for all of ours.
        (".cdx.json", "Bill of materials (CycloneDX)", lambda subject: dumps(bill([subject]))),
    ]
    places = Addresses("papers", ((w.distribution, w.bare) for w in contents.weights))
    for weights in contents.weights:
        stem = places[weights.distribution, weights.bare].removesuffix(".html")
        subject = of(weights.canonical)
        for ending, label, make in makers:
            try:
                text = make(subject)
            except HubError:  # a value that no paper can hold; it costs only this one
                continue
            found.pages.append(Page(f"{stem}{ending}", text))
            found.links.setdefault(weights.canonical, []).append((f"{stem}{ending}", label))
    return found
