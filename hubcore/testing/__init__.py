"""The conformance kit: checks that users can rely on a plugin.

In the tests of the plugin::

    from hubcore.testing import PluginTests

    class TestPlugin(PluginTests):
        distribution = "acme-flowers"

From a shell: ``hub check acme-flowers``. Checks look at a plugin as its users do. How it was made
(`hubcore.authoring`) and how findings are printed are not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .checks import (
    check_addresses,
    check_digests,
    check_imports,
    check_licenses,
    check_names,
    check_pickling,
    check_schema,
    check_sizes,
)
from .key_checks import check_keys
from .plausibility import check_fetchable, check_metrics, check_placeholders
from .record_checks import check_records
from .subject import Fault, Finding, Skipped, Subject
from .task_checks import check_tasks

__all__ = ["CHECKS", "Fault", "Finding", "PluginTests", "Skipped", "Subject", "chosen", "examine"]


def _model_check(name: str, home: str = "model_checks") -> Callable[[Subject], Iterator[Finding]]:
    """A check that needs torch, which is imported when the check runs."""

    def check(subject: Subject) -> Iterator[Finding]:
        from importlib import import_module

        module = import_module(f".{home}", __name__)
        function: Callable[[Subject], Iterator[Finding]] = getattr(module, name)
        check.__doc__ = function.__doc__  # `hub check` shows its first line beside faults
        return function(subject)

    return check


CHECKS: dict[str, Callable[[Subject], Iterator[Finding]]] = {
    "schema": check_schema,
    "keys": check_keys,
    "placeholders": check_placeholders,
    "names": check_names,
    "tasks": check_tasks,
    "digests": check_digests,
    "sizes": check_sizes,
    "metrics": check_metrics,
    "records": check_records,
    "fetchable": check_fetchable,
    "licenses": check_licenses,
    "pickling": check_pickling,
    "imports": check_imports,
    "preprocessing": _model_check("check_preprocessing"),
    "parameters": _model_check("check_parameters"),
    "head": _model_check("check_head"),
    "loading": _model_check("check_loading"),
    "faithful": _model_check("check_faithful", "faithful"),
    "addresses": check_addresses,
}
"""All checks by name, in the order in which they run."""


def chosen(*, online: bool) -> list[str]:
    """The names of the checks that `examine` runs, in order."""
    return [name for name in CHECKS if name != "addresses" or online]


def examine(
    subject: Subject, *, online: bool = False, on_check: Callable[[str], object] | None = None
) -> Iterator[tuple[str, list[Finding]]]:
    """Runs all checks.

    Args:
        subject: the plugin to check.
        online: also check that the addresses answer.
        on_check: called with the name of each check before it runs.

    Yields:
        The name of each check, with its findings.
    """
    for name in chosen(online=online):
        if on_check is not None:
            on_check(name)
        yield name, list(CHECKS[name](subject))


class PluginTests:
    """Runs each check as a test of pytest's. Subclass it in the tests of a plugin.

    Attributes:
        distribution: the name of the plugin's distribution.
        models: shell-style patterns. Only matching models, and weights for them, are checked.
            Default: all.
        online: also check that the addresses answer.
    """

    distribution: str
    models: tuple[str, ...] = ()
    online = False

    def _check(self, name: str) -> None:
        import pytest

        found = list(CHECKS[name](Subject.of_plugin(self.distribution, self.models)))
        faults = [finding for finding in found if isinstance(finding, Fault)]
        if faults:
            pytest.fail("\n" + "\n".join(map(str, faults)), pytrace=False)
        if found:
            pytest.skip("; ".join(map(str, found[:3])) + ("; ..." if len(found) > 3 else ""))

    def test_schema(self) -> None:
        self._check("schema")

    def test_keys(self) -> None:
        self._check("keys")

    def test_names(self) -> None:
        self._check("names")

    def test_tasks(self) -> None:
        self._check("tasks")

    def test_digests(self) -> None:
        self._check("digests")

    def test_sizes(self) -> None:
        self._check("sizes")

    def test_placeholders(self) -> None:
        self._check("placeholders")

    def test_metrics(self) -> None:
        self._check("metrics")

    def test_records(self) -> None:
        self._check("records")

    def test_fetchable(self) -> None:
        self._check("fetchable")

    def test_licenses(self) -> None:
        self._check("licenses")

    def test_pickling(self) -> None:
        self._check("pickling")

    def test_imports(self) -> None:
        self._check("imports")

    def test_preprocessing(self) -> None:
        self._check("preprocessing")

    def test_parameters(self) -> None:
        self._check("parameters")

    def test_head(self) -> None:
        self._check("head")

    def test_loading(self) -> None:
        self._check("loading")

    def test_faithful(self) -> None:
        self._check("faithful")

    def test_addresses(self) -> None:
        if not self.online:
            import pytest

            pytest.skip("set online = True to check that the addresses answer")
        self._check("addresses")
