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
_PAPER = re.compile(r"^paper: (\S+)$", re.MULTILINE)


@dataclass
class Texts:
    """Descriptions by model name and by ``Enum.MEMBER``, and each model's paper."""

    descriptions: dict[str, str] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)


def read_texts(family: Family) -> Texts:
    texts = Texts()
    _, *parts = _HEADING.split((DATA / "texts" / f"{family.name}.md").read_text("utf-8"))
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in texts.descriptions:
            raise ValueError(f"{family.name}.md describes {name} twice")
        if paper := _PAPER.search(body):
            texts.papers[name] = paper[1]
            body = body.replace(paper[0], "")
        texts.descriptions[name] = " ".join(body.split())
    return texts
