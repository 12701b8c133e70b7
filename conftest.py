"""No test file leaves settings behind for the next one of its process, whichever that is."""

import os

import pytest


def _settings() -> dict[str, str]:
    ours = ("HUBCORE_", "TORCH_HOME")
    return {name: value for name, value in os.environ.items() if name.startswith(ours)}


_expected = _settings()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """Fail the last test of a file whose fixtures are gone and whose settings are not."""
    yield
    if (nextitem is None or nextitem.path != item.path) and (left := _settings()) != _expected:
        changed = dict(left.items() ^ _expected.items())
        _expected.clear()
        _expected.update(left)  # the next file is not to blame
        pytest.fail(f"{item.path.name} left behind: {changed}")
