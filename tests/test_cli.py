"""The listing commands: tables for people, JSON for programs, one clear line for bad input."""

import json
import subprocess
import sys

import pytest

from hubcore.cli import main


@pytest.fixture
def hub(capsys):
    """Runs a command; gives its exit code, its output and its error output."""

    def run(*arguments):
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


def names(output):
    return [row["name"] for row in json.loads(output)]


def test_list_shows_a_table_with_the_count(hub):
    code, out, _ = hub("list", "resnet1*")
    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["model", "task", "params"]
    assert "3 models" in out
    assert "acc@1 82.284" in out


def test_list_filters_by_task_and_plugin(hub):
    assert names(hub("list", "--task", "optical-flow", "--json")[1]) == ["raft_large", "raft_small"]
    assert "resnet50" not in names(hub("list", "--plugin", "hub-video", "--json")[1])


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("acc@1>88.2", {"regnet_y_128gf", "vit_h_14"}),
        ("acc@1 >= 88.2, params<640M", {"vit_h_14"}),
        ("params<1.3M", {"squeezenet1_0", "squeezenet1_1", "raft_small"}),
        ("PARAMS<1.3m,Acc@1>58.15", {"squeezenet1_1"}),
        ("size<5.5MB, task=image-classification, plugin!=hub-quantization, acc@1<58.15",
         {"squeezenet1_0"}),
        ("size>2.3GB and (plugin=hub-detection or not acc@1<88.2)", {"regnet_y_128gf", "vit_h_14"}),
        ("task in (optical-flow, keypoint-detection) or name=vit_h*",
         {"raft_large", "raft_small", "keypointrcnn_resnet50_fpn", "vit_h_14"}),
        ("size>2.3GB", {"regnet_y_128gf", "vit_h_14"}),
        ("kp_map>1", {"keypointrcnn_resnet50_fpn"}),
    ],
)  # fmt: skip
def test_where_compares_the_default_weights_figures(hub, where, expected):
    assert set(names(hub("list", "--where", where, "--json")[1])) == expected


def test_a_bad_filter_is_an_error_that_points_at_the_place(hub):
    code, out, err = hub("list", "--where", "params<30M and accuracy>80")
    assert (code, out) == (1, "")
    message, line, carets = err.splitlines()
    assert message.startswith("hub: 'accuracy' is not a field. Did you mean 'acc@1'?")
    assert line[carets.index("^") : carets.rindex("^") + 1] == "accuracy"


def test_an_empty_filter_is_an_error(hub):
    for where in ("", " "):
        code, out, err = hub("list", "--where", where)
        assert (code, out) == (1, "")
        assert "filter is empty" in err


def test_sort_puts_the_better_first_or_as_asked(hub):
    def figures(order, field):
        return [row[field] for row in json.loads(hub("list", "vit*", "--sort", order, "--json")[1])]

    assert figures("acc@1", "acc@1") == sorted(figures("acc@1", "acc@1"), reverse=True)
    assert figures("params", "params") == sorted(figures("params", "params"))
    assert figures("params:desc", "params") == sorted(figures("params", "params"), reverse=True)
    assert figures("name:desc", "name") == sorted(figures("name", "name"), reverse=True)
    flow = json.loads(hub("list", "--task", "optical-flow", "--sort", "epe", "--json")[1])
    assert flow[0]["epe"] < flow[1]["epe"]


def test_size_is_in_bytes_and_operations_are_gmacs(hub):
    (row,) = json.loads(hub("list", "resnet50", "--json")[1])
    assert row["size"] == 102540417
    assert row["gmacs"] == 4.089


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--sort", "beauty"], "Cannot sort by 'beauty'"),
        (["--sort", "param"], "Did you mean 'params'?"),
        (["--sort", "acc@1:up"], "Cannot sort in the order 'up'"),
        (["--task", "object-detecton"], "Did you mean 'object-detection'"),
        (["--task", "zzz"], "Tasks: image-classification"),
        (["--plugin", "hub-detecton"], "Did you mean 'hub-detection'"),
    ],
)
def test_what_is_unknown_is_an_error_that_helps(hub, arguments, complaint):
    code, out, err = hub("list", *arguments)
    assert (code, out) == (1, "")
    assert complaint in err


