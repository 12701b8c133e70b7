"""Whatever is wrong with its arguments, a command says so in a sentence, and shows no internals."""

import os
import re
import resource
import subprocess
import sys

import bad_inputs
import pytest

from hubcore.cli import main

INTERNALS = re.compile(
    r"Traceback|\x1b|\x07|\b_[a-z]\w+|\w+(Error|Exception)\b|NoneType|Errno| object at 0x|<class |"
    r"\bself\.|\.py\b|<stdin>|<string>"
)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    return bad_inputs.workspace(tmp_path_factory.mktemp("bad"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")


@pytest.mark.parametrize("line", bad_inputs.LINES)
def test_bad_input_is_answered_in_a_sentence(line, names, capsys):
    try:
        code = main(bad_inputs.arguments(line, names))
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert code in (1, 2), f"exit code {code}: {out}{err}"
    assert err.strip() or out.strip()
    assert len(err) <= 1000, err
    assert not INTERNALS.search(out + err), out + err


def test_the_table_is_large():
    assert len(bad_inputs.LINES) >= 150


def test_a_fault_of_our_own_is_told_with_how_to_report_it(monkeypatch, capsys):
    def broken(*_):
        raise KeyError("resnet50")

    monkeypatch.setattr("hubcore.cli.version.run", broken)
    assert main(["version"]) == 1
    err = capsys.readouterr().err
    assert "a fault in tests/test_bad_inputs.py, line" in err
    assert "KeyError: 'resnet50'" in err
    assert "HUBCORE_DEBUG=1" in err
    assert "Traceback" not in err
    monkeypatch.setenv("HUBCORE_DEBUG", "1")
    main(["version"])
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_what_can_be_known_beforehand_is_said_without_torch(names):
    """A new process: a wrong name, device or folder is no reason to import torch."""
    for line in (
        "predict mobilenet_v2 $PHOTO --weights V9",
        "predict mobilenet_v2 $PHOTO --device cpuu",
        "predict mobilenet_v2 $PHOTO --output $JUNK/x",
        "quantize mobilenet_v2 --calibrate $EMPTY_FOLDER --output $OUT",
        "quantize mobilenet_v2 --calibrate $PHOTO --output $JUNK/x",
        "quantize mobilenet_v2 --calibrate $PHOTO --output $OUT --weights V9",
        "pack $CHECKPOINT $PACK --version x.y",
        "pack $CHECKPOINT $PACK --output $JUNK/x",
        "evaluate zzz --data $EMPTY_FOLDER",
        "evaluate mobilenet_v2 --data missing",
        "evaluate mobilenet_v2 --data $EMPTY_FOLDER --weights V9",
        "evaluate mobilenet_v2 --data $EMPTY_FOLDER --device cpuu",
        "evaluate mobilenet_v2 --data $EMPTY_FOLDER --labels missing.csv",
        "evaluate mobilenet_v2 --data $EMPTY_FOLDER --record $JUNK/x",
        "evaluate --check $BROKEN_JSON --data $EMPTY_FOLDER",
        "train zzz --data $EMPTY_FOLDER",
        "train mobilenet_v2 --data missing",
        "train mobilenet_v2 --data $EMPTY_FOLDER --recipe zzz",
        "train mobilenet_v2 --data $EMPTY_FOLDER --output $JUNK/x",
    ):
        program = (
            "import sys; from hubcore.cli import main; code = main(sys.argv[1:]); "
            "sys.exit(f'torch was imported, or exit code {code}' if 'torch' in sys.modules "
            "or code != 1 else 0)"
        )
        arguments = bad_inputs.arguments(line, names)
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True)
        assert done.returncode == 0, (line, done.stderr.decode())


def test_an_output_that_is_a_device_is_left_alone(names, tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    assert main(["lock", "resnet50", "--output", str(full), "--yes"]) == 1
    assert full.is_symlink()


@pytest.mark.parametrize(
    "line",
    [
        "list",  # with the configuration there
        "sync $ZERO",
        "bundle list $ZERO",
        "cache import $ZERO",
        "catalog trust $ZERO",
        "pack $CHECKPOINT --model resnet18 --name acme-x --categories $ZERO",
        "evaluate resnet18 --data $EMPTY_FOLDER --labels $ZERO",
        "sign hub-detection --key $ZERO",
        "sign hub-detection --key $JUNK --password-file $ZERO",
    ],
)
def test_an_input_that_never_ends_is_refused(line, names, tmp_path):
    """A device for a file would be read until memory is full, which here is soon."""
    zero = tmp_path / "zero"
    zero.symlink_to("/dev/zero")
    arguments = bad_inputs.arguments(line, {**names, "$ZERO": [str(zero)]})
    environment = {"HUBCORE_CONFIG": str(zero)} if line == "list" else {}

    def little_memory():
        resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))

    done = subprocess.run(
        [sys.executable, "-m", "hubcore", *arguments],
        env={**os.environ, **environment},
        capture_output=True, text=True, timeout=100, preexec_fn=little_memory,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search("device, not a file|is larger than", done.stderr), done.stderr


@pytest.mark.parametrize(
    "line", ["lock resnet50 --output $PIPE --yes", "card resnet18 --output $PIPE"]
)
def test_an_output_that_is_a_pipe_is_left_alone(line, names, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main(bad_inputs.arguments(line, {**names, "$PIPE": [str(pipe)]})) == 1
    assert pipe.is_fifo()
