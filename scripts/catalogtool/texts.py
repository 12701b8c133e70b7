"""The hand-written texts: one Markdown file a family, read into descriptions by name.

## resnet50
paper: https://arxiv.org/abs/1512.03385
What the model is, in a sentence or two.

### ResNet50_Weights.IMAGENET1K_V2
How these weights came about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .families import DATA, Family

_HEADING = re.compile(r"^#{2,3} (\S+)$", re.MULTILINE)
_SHARED = re.compile(r"^\{(\w+)\} = (.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
_USE = re.compile(r"(^|\. )?\{(\w+)\}")
_PAPER = re.compile(r"^paper: (\S+)$", re.MULTILINE)


@dataclass
class Texts:
    """Descriptions by model name and by ``Enum.MEMBER``, and each model's paper."""

    descriptions: dict[str, str] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)


def read_texts(family: Family) -> Texts:
    texts = Texts()
    preface, *parts = _HEADING.split((DATA / "texts" / f"{family.name}.md").read_text("utf-8"))
    shared = {name: " ".join(text.split()) for name, text in _SHARED.findall(preface)}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in texts.descriptions:
            raise ValueError(f"{family.name}.md describes {name} twice")
        if paper := _PAPER.search(body):
            texts.papers[name] = paper[1]
            body = body.replace(paper[0], "")
        texts.descriptions[name] = _filled(" ".join(body.split()), shared)
    return texts


def _filled(text: str, shared: dict[str, str]) -> str:
    """The text with the shared facts in place, with a capital where they begin a sentence."""

    def fill(found: re.Match[str]) -> str:
        before, fact = found[1], shared[found[2]]
        return fact if before is None else before + fact[0].upper() + fact[1:]

    return _USE.sub(fill, text)
