"""What other sites tell of packages that are not installed here, so that this one tells it on."""

from __future__ import annotations

from collections.abc import Iterable

from hubcore.catalogs.offers import Offers, read_indexes

from .entries import Contents

__all__ = ["others"]


def others(addresses: Iterable[str], contents: Contents) -> Offers:
    """What sites tell of packages that are not installed. It is data: nothing in it is run.

    Of a package, the first site that knows it tells all; of one that is installed, none does.

    Args:
        addresses: of sites, as for `read_indexes`.
        contents: what is installed.

    Raises:
        CatalogError: an index cannot be read, or does not follow the format.
        DownloadError: one cannot be fetched.
    """
    found = read_indexes(addresses)
    packages = {
        name: package for name, package in found.packages.items() if name not in contents.packages
    }
    return Offers(
        packages,
        # The published format asks for a model's task, which an index of others may lack.
        {n: r for n, r in found.models.items() if r["plugin"] in packages and "task" in r},
        {n: r for n, r in found.weights.items() if r["plugin"] in packages},
    )
