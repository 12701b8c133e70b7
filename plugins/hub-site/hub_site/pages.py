"""The pages of weights, models and packages."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hubcore.catalogs.offers import Offers
from hubcore.download.addresses import redact

from . import usage, words
from .addresses import Addresses, is_web, slug
from .entries import Contents, Model, Package, Weights
from .rendering import Frame

__all__ = ["Page", "Pages", "Picture"]

_NEIGHBOURS = 5
_SHOWN_CLASSES = 12


class Page(NamedTuple):
    """A file of the site.

    Attributes:
        address: its place below the site's root, with forward slashes.
        text: what is in it; bytes if it is a picture.
    """

    address: str
    text: str | bytes


class Picture(NamedTuple):
    """A picture of a prediction.

    Attributes:
        address: its place below the site's root.
        width, height: in pixels.
        alt: what is seen, for who does not see it.
        caption: what made it.
    """

    address: str
    width: int
    height: int
    alt: str
    caption: str


class Pages:
    """The pages of all entries.

    Args:
        contents: what is offered.
        frame: what the pages have in common.
        papers: the address and the label of each document of weights, by their canonical name.
        pictures: pictures of predictions by the canonical name of the weights.
        lists: the addresses of published lists of classes, by the canonical name of the weights.
    """

    def __init__(
        self,
        contents: Contents,
        frame: Frame,
        papers: Mapping[str, list[tuple[str, str]]],
        pictures: Mapping[str, Picture],
        lists: Mapping[str, str],
    ) -> None:
        self.contents = contents
        self.frame = frame
        self.papers = papers
        self.pictures = pictures
        self.lists = lists
        self.weights_at = Addresses("weights", ((w.distribution, w.bare) for w in contents.weights))
        self.models_at = Addresses(
            "models", ((m.distribution, m.entry.name) for m in contents.models)
        )
        self._models = {model.entry.canonical: model for model in contents.models}
        self._default = {
            f"{model.distribution}/{model.default}" for model in contents.models if model.default
        }
        self._by_task: dict[str, list[tuple[float, int]]] = {}
        for place, one in enumerate(contents.weights):
            size, task = one.row.get("params"), one.row.get("task")
            if size is not None and task is not None and one.canonical in self._default:
                self._by_task.setdefault(task, []).append((size, place))
        for sizes in self._by_task.values():
            sizes.sort()

    def address_of(self, weights: Weights) -> str:
        """The page of weights."""
        return self.weights_at[weights.distribution, weights.bare]

    def all(self, others: Offers) -> Iterator[Page]:
        """All pages of entries.

        Args:
            others: what other sites tell of packages that are not installed.
        """
        for weights in self.contents.weights:
            yield self.of_weights(weights)
        for model in self.contents.models:
            yield self.of_model(model)
        for package in self.contents.packages.values():
            yield self.of_package(package)
        address = "packages/index.html"
        packages = list(self.contents.packages.values())
        told = [
            (package, package.source if is_web(package.source) else "")
            for package in others.packages.values()
        ]
        text = self.frame.page("packages", address, "packages", packages=packages, others=told)
        yield Page(address, text)

    def of_weights(self, weights: Weights) -> Page:
        """The page of weights."""
        address, row = self.address_of(weights), weights.row
        entry = weights.model
        model = self._models.get(entry.canonical) if entry else None
        package = self.contents.packages.get(weights.distribution)
        preprocessing = weights.preprocessing
        text = self.frame.page(
            "weights",
            address,
            "catalogue",
            name=weights.name,
            distribution=weights.distribution,
            package_slug=slug(weights.distribution),
            package_version=package.version if package else "",
            task=row.get("task"),
            model=model.name if model else row["model"],
            model_address=f"../../{self._address(model)}" if model else "",
            digest=row["digest"],
            digest_words=words.DIGESTS[row["digest"]],
            measured=words.MEASURED.get(row.get("measured", "")),
            figures=list(_figures(row)),
            doc=weights.meta.get("_docs") or "",
            python=usage.weights_code(weights, model.name if model else None),
            hub=usage.hub_code(
                self.contents.packages.get(model.distribution) if model else None,
                model.name if model else None,
                weights.bare,
            ),
            shell=usage.shell_of_weights(weights, model.name if model else None, package),
            metrics=[_metric(one) for one in weights.metrics],
            speeds=[_speed(one) for one in weights.speeds],
            preprocessing=preprocessing,
            settings=[
                (name.replace("_", " "), words.setting(value))
                for name, value in preprocessing.settings.items()
            ],
            transforms=usage.transforms_code(
                weights.entry.catalog.reference(weights.data["transforms"])
            ),
            licenses=list(weights.licenses().items()),
            file=list(_file(weights)),
            **self._classes(weights),
            picture=self.pictures.get(weights.canonical),
            siblings=list(self._siblings(weights)),
            neighbours=list(self._neighbours(weights)),
            links=[
                (label, link)
                for label, link in (
                    ("Paper", entry.data.get("paper") if entry else None),
                    ("Training recipe", weights.meta.get("recipe")),
                )
                if link
            ],
            papers=self.papers.get(weights.canonical, []),
        )
        return Page(address, text)

    def of_model(self, model: Model) -> Page:
        """The page of a model."""
        address = self._address(model)
        entry, row = model.entry, model.row
        package = self.contents.packages.get(model.distribution)
        fitting = self.contents.weights_of(entry)
        default = f"{model.distribution}/{model.default}" if model.default else None
        own = next((w for w in fitting if w.canonical == default), None)
        paper = entry.data.get("paper")
        text = self.frame.page(
            "model",
            address,
            "catalogue",
            name=model.name,
            distribution=model.distribution,
            package_slug=slug(model.distribution),
            package_version=package.version if package else "",
            task=entry.task,
            figures=list(_figures(row)),
            doc=str(entry.data.get("doc", "")),
            weights=[
                {
                    "address": f"../../{self.address_of(one)}",
                    "name": one.name,
                    "default": one.canonical == default,
                    "metrics": "; ".join(_results(one)),
                    "params": words.params(one.row.get("params")),
                    "size": words.size(one.row.get("size")),
                    "license": words.license_of(one.evidence.weights),
                    "plugin": one.distribution,
                }
                for one in fitting
            ],
            python=usage.model_code(model),
            hub=usage.hub_code(package, model.name, "DEFAULT" if model.default else None),
            shell=usage.shell_of_model(model, package),
            facts=[
                ("canonical name", entry.canonical),
                ("architecture", entry.architecture.target),
                ("new with num_classes", ", ".join(entry.head)),
                ("needs", ", ".join(f"{name} {least}" for name, least in entry.needs.items())),
                ("requires", ", ".join(entry.requires)),
            ],
            picture=self._picture(own, fitting),
            neighbours=list(self._neighbours(own)) if own else [],
            links=[("Paper", paper)] if paper else [],
        )
        return Page(address, text)

    def of_package(self, package: Package) -> Page:
        """The page of a distribution."""
        address = f"packages/{package.slug}.html"
        own = [w for w in self.contents.weights if w.distribution == package.distribution]
        bare = [
            (self._address(model), model.name)
            for model in self.contents.models
            if model.distribution == package.distribution and not model.row["weights"]
        ]
        rows = [self.plain_row(one) for one in own]
        text = self.frame.page(
            "package", address, "packages", package=package, weights=rows, bare=bare
        )
        return Page(address, text)

    def plain_row(self, weights: Weights) -> dict[str, str]:
        """A row of a table that needs no script."""
        row = weights.row
        return {
            "address": self.address_of(weights),
            "name": weights.name,
            "model": row["model"],
            "task": row.get("task", ""),
            "metric": words.headline(row),
            "params": words.params(row.get("params")),
            "size": words.size(row.get("size")),
            "license": words.license_of(weights.evidence.weights),
            "plugin": weights.distribution,
        }

    def _picture(self, own: Weights | None, fitting: list[Weights]) -> Picture | None:
        """The picture of a model: of its default weights, or else of others that have one."""
        candidates = ([own] if own else []) + fitting
        found = (self.pictures.get(weights.canonical) for weights in candidates)
        return next((picture for picture in found if picture), None)

    def _address(self, model: Model) -> str:
        return self.models_at[model.distribution, model.entry.name]

    def _siblings(self, weights: Weights) -> Iterator[tuple[str, str, str]]:
        model = weights.model
        for one in self.contents.weights_of(model) if model else ():
            if one is not weights:
                yield self._link(one)

    def _neighbours(self, weights: Weights) -> Iterator[tuple[str, str, str]]:
        """Default weights of other models for the task, whose sizes are nearest."""
        sizes = self._by_task.get(weights.row.get("task", ""), [])
        own = weights.row.get("params")
        if own is None:
            return
        middle = bisect.bisect_left(sizes, (own, -1))
        near = sizes[max(middle - 8, 0) : middle + 8]
        near.sort(key=lambda found: abs(found[0] - own))
        model, count = weights.row["model"], 0
        for _, place in near:
            one = self.contents.weights[place]
            if one.row["model"] != model and count < _NEIGHBOURS:
                count += 1
                yield self._link(one)

    def _link(self, weights: Weights) -> tuple[str, str, str]:
        return f"../../{self.address_of(weights)}", weights.name, words.headline(weights.row)

    def _classes(self, weights: Weights) -> dict[str, Any]:
        names = weights.categories
        count = len(names) or weights.meta.get("num_classes")
        said = f"{count:,} classes" if isinstance(count, int) else ""
        if names:
            more = ", ..." if len(names) > _SHOWN_CLASSES else "."
            said += f": {', '.join(names[:_SHOWN_CLASSES])}{more}"
        elif said:
            said += ", published without their names."
        return {
            "classes": bool(said),
            "classes_words": said,
            "classes_address": self.lists.get(weights.canonical),
        }


def _figures(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The figures at the top of a page: label, number and unit."""
    name, _, value = words.headline(row).partition(" ")
    if value:
        yield name, value, ""
    if (count := row.get("params")) is not None:
        yield "parameters", f"{count / 1e6:.1f}", "M"
    if (operations := row.get("gmacs")) is not None:
        yield "operations", f"{operations:g}", "GMACs"
    if (milliseconds := row.get("ms")) is not None:
        yield "one input", words.figure(milliseconds), "ms"
    if (size := row.get("size")) is not None:
        number, _, unit = words.size(size).partition(" ")
        yield "file", number, unit


