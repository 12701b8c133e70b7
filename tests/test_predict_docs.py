"""The programs of docs/predict.md run and print what it says."""

import io
import re
from contextlib import redirect_stdout

import pytest
from photos import ROOT, import_mobilenet

from hubcore.cli import main

PAGE = (ROOT / "docs" / "predict.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def at_home(own_home, monkeypatch, tmp_path):
    import_mobilenet()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "demo-output").mkdir()
    monkeypatch.chdir(tmp_path)


def test_programs_print_what_the_page_says():
    blocks = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) == PAGE.count("```python") == 2
    namespace = {}
    for code, expected in blocks:
        output = io.StringIO()
        with redirect_stdout(output):
            exec(code, namespace)
        assert output.getvalue() == expected


def test_the_command_prints_what_the_page_says(capsys):
    [session] = re.findall(r"^```console\n\$ hub (.*?)^```$", PAGE, re.M | re.S)
    command, _, expected = session.partition("\n")
    assert main(command.split()) == 0
    assert capsys.readouterr().out == expected
