"""Checks that a loaded model is what its author's code and ``load_state_dict`` give."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..building.builders import builder_of
from ..building.shortcut import can_skip_initialisation, is_proved
from ..catalogs.catalog import ModelEntry
from ..weights.enums import WeightsEnum
from ..weights.value import Weights
from .builds import default_config, shapes_for
from .comparison import differences
from .subject import Fault, Finding, Member, Skipped, Subject

__all__ = ["check_faithful"]

_SHOWN = 5
_MANY = 100  # models
_LARGE = 2.5e8  # numbers: 1 GB
_LARGEST = 1e9  # numbers of which three copies are in memory


class _OfFile(WeightsEnum):
    """Weights whose address is a path. They are read as all are, but are not in the store."""

    def download(self, **_: Any) -> Path:
        return Path(self.url)


def check_faithful(subject: Subject) -> Iterator[Finding]:
    """A loaded model is what its architecture and torch's load_state_dict give, in everything.

    The tensors are made up, so nothing is downloaded. Compared are values, dtypes, strides, tying,
    shared memory, attributes, hooks, buffers that are not saved, and the random state.
    """
    found = []
    done = set()
    for member in subject.buildable_members:
        model = member.model
        if model is None:
            continue  # check_names reports it
        facts = (
            model,
            repr(default_config(model, member.weights)),
            member.weights.meta.get("min_size"),
        )
        if facts not in done:
            done.add(facts)
            found.append((member, model))
    if len(found) > _MANY:
        found, left_out, too_large = _one_of_each_kind(found)
        for name, size in too_large.items():
            yield Skipped(
                f"models.{name}.architecture",
                f"it is the smallest with some of its modules, and comparing it takes about "
                f"{size * 12 / 1e9:.0f} GB of memory; where there are so many: hub check NAME "
                f"--models {name}",
            )
        if left_out:
            yield Skipped(
                f"{left_out} models",
                f"of more than {_MANY} models the {len(found)} smallest were compared, one of each "
                "that is made of the same kinds of modules, of over a gigabyte only those with a "
                "kind that no smaller one has; for more: hub check NAME --models PATTERN",
            )
    for member, model in found:
        yield from _faithful(member, model)


def _one_of_each_kind(
    found: list[tuple[Member, ModelEntry]],
) -> tuple[list[tuple[Member, ModelEntry]], int, dict[str, int]]:
    """Of models that are made of the same kinds of modules the smallest.

    Large ones are left out if each of their kinds of modules is in a smaller one.

    Returns:
        These models, how many are left out, and the sizes of those that are not but are too large.
    """
    smallest: dict[Any, tuple[int, Member, ModelEntry]] = {}
    for member, model in found:
        kinds: Any = model  # one that cannot be built is reported for itself
        size = 0
        with contextlib.suppress(Exception):
            shapes = shapes_for(model, member.weights)
            kinds = frozenset((kind, model.can_skip_initialisation) for kind in shapes.kinds)
            size = shapes.size
        if kinds not in smallest or size < smallest[kinds][0]:
            smallest[kinds] = (size, member, model)
    chosen, too_large = [], {}
    seen: set[Any] = set()
    for kinds, (size, member, model) in sorted(smallest.items(), key=lambda item: item[1][0]):
        if size > _LARGE and kinds <= seen:
            continue
        if size > _LARGEST:
            too_large[model.name] = size
            continue
        chosen.append((member, model))
        seen |= kinds if size else set()
    return chosen, len(found) - len(chosen) - len(too_large), too_large


def _faithful(member: Member, model: ModelEntry) -> Iterator[Finding]:
    where = f"models.{model.name}.architecture"
    if "backend" in member.data.get("meta", {}):
        yield Skipped(member.where, "quantized weights are checked by loading them")
        return
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "weights.pth"
        with torch.random.fork_rng(devices=()):
            try:
                torch.save(_made_up(shapes_for(model, member.weights).get_state_dict()), path)
                torch.manual_seed(0)
                expected = _as_torch_loads(model, member.weights, path)
                expected_state = torch.get_rng_state()
            except Exception as error:
                yield Skipped(where, f"torch does not load it: {type(error).__name__}: {error}")
                return
            with _poisoned():
                torch.manual_seed(0)
                before = torch.get_rng_state()
                built = builder_of(model)(weights=_of_file(member.weights, path))
                state = torch.get_rng_state()
    found = list(differences(built, expected))
    if found:
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield Fault(
            where,
            f"a loaded model is not what load_state_dict gives: {'; '.join(found[:_SHOWN])}{more}",
            'remove "can_skip_initialisation": the model depends on how it was initialised'
            if model.can_skip_initialisation
            else "make the architecture the same each time that it is built",
        )
    if is_proved(model):
        return
    if can_skip_initialisation(model, model.architecture.keywords):
        if not torch.equal(state, before):
            yield Fault(
                where,
                "it draws random numbers for more than its parameters",
                'remove "can_skip_initialisation": these numbers would be others without it',
            )
    elif not torch.equal(state, expected_state):
        yield Fault(
            where,
            "loading leaves another random state than torch does",
            "make the architecture draw the same random numbers each time that it is built",
        )


def _as_torch_loads(model: ModelEntry, weights: WeightsEnum, path: Path) -> nn.Module:
    """The model as it is without any short cut."""
    if model.loads_weights:
        with torch.device("cpu"):  # in a context, no short cut is taken
            return builder_of(model)(weights=_of_file(weights, path))
    built: nn.Module = model.architecture(**default_config(model, weights))
    built.load_state_dict(torch.load(path, weights_only=True, mmap=True))
    return built


def _of_file(real: WeightsEnum, path: Path) -> Any:
    """Weights in a file that have the name and the facts of others."""
    facts = Weights(
        url=str(path), transforms=real.transforms, meta=real.meta, config=real.value.config
    )
    functional: Any = _OfFile  # mypy mistakes Enum's functional interface for a look-up
    enum = functional(type(real).__name__, {real.name: facts})
    return enum[real.name]


def _made_up(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Tensors of the same shapes and dtypes that no initialisation gives."""
    made: OrderedDict[str, Any] = OrderedDict()
    # Some modules read the number of their format there.
    made._metadata = getattr(tensors, "_metadata", None)  # type: ignore[attr-defined]  # torch's
    for key, tensor in tensors.items():
        made[key] = torch.ones(tensor.shape, dtype=tensor.dtype)
        if tensor.dtype.is_floating_point:
            made[key].uniform_(0.5, 1)
    return made


@contextmanager
def _poisoned() -> Iterator[None]:
    """Memory that nothing was written to holds NaN here, so that it is seen."""
    before = torch.get_deterministic_debug_mode()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)
        torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
