"""torchvision's own enum members, loaded through the hub's store.

A program may pass ``torchvision.models.ResNet50_Weights.DEFAULT`` to a builder of the hub, and
other libraries make enums of torchvision's class. The digest that the hub knows for their address,
mirrors, offline mode and the lock file apply to them, too: torch.hub's downloader knows of none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..catalogs.catalog import WeightsEntry
from ..catalogs.index import current
from ..catalogs.known_packages import BUILT_IN
from ..errors import OfflineError
from ..protocols import WeightsLike
from .lookup import weights_enum
from .value import Weights

__all__ = ["from_torchvision", "loads_as_torchvision"]


def from_torchvision(weights: WeightsLike, fitting: Iterable[WeightsEntry] = ()) -> WeightsLike:
    """The hub's counterpart of a member of one of torchvision's enums.

    Args:
        weights: any weights.
        fitting: the enums that fit the model to build, which are looked through first.

    Returns:
        The hub's own member, if a catalogue lists the address. Otherwise an object that describes
        the same weights and loads them through the store. Weights whose class is not torchvision's,
        or loads its tensors in its own way, are returned as they are.
    """
    if not loads_as_torchvision(weights):
        return weights
    fitting = list(fitting)
    built_in = sorted(_entries(), key=lambda e: e.catalog.distribution not in BUILT_IN)
    same_enum = [e for e in built_in if e.name == type(weights).__name__]
    for entry in (*fitting, *same_enum, *built_in):
        for name, data in entry.members.items():
            if data["url"] == weights.url:
                return weights_enum(entry)[name]
    return _Foreign(weights)


def loads_as_torchvision(weights: object) -> bool:
    """Whether an object is a member of torchvision's class of enums, with its loader."""
    # Whoever made such a member has imported torchvision.
    api = sys.modules.get("torchvision.models._api")
    base: Any = getattr(api, "WeightsEnum", None)
    return (
        base is not None
        and isinstance(weights, base)
        and type(weights).get_state_dict is base.get_state_dict
    )


def _entries() -> list[WeightsEntry]:
    catalogs = (plugin.catalog for plugin in current().plugins)
    return [entry for catalog in catalogs if catalog for entry in catalog.weights.values()]


class _Foreign:
    """A member of an enum of torchvision's class whose address no catalogue lists."""

    def __init__(self, member: Any) -> None:
        self._member = member
        self.name: str = member.name

    @property
    def url(self) -> str:
        return str(self._member.url)

    @property
    def transforms(self) -> Callable[..., Any]:
        transforms: Callable[..., Any] = self._member.transforms
        return transforms

    @property
    def meta(self) -> dict[str, Any]:
        return dict(self._member.meta)

    def get_state_dict(self, progress: bool = True, check_hash: bool = True) -> Mapping[str, Any]:
        from .. import settings
        from ..checkpoints.legacy import mappable
        from ..checkpoints.reading import read_state_dict
        from ..store import default_store

        license = str(self.meta.get("license", "unknown"))
        weights = Weights(url=self.url, transforms=self.transforms, meta={}, license=license)
        file = weights.file
        file.require_permit()  # its enum's own loader asks nobody
        store = default_store()
        unknown = file.digest is None and not store.known_digest(file)
        if unknown and settings.require() != "full":
            # Nothing to verify it by, which its enum's own loader accepts.
            folder = settings.torch_hub_checkpoints() or settings.home()
            cached = folder / file.name
            if settings.offline() and not cached.is_file():
                raise OfflineError(
                    f"{self!r} is not in {cached.parent}, and HUBCORE_OFFLINE is set. Fetch "
                    f"{cached.name} there with a network connection, or import it: hub cache "
                    "import FILE"
                )
            tensors: Mapping[str, Any] = self._member.get_state_dict(
                progress=progress, check_hash=check_hash
            )
            return tensors
        path = store.get(file, progress=progress, check_hash=check_hash)
        return read_state_dict(mappable(path, progress=progress))

    def __repr__(self) -> str:
        return repr(self._member)
