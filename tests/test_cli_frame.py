"""Around the commands: help, versions, what was meant, and completion in a real shell."""

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from hubcore.cli import main
from hubcore.cli.commands import all_commands


def outcome(capsys, *arguments):
    """The exit code, the output and the error output."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


def test_hub_alone_and_hub_help_print_the_help(capsys):
    expected = outcome(capsys, "--help")
    assert expected[0] == 0
    assert "hub list 'resnet*'" in expected[1]
    assert outcome(capsys) == expected
    assert outcome(capsys, "help") == expected


def test_help_of_a_command_is_that_of_its_option(capsys):
    for words in (["list"], ["cache", "prune"], ["bundle"]):
        found = outcome(capsys, "help", *words)
        assert found == outcome(capsys, *words, "--help")
        assert found[0] == 0
    code, _, error = outcome(capsys, "help", "lisst")
    assert code == 2
    assert "Did you mean 'list'" in error


def test_each_command_below_a_command_says_what_it_does(capsys):
    for words in (["cache", "prune"], ["bundle", "import"], ["catalog", "validate"]):
        lines = outcome(capsys, *words, "--help")[1].splitlines()
        assert lines[lines.index("") + 1].strip()


def test_versions_are_those_of_what_is_installed(capsys):
    code, out, _ = outcome(capsys, "version", "--json")
    assert code == 0
    versions = json.loads(out)
    assert versions["torch"] == metadata.version("torch")
    assert versions["hub-detection"]
    assert "hubcore" in outcome(capsys, "version")[1]


@pytest.mark.parametrize("module", ["hubcore", "hubcore.cli"])
def test_the_package_runs_as_a_module(module):
    result = subprocess.run(
        [sys.executable, "-m", module, "list", "resnet18", "-q"], capture_output=True, text=True
    )
    assert (result.returncode, result.stdout) == (0, "resnet18\n")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["lisst"], "Did you mean 'list'"),
        (["list", "--srot", "acc@1"], "Did you mean --sort?"),
        (["list", "--taks=optical-flow"], "Did you mean --task?"),
        (["show", "resnet50", "--jsn"], "Did you mean --json?"),
        (["cache", "lst"], "Did you mean list?"),
        (["cache", "list", "--sort", "sized"], "Did you mean size"),
        (["cache", "prune", "--older-then", "9d"], "Did you mean --older-than?"),
        (["cache", "zzz"], "Choose from: list, import"),
    ],
)
def test_what_is_misspelt_suggests_what_was_meant(capsys, arguments, meant):
    code, out, error = outcome(capsys, *arguments)
    assert (code, out) == (2, "")
    assert meant in error


def test_an_unknown_argument_is_not_repeated_without_end(capsys):
    code, _, error = outcome(capsys, "list", f"--{'x' * 5000}")
    assert code == 2
    assert len(error) < 1000


# -- Completion

BASH = """
set -e
eval "$("$HUB" completion bash)"
COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
read -ra COMP_WORDS <<< "$COMP_LINE"
[[ "$COMP_LINE" != *' ' ]] || COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_python_argcomplete hub hub ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def completions(tmp_path):
    """What bash completes a line with. Importing torch, or a plugin, ends the process."""
    for module in ("torch", "torchvision", "numpy", "hub_classification"):
        (tmp_path / f"{module}.py").write_text("import os\nos._exit(3)\n")
    program = tmp_path / "hub"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hubcore "$@"\n')
    program.chmod(0o755)

    def run(line):
        result = subprocess.run(
            ["bash", "-c", BASH, "bash", line],
            capture_output=True,
            text=True,
            check=True,
            env={
                **os.environ,
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
                "HUB": str(program),
            },
        )
        return [word.strip() for word in result.stdout.splitlines() if word.strip()]

    return run


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_names(completions):
    assert completions("hub sh") == ["show"]
    assert {"list", "quantize", "version"} <= set(completions("hub "))
    assert "--where" in completions("hub list --w")
    assert set(completions("hub show resnet1")) == {"resnet18", "resnet101", "resnet152"}
    assert "ResNet18_Weights.IMAGENET1K_V1" in completions("hub download ResNet18_")
    assert completions("hub list --task opt") == ["optical-flow"]
    assert "acc@1" in completions("hub list --sort acc")
    assert completions("hub cache ver") == ["verify"]
    assert completions("hub check hub-opt") == ["hub-optical-flow"]
    assert "resnet18" in completions("hub predict resnet1")


def test_there_is_a_script_for_each_shell(capsys):
    for shell, word in [("bash", "complete "), ("zsh", "compdef"), ("fish", "complete -c hub")]:
        code, out, _ = outcome(capsys, "completion", shell)
        assert code == 0
        assert word in out.replace("--command", "-c")
    assert outcome(capsys, "completion", "tcsh")[0] == 2


def test_every_command_has_its_line_in_the_overview(capsys):
    out = outcome(capsys, "--help")[1]
    for command in all_commands():
        assert command.help.split()[0] in out


# The command that these tests' environment installed comes first.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_commands_options_and_names(tmp_path):
    program = "hub completion fish | source; complete -C 'hub li'; complete -C 'hub show resnet5'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{program}; complete -C 'hub list --wh'"],
        env={**os.environ, "PATH": PATH,
             "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert {"list", "resnet50", "--where"} <= set(found)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_knows_that_the_command_completes(tmp_path):
    program = (
        f"autoload -Uz compinit; compinit -u -d {tmp_path}/dump\n"
        'eval "$(hub completion zsh)"; print -l ${(k)_comps}'
    )
    done = subprocess.run(
        ["zsh", "-f", "-c", program],
        env={**os.environ, "PATH": PATH},
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert "hub" in done.stdout.splitlines()
