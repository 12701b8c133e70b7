"""The text to ship with weights: their licences, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hubcore.catalogs.licenses import NOT_STATED, Source, Statement, statements
from hubcore.download.addresses import redact

from .subjects import Subject

__all__ = ["in_words", "notice", "source_in_words"]


def notice(subjects: Iterable[Subject]) -> str:
    """The notice for some weights, in plain text. What nobody states, it says.

    Args:
        subjects: the weights, in the order of the text.
    """
    parts = ["\n".join(_lines(subject)) for subject in subjects]
    head = "This product contains the following model weights."
    return "\n\n".join([head, *parts]) + "\n" if parts else "No model weights.\n"


def in_words(statement: Statement) -> str:
    """A statement in a line: the licence, and whether it is the weights' own."""
    text = str(statement)
    if statement.spdx and statement.url:
        text += f", {statement.url}"
    return text


def source_in_words(source: Source) -> str:
    """A source in a line: title, summary, address and date."""
    text = source.title
    if source.summary:
        text += f": {source.summary}"
    if source.url:
        text += f" {source.url}"
    if source.date:
        text += f" ({source.date})"
    return text


def _lines(subject: Subject) -> Iterator[str]:
    yield subject.name
    yield f"  file: {redact(subject.data['url'])}"
    if subject.sha256:
        yield f"  SHA-256: {subject.sha256}"
    for what, statement in statements(subject.evidence):
        yield f"  {what}: {in_words(statement)}"
        if statement.source is not None:
            yield f"    says {source_in_words(statement.source)}"
        elif statement.state == NOT_STATED and statement.looked:
            yield f"    looked at {'; '.join(statement.looked)}"
    if not subject.evidence.data:
        yield "  training data: not stated"
        if subject.evidence.data_looked:
            yield f"    looked at {'; '.join(subject.evidence.data_looked)}"
