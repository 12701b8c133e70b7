"""Entry points are read from the folders on sys.path, once for all groups, and never stale."""

import os
import shutil
import time

import pytest
from environments import write_dist_info

from hubcore.packages import entry_points as module
from hubcore.packages.entry_points import entry_points, summary


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr("sys.path", [str(folder)])
    return folder


def install(site, name, entries="a = b", group="some.group", metadata="Summary: what it is\n"):
    text = f"[other]\nx = y\n[{group}]\n{entries}\n"
    write_dist_info(site, name, text, version="1.2", fields=f"{metadata}\nSummary: not this\n")


def settle(site):
    """Lets the folder look as if nothing had been installed for a minute."""
    then = time.time() - 60
    os.utime(site, (then, then))


def found(group="some.group"):
    return [(e.distribution, e.name, e.value, e.version) for e in entry_points(group)]


def test_the_lines_of_a_group_are_found_with_their_distribution(site):
    install(site, "Acme_Tools", "one = acme.one\ntwo=acme.two:x\n# three = no\n")
    assert found() == [
        ("acme-tools", "one", "acme.one", "1.2"),
        ("acme-tools", "two", "acme.two:x", "1.2"),
    ]
    assert found("no.group") == []


def test_another_group_reads_no_folder_again(site, monkeypatch):
    install(site, "acme")
    settle(site)
    assert len(found()) == 1
    monkeypatch.setattr(module, "_scan", lambda folder: pytest.fail("read again"))
    assert [name for _, name, *_ in found("other")] == ["x"]


def test_what_is_installed_or_removed_later_is_seen(site):
    settle(site)
    assert found() == []
    install(site, "acme")
    assert len(found()) == 1
    settle(site)
    assert len(found()) == 1
    shutil.rmtree(site / "acme-1.2.dist-info")
    assert found() == []


def test_two_installations_within_one_tick_of_the_clock_are_both_seen(site):
    now = time.time()
    for number in range(3):
        install(site, f"pack{number}")
        os.utime(site, (now, now))
        assert len(found()) == number + 1


def test_the_first_distribution_of_a_name_on_the_path_wins(site, tmp_path, monkeypatch):
    later = tmp_path / "later"
    later.mkdir()
    install(site, "acme", "a = first")
    install(later, "ACME", "a = second")
    monkeypatch.setattr("sys.path", [str(site), str(tmp_path / "missing"), str(later)])
    assert [value for *_, value, _ in found()] == ["first"]


def test_a_summary_is_read_from_the_meta_data(site):
    install(site, "acme")
    install(site, "bare", metadata="")
    first, second = entry_points("some.group")
    assert (summary(first), summary(second)) == ("what it is", "")
