"""How the main commands look, at 80 and 140 columns: a change is seen in review, in `captures/`.

After a change that is meant: ``UPDATE_CAPTURES=1 pytest tests/test_captures.py``, and look at the
difference.
"""

import os
import shlex
from pathlib import Path

import pytest

import hubcore
from hubcore.cli import main
from hubcore.store import default_store

CAPTURES = Path(__file__).parent / "captures"
UPDATE = bool(os.environ.get("UPDATE_CAPTURES"))

COMMANDS = {
    "list": "list --plugin hub-classification --limit 12",
    "list-detection": "list --task object-detection --sort box_map",
    "list-weights": "list --weights 'resnet50*' 'raft_small' 'capture*'",
    "list-names": "list 'vit*' -q",
    "list-where": "list --where 'acc@1 > 85 and params < 100M'",
    "list-where-error": "list --where 'acc@1 > 85 and parms < 100M'",
    "list-nothing": "list --where 'acc@1 > 99.9'",
    "show-model": "show resnet50",
    "show-weights": "show ResNet50_Weights.DEFAULT",
    "show-enum": "show Raft_Large_Weights",
    "show-plugin": "show capture-pack",
    "show-unknown": "show resnet51",
    "cache-list": "cache list",
    "cache-prune": "cache prune --unused",
    "cache-import-error": "cache import {tmp}/notes.txt",
    "lock": "lock Capture_Weights.V1 -o {tmp}/hub.lock",
    "bundle-list": "bundle list {tmp}/bundle.hub",
}

CONTENT = b"\x80\x02capture" * 1000


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A store with two files, and a third party's weights of a model with a long name."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "capture.pth").write_bytes(CONTENT)
    (tmp_path / "another-checkpoint-with-a-long-name.pth").write_bytes(CONTENT * 2)
    (tmp_path / "notes.txt").write_text("To do\n")
    store = default_store()
    digest = store.add(tmp_path / "capture.pth").name
    store.add(tmp_path / "another-checkpoint-with-a-long-name.pth")
    pack = {
        "schema": 1,
        "weights": {
            "Capture_Weights": {
                "builder": "resnet50",
                "default": "V1",
                "members": {
                    "V1": {
                        "url": "https://acme.dev/capture.pth",
                        "sha256": digest,
                        "size": len(CONTENT),
                        "license": "MIT",
                        "transforms": [
                            "hubcore.transforms:ImageClassification",
                            {"crop_size": 96},
                        ],
                        "meta": {
                            "num_params": 23_000_000,
                            "categories": ["daisy", "rose"],
                            "_metrics": {"flowers": {"acc@1": 99.3}},
                        },
                    }
                },
            }
        },
    }
    with hubcore.register(pack, name="capture-pack"):
        assert main(["bundle", "create", "Capture_Weights.V1", "-o", "bundle.hub"]) == 0
        yield tmp_path


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_looks_as_it_did(name, columns, prepared, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    capsys.readouterr()
    main(shlex.split(COMMANDS[name].format(tmp=prepared)))
    out, err = capsys.readouterr()
    found = f"$ hub {COMMANDS[name]}\n{out}{err}".replace(str(prepared), "{tmp}")
    found = found.replace(str(default_store().root), "{store}")
    capture = CAPTURES / f"{name}-{columns}.txt"
    if UPDATE:
        capture.parent.mkdir(exist_ok=True)
        capture.write_text(found, "utf-8")
    assert found == capture.read_text("utf-8")
    tables = [line for line in out.splitlines() if "{" not in line and "/tmp" not in line]
    if name.startswith(("list", "cache-list", "bundle-list")):
        assert all(len(line) <= max(columns, 80) for line in tables)


def test_there_is_no_capture_of_what_is_no_command():
    expected = {f"{name}-{columns}.txt" for name in COMMANDS for columns in (80, 140)}
    assert {path.name for path in CAPTURES.glob("*.txt")} == expected


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),  # no terminal
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_only_where_it_is_wanted(variables, coloured, monkeypatch, capsys):
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    main(["list", "resnet18"])
    assert ("\x1b[1m" in capsys.readouterr().out) is coloured
    main(["list", "resnet18", "--json"])
    assert "\x1b" not in capsys.readouterr().out


def test_a_pipe_is_given_every_column_in_full(monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    main(["list", "fasterrcnn_mobilenet*"])
    out = capsys.readouterr().out
    assert "hub-detection" in out
    assert "…" not in out


def test_a_long_table_goes_through_the_pager(tmp_path):
    """In a real terminal: what is longer than it goes to PAGER, what is not does not."""
    pty = pytest.importorskip("pty")
    import sys

    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {tmp_path}/paged\n")
    pager.chmod(0o755)

    def run(*arguments, **variables):
        (tmp_path / "paged").unlink(missing_ok=True)
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update({"PAGER": str(pager), "TERM": "xterm", "COLUMNS": "80", **variables})
            os.execv(sys.executable, [sys.executable, "-m", "hubcore", *arguments])
        output = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            output += part
        os.waitpid(pid, 0)
        os.close(terminal)
        paged = tmp_path / "paged"
        return output.decode(), paged.read_text("utf-8") if paged.exists() else None

    shown, paged = run("list")
    assert "alexnet" in paged
    assert "alexnet" not in shown
    shown, paged = run("list", "resnet18")
    assert "resnet18" in shown
    assert "\x1b[1m" in shown
    assert paged is None
    shown, paged = run("list", PAGER="cat")
    assert "alexnet" in shown
