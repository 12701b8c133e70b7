"""No test file leaves settings behind for the next one of its process, whichever that is."""

import os

import pytest


def _settings() -> dict[str, str]:
    ours = ("HUBCORE_", "TORCH_HOME")
    return {name: value for name, value in os.environ.items() if name.startswith(ours)}


_at_start = _settings()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Fail the last test of a file whose fixtures are gone and whose settings are not."""
    yield
    if (nextitem is None or nextitem.path != item.path) and (left := _settings()) != _at_start:
        pytest.fail(f"{item.path.name} left behind: {dict(left.items() ^ _at_start.items())}")