def test_patterns_and_tasks_are_read_in_any_case(hub):
    assert names(hub("list", "ResNet5*", "--json")[1]) == ["resnet50"]
    assert names(hub("list", "--task", "Optical-Flow", "--json")[1]) == ["raft_large", "raft_small"]


def test_show_tells_all_about_a_model(hub):
    code, out, _ = hub("show", "resnet50")
    assert code == 0
    for text in ("hub-classification/resnet50", "arxiv.org", "ResNet50_Weights.IMAGENET1K_V1"):
        assert text in out
    data = json.loads(hub("show", "RESNET50", "--json")[1])
    assert data["default"] == "IMAGENET1K_V2"
    assert len(data["weights"]) == 2


def test_show_tells_all_about_weights(hub):
    code, out, _ = hub("show", "resnet50_weights.default")
    assert code == 0
    for text in (
        "acc@1 80.858",
        "25,557,032",
        "Resizes the shorter side, crops the centre",
        "resize size    232",
        "0.485, 0.456, 0.406",
        "hub-classification/resnet50",
        "4.089 GMACs",
        "licence",
        "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca",
        "cached",
    ):
        assert text in out
    data = json.loads(hub("show", "ResNet50_Weights.DEFAULT", "--json")[1])
    assert data["cached"] is None
    assert data["meta"]["categories"][0] == "tench"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("resnet51", "Did you mean 'resnet50'"),
        ("ResNet50_Weights.V9", "Did you mean 'ResNet50_Weights.IMAGENET1K_V1'"),
        ("ResNet5O_Weights.DEFAULT", "Did you mean 'ResNet50_Weights'"),
        ("zzz.yyy", "Unknown model 'zzz.yyy'"),
    ],
)
def test_show_suggests_close_names(hub, name, complaint):
    code, out, err = hub("show", name)
    assert (code, out) == (1, "")
    assert complaint in err
    assert err.count("\n") == 1


def test_plugins_and_doctor_report(hub):
    rows = json.loads(hub("plugins", "--json")[1])["plugins"]
    assert {"hub-classification", "hub-detection"} <= {row["distribution"] for row in rows}
    assert all(row["status"] == "ok" for row in rows)
    code, out, _ = hub("doctor")
    assert code == 0
    assert "torchvision" in out


def test_doctor_fails_for_an_unusable_store(hub, monkeypatch, tmp_path):
    file = tmp_path / "a file"
    file.touch()
    monkeypatch.setenv("HUBCORE_HOME", str(file))
    code, out, _ = hub("doctor")
    assert code == 1
    assert "is not a folder: set HUBCORE_HOME" in out


def test_wrong_usage_exits_with_2_and_no_traceback():
    result = subprocess.run(
        [sys.executable, "-m", "hubcore.cli", "lisst"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_a_closed_pipe_is_no_error():
    result = subprocess.run(
        f"{sys.executable} -m hubcore.cli list | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""


def test_help_has_examples_for_every_command():
    from hubcore.cli.commands import all_commands

    for command in all_commands():
        result = subprocess.run(
            [sys.executable, "-m", "hubcore.cli", command.name, "--help"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "examples:" in result.stdout.lower(), command.name


# -- The process


def run_process(code, *arguments, **options):
    """A process that prepares something with Python code and then is ``hub``."""
    code = f"{code}\nfrom hubcore.cli.__main__ import run\nrun()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_a_process_ends_with_the_commands_exit_code():
    """Python's own end is skipped: nothing that was written may be lost with it."""
    found = run_process("", "list", "resnet1*")
    assert found.returncode == 0
    assert found.stdout.endswith("3 models\n")
    unknown = run_process("", "show", "resnet999")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("hub: Unknown model 'resnet999'")
    assert run_process("", "no-such-command").returncode == 2


def test_a_process_waits_for_threads_and_runs_what_atexit_has():
    code = """
import atexit, threading
atexit.register(print, 'the end')
main = threading.main_thread()  # it counts as ended once Python waits for the others
threading.Thread(target=lambda: (main.join(), print('a thread'))).start()
"""
    lines = run_process(code, "list", "resnet18").stdout.splitlines()
    assert lines[-2:] == ["a thread", "the end"]
    code = "import atexit; atexit.register(print, 'the end')"
    assert run_process(code, "list", "resnet18").stdout.splitlines()[-1] == "the end"