def _results(weights: Weights) -> Iterator[str]:
    for dataset, metrics in (weights.meta.get("_metrics") or {}).items():
        known = [f"{name} {words.figure(v)}" for name, v in metrics.items() if v is not None]
        if known:
            yield f"{', '.join(known[:2])} ({dataset})"


def _metric(metric: Mapping[str, Any]) -> dict[str, Any]:
    said, look = words.MEASURED[metric["state"]]
    found = ""
    if metric["measured"] is not None:
        found = words.figure(metric["measured"])
        if metric["low"] is not None and metric["high"] is not None:
            found += f" [{words.figure(metric['low'])}, {words.figure(metric['high'])}]"
        found += f" on {metric['samples']:,} inputs; record of {metric['by']}"
    published = metric["published"]
    return {
        "dataset": metric["dataset"],
        "metric": metric["metric"],
        "published": None if published is None else words.figure(published),
        "words": said,
        "look": look,
        "found": found,
    }


def _speed(speed: Mapping[str, Any]) -> dict[str, str]:
    found = ""
    if speed["throughput"] is not None:
        found = f"{words.figure(speed['throughput'])} inputs/s"
        if speed["batch_size"] is not None:
            found += f" in batches of {speed['batch_size']:,}"
    return {
        "ms": words.figure(speed["ms"]),
        "throughput": found,
        "on": speed["on"],
        "by": speed["by"],
    }


def _file(weights: Weights) -> Iterator[tuple[str, str]]:
    yield "address", redact(weights.data["url"])
    yield "mirrors", "\n".join(map(redact, weights.data.get("mirrors", ())))
    yield "size", words.size(weights.row.get("size"))
    digest = weights.sha256
    if digest:
        yield "SHA-256", digest if len(digest) == 64 else f"{digest}... (a prefix)"
    else:
        yield "SHA-256", "none is published"
    for one in weights.data.get("files", ()):
        addresses = map(redact, (one["url"], *one.get("mirrors", ())))
        yield "further file", "\n".join([*addresses, one["sha256"]])
    yield "canonical name", weights.canonical
