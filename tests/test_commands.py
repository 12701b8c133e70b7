"""Commands of installed packages: listed as data, imported when they are called."""

import json
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
from environments import write_dist_info

from hubcore.cli import main
from hubcore.cli.ours import OURS

DOCUMENT = (Path(__file__).parents[1] / "docs" / "commands.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.M | re.S)
(EXAMPLE_HELP,) = re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.M | re.S)

CODE = """
def add_parser(subparsers):
    parser = subparsers.add_parser("{name}")
    parser.add_argument("--fail", action="store_true")

def run(args):
    print("{name} of {package} ran")
    return 3 if args.fail else 0
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package with one command, as an unpacked wheel lies in site-packages."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    packages = []

    def install(name="count", package="acme_tools", code=None, help="counts", summary="A summary"):
        packages.append(package)
        folder = site / package
        folder.mkdir()
        # Importing the package itself would be as bad as importing the command's module.
        (folder / "__init__.py").write_text(f"import sys\nsys.{package}_was_imported = True\n")
        (folder / f"{name}.py").write_text(
            CODE.format(name=name, package=package) if code is None else code
        )
        if help is not None:
            (folder / f"{name}.json").write_text(json.dumps({"help": help}))
        entry = f"[hubcore.commands]\n{name} = {package}.{name}\n"
        write_dist_info(site, package, entry, fields=f"Summary: {summary}\n\ntext\n")

    yield install
    for package in packages:
        for module in [m for m in sys.modules if m.partition(".")[0] == package]:
            del sys.modules[module]
        vars(sys).pop(f"{package}_was_imported", None)


def overview(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def test_the_documented_example_works(install, capsys):
    install("tasks", code=EXAMPLE, help=json.loads(EXAMPLE_HELP)["help"])
    assert "count the models of each task" in overview(capsys)
    assert main(["tasks", "--plugin", "optical-flow"]) == 0
    assert re.search(r"^optical-flow +2$", capsys.readouterr().out, re.M)
    assert main(["tasks", "--plugin", "none"]) == 1
    assert "Unknown plugin 'none'" in capsys.readouterr().err


def test_help_lists_every_command_with_its_line_and_imports_none(install, capsys):
    for number in range(10):
        install(f"task{number}", f"pack{number}", "raise SystemExit('imported')", f"does {number}%")
    text = overview(capsys)
    for number in range(10):
        assert re.search(rf"^ +task{number} +does {number}%$", text, re.M)
    assert not [name for name in vars(sys) if name.endswith("_was_imported")]
    assert not [name for name in sys.modules if re.match(r"pack\d", name)]


@pytest.mark.parametrize("help", [None, 7], ids=["no file", "no text in it"])
def test_without_a_line_of_its_own_the_distributions_summary_is_shown(install, capsys, help):
    install(help=help, summary="Counts things: all of them")
    assert re.search(r"^ +count +Counts things: all of them$", overview(capsys), re.M)


def test_a_command_runs_and_its_exit_code_is_hubs(install, capsys):
    install()
    assert main(["count"]) == 0
    assert main(["count", "--fail"]) == 3
    assert capsys.readouterr().out == "count of acme_tools ran\n" * 2


def test_one_of_our_commands_needs_no_other_packages_command(install):
    install(code="raise SystemExit('imported')")
    assert main(["list", "resnet18"]) == 0


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module_of_ours", "No module named 'no_such_module_of_ours'"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("def run(args): return 0", "has no 'add_parser'"),
        ("def add_parser(subparsers): pass", "has no 'run'"),
        (CODE.format(name="other", package="x"), "makes no parser for its command 'count'"),
        ("def add_parser(s): s.add_parsr()\ndef run(args): return 0", "AttributeError"),
    ],
    ids=[
        *("missing dependency", "exception", "exit", "no add_parser", "no run", "another name"),
        "add_parser fails",
    ],
)
def test_a_broken_command_is_an_error_that_names_its_package(install, capsys, code, reason):
    install(code=code)
    assert main(["count"]) == 1
    error = capsys.readouterr().err
    assert reason in error
    assert "'acme-tools'" in error
    assert "pip uninstall acme-tools" in error
    assert "counts" in overview(capsys)
    assert main(["list", "resnet18"]) == 0


def test_our_commands_keep_their_names(install, capsys):
    install("list", "acme_tools", help="lists otherwise")
    main(["list", "resnet18"])
    assert "resnet18" in capsys.readouterr().out
    assert main(["acme-tools/list"]) == 0
    assert capsys.readouterr().out == "list of acme_tools ran\n"
    assert re.search(r"^ +acme-tools/list\s+lists otherwise$", overview(capsys), re.M)


def test_a_name_that_several_packages_offer_is_an_error_that_lists_them(install, capsys):
    install("count", "acme_tools")
    install("count", "beta_tools")
    assert main(["count"]) == 1
    assert "'acme-tools/count' or 'beta-tools/count'" in capsys.readouterr().err
    assert main(["beta-tools/count"]) == 0
    assert capsys.readouterr().out == "count of beta_tools ran\n"
    assert "beta-tools/count" in overview(capsys)


def test_a_built_in_familys_command_comes_before_others_of_its_name(install, capsys):
    install("quantize", "acme_tools")
    with pytest.raises(SystemExit):
        main(["quantize", "--help"])
    assert "--calibrate" in capsys.readouterr().out
    assert main(["acme-tools/quantize"]) == 0


@pytest.mark.parametrize("disabled", ["count", "acme-tools", "Acme_Tools"])
def test_a_disabled_command_is_neither_listed_nor_run(install, capsys, monkeypatch, disabled):
    monkeypatch.setenv("HUBCORE_DISABLE", disabled)
    install()
    assert "counts" not in overview(capsys)
    assert main(["count"]) == 1
    assert "HUBCORE_DISABLE disables" in capsys.readouterr().err
    install("count", "beta_tools")
    monkeypatch.setenv("HUBCORE_DISABLE", "acme-tools")
    assert main(["count"]) == 0
    assert capsys.readouterr().out == "count of beta_tools ran\n"


@pytest.mark.parametrize("word", ["prdict", "cuont"])
def test_a_misspelt_command_suggests_what_was_meant(install, capsys, word):
    install()
    with pytest.raises(SystemExit) as end:
        main([word])
    assert end.value.code == 2
    assert re.search(r"Did you mean '(predict|count)'\?", capsys.readouterr().err)


def test_hub_plugins_lists_the_packages_of_commands(install, capsys):
    install(code="raise SystemExit('imported')")
    assert main(["plugins"]) == 0
    assert re.search(r"^count +acme-tools +ok$", capsys.readouterr().out, re.M)
    assert main(["plugins", "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)
    assert {"name": "count", "distribution": "acme-tools", "status": "ok"} in tables["commands"]
    assert tables["hooks"] == []


def test_an_absent_package_of_ours_is_named(environment):
    """Where only hubcore is installed, `hub quantize` says what brings it."""
    result = environment.hub("quantize", "resnet18")
    assert result.returncode == 1
    assert "pip install hub-quantization" in result.stderr
    assert "quantize" not in environment.hub("--help").stdout


def test_every_command_of_ours_is_a_module_with_the_two_functions():
    for module_name, _ in OURS.values():
        module = import_module(f"hubcore.cli.{module_name}")
        assert callable(module.add_parser)
        assert callable(module.run)
