"""Lists that notebooks show as tables. To programs they are lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .discovery import Plugin
from .names import find_model

__all__ = ["ModelNames", "PluginList", "as_html"]


def as_html(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in HTML, with all text escaped."""
    from html import escape

    def line(tag: str, cells: Sequence[Any]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', headers)}</thead><tbody>{body}</tbody></table>"


class ModelNames(list[str]):
    """Names of models."""

    def _repr_html_(self) -> str:
        entries = [(name, find_model(name)) for name in self]
        rows = [(name, entry.task, entry.catalog.distribution) for name, entry in entries]
        return as_html(["model", "task", "plugin"], rows)


class PluginList(list[Plugin]):
    """Plugins and their states."""

    def _repr_html_(self) -> str:
        rows = [(p.name, p.distribution, p.version, p.status, p.error) for p in self]
        return as_html(["plugin", "distribution", "version", "status", "error"], rows)
