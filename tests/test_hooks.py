"""Hooks: each example of docs/hooks.md, installed and run; and what becomes of faulty packages."""

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from environments import write_dist_info
from servers import FaultyServer
from torch import nn

import hubcore
from hubcore import hookspecs
from hubcore.cli import main
from hubcore.download.hashing import sha256_of
from hubcore.errors import PluginError, PluginWarning, UnsafeAddressError
from hubcore.packages import hooks

DOCUMENT = Path(__file__).parents[1] / "docs" / "hooks.md"
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("hubcore_"))
EXAMPLES = dict(
    re.findall(r"^## `(\w+)`$.*?^```python\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.M | re.S)
)
TINY = {
    "task": "image-classification",
    "architecture": ["torch.nn:Linear", {"in_features": 2, "out_features": 3}],
    "weights": "Tiny_Weights",
}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a module as a distribution with an entry point, as an unpacked wheel lies there."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = []

    def install(code, name="acme"):
        module = f"{name}_hooks"
        modules.append(module)
        (site / f"{module}.py").write_text(code)
        write_dist_info(site, module, f"[hubcore.hooks]\n{name} = {module}\n")
        hooks.forget()

    yield install
    for module in modules:
        sys.modules.pop(module, None)
    hooks.forget()


@pytest.fixture
def tiny(tmp_path):
    """Registers a model of two tensors whose weights are at an address, and makes it."""

    def build(path, url, **config):
        member = {"url": url, "sha256": sha256_of(path), "transforms": "torch.nn:Identity"}
        enum = {"builder": "tiny", "default": "V1", "members": {"V1": member}}
        catalog = {"schema": 1, "models": {"tiny": TINY}, "weights": {"Tiny_Weights": enum}}
        with hubcore.register(catalog, name="hooked"):
            return hubcore.get_model("hooked/tiny", weights="DEFAULT", **config)

    return build


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "tiny.pth"
    torch.save(nn.Linear(2, 3).state_dict(), path)
    return path


def example_of_rewrite_url(tiny, checkpoint, monkeypatch, capsys):
    with FaultyServer() as server:
        server.serve("/pool/tiny.pth", checkpoint.read_bytes())
        monkeypatch.setenv("ACME_MIRROR", f"{server.url}/pool")
        tiny(checkpoint, "https://weights.example.org/some/where/tiny.pth")
        assert server.asked("/pool/tiny.pth")


def example_of_fetch(tiny, checkpoint, monkeypatch, capsys):
    with pytest.raises(hubcore.HubError, match="set ACME_VAULT"):
        tiny(checkpoint, "vault:tiny.pth")
    monkeypatch.setenv("ACME_VAULT", str(checkpoint.parent))
    model = tiny(checkpoint, "vault:tiny.pth")
    torch.testing.assert_close(model.weight, torch.load(checkpoint)["weight"])


def example_of_read_checkpoint(tiny, checkpoint, monkeypatch, capsys):
    arrays = checkpoint.with_suffix(".npz")
    np.savez(arrays, weight=np.ones((3, 2), np.float32), bias=np.zeros(3, np.float32))
    with FaultyServer() as server:
        model = tiny(arrays, server.serve("/tiny.npz", arrays.read_bytes()))
        other = tiny(checkpoint, server.serve("/tiny.pth", checkpoint.read_bytes()))
    assert model.weight.sum() == 6
    torch.testing.assert_close(other.weight, torch.load(checkpoint)["weight"])


def example_of_wrap_model(tiny, checkpoint, monkeypatch, capsys):
    original = hubcore.get_model("squeezenet1_1")
    path = checkpoint.with_name("squeezenet.pth")
    torch.save(original.state_dict(), path)
    with FaultyServer() as server:
        member = {
            "url": server.serve("/s.pth", path.read_bytes()),
            "sha256": sha256_of(path),
            "transforms": "torch.nn:Identity",
        }
        enum = {"builder": "hub-classification/squeezenet1_1", "members": {"V1": member}}
        with hubcore.register({"schema": 1, "weights": {"Own_Weights": enum}}, name="own"):
            model = hubcore.get_model("squeezenet1_1", weights="Own_Weights.V1")
    assert model.features[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert original.features[0].weight.is_contiguous()


def example_of_add_commands(tiny, checkpoint, monkeypatch, capsys):
    with pytest.warns(DeprecationWarning, match=r"'hubcore\.commands' instead"):
        hooks.hook_plugins()  # loads them
    assert main(["greet", "you"]) == 0
    assert "hello you\n" in capsys.readouterr().out


RUNS = {
    name.replace("example_of_", "hubcore_"): run
    for name, run in globals().items()
    if name.startswith("example_of_")
}


def test_every_hook_has_an_example_in_the_documentation_and_a_run_of_it():
    assert sorted(EXAMPLES) == HOOKS, "docs/hooks.md: one section and example for each hook"
    assert sorted(RUNS) == HOOKS, "add example_of_... here for each hook"


@pytest.mark.parametrize("hook", HOOKS)
def test_the_documented_example_works(hook, install, tiny, checkpoint, monkeypatch, capsys):
    install(EXAMPLES[hook])
    RUNS[hook](tiny, checkpoint, monkeypatch, capsys)


IMPLEMENTATION = """
from hubcore.hookspecs import hookimpl

@hookimpl
def hubcore_rewrite_url(url):
    {body}

@hookimpl
def hubcore_wrap_model(model, name):
    {wrap}
"""


def implementation(body="return None", wrap="return None"):
    return IMPLEMENTATION.format(body=body, wrap=wrap)


def test_packages_are_asked_in_the_order_of_their_names(install):
    install(implementation("return 'https://b.example/'"), "beta")
    install(implementation("return ['https://a.example/', 'https://a2.example/']"), "alpha")
    assert hooks.rewritten("https://x.example/") == [
        "https://a.example/", "https://a2.example/", "https://b.example/",
    ]  # fmt: skip


def test_each_package_wraps_what_the_one_before_returned(install):
    wrap = "import torch; return torch.nn.Sequential({}, model)"
    install(implementation(wrap=wrap.format("torch.nn.ReLU()")), "beta")
    install(implementation(wrap=wrap.format("torch.nn.Tanh()")), "alpha")
    model = hooks.wrap_model(nn.Identity(), "some/model", None)
    assert isinstance(model[0], nn.ReLU)
    assert isinstance(model[1][0], nn.Tanh)


def test_the_load_report_stays_with_a_wrapped_model(install, tiny, checkpoint):
    install(implementation(wrap="import torch; return torch.nn.Sequential(model)"))
    with FaultyServer() as server:
        model = tiny(checkpoint, server.serve("/tiny.pth", checkpoint.read_bytes()))
    assert isinstance(model, nn.Sequential)
    assert set(hubcore.load_report(model).loaded) == {"weight", "bias"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module_of_ours", "No module named 'no_such_module_of_ours'"),
        ("1 / 0", "division by zero"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        (implementation().replace("(url)", "(address)"), "address"),
        (implementation().replace("hubcore_wrap_model", "hubcore_no_such_hook"), "no_such_hook"),
    ],
    ids=["import", "exception", "exit", "parameter", "unknown hook"],
)
def test_a_broken_package_is_left_out_whole_with_a_warning(install, code, reason):
    """None of its hooks stays behind, and the others' work."""
    install(code, "alpha")
    install(implementation("return 'https://b.example/'"), "beta")
    with pytest.warns(PluginWarning, match=r"'alpha'.*pip uninstall alpha-hooks"):
        assert hooks.rewritten("https://x.example/") == ["https://b.example/"]
    broken, sound = hooks.hook_plugins()
    assert (broken.status, sound.status) == ("broken", "ok")
    assert reason in broken.error


def test_strict_mode_makes_a_broken_package_an_error(install, monkeypatch):
    monkeypatch.setenv("HUBCORE_STRICT", "1")
    install("1 / 0")
    with pytest.raises(PluginError, match="division by zero"):
        hooks.hook_plugins()


@pytest.mark.parametrize("disabled", ["acme", "acme-hooks"])
def test_a_disabled_package_is_not_imported(install, monkeypatch, disabled):
    monkeypatch.setenv("HUBCORE_DISABLE", disabled)
    install("raise SystemExit('imported')")
    assert hooks.rewritten("https://x.example/") == []
    assert hooks.hook_plugins()[0].status == "disabled"


def test_a_hook_that_fails_names_its_package(install):
    install(implementation("return url[9999]"), "alpha")
    install(implementation("return None", wrap="raise KeyError('x')"), "beta")
    with pytest.raises(PluginError, match=r"'alpha' failed in hubcore_rewrite_url \(IndexError"):
        hooks.rewritten("https://x.example/")
    with pytest.raises(PluginError, match=r"'beta' failed in hubcore_wrap_model \(KeyError"):
        hooks.wrap_model(nn.Identity(), "some/model", None)


def test_a_hook_that_exits_is_an_error_that_names_its_package(install):
    install(implementation("raise SystemExit(3)", wrap="raise SystemExit(3)"))
    with pytest.raises(PluginError, match=r"'acme' failed.*SystemExit: 3"):
        hooks.rewritten("https://x.example/")
    with pytest.raises(PluginError, match=r"'acme' failed.*SystemExit: 3"):
        hooks.wrap_model(nn.Identity(), "some/model", None)


def test_a_failing_command_hook_does_not_take_hub_with_it(install, capsys):
    install(implementation().replace("hubcore_rewrite_url(url)", "hubcore_add_commands()")
            .replace("return None", "1 / 0", 1))  # fmt: skip
    with pytest.raises(SystemExit) as end:
        main(["no-such-command"])
    assert end.value.code == 2
    assert "'acme' failed in hubcore_add_commands" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::hubcore.errors.PluginWarning")
def test_hub_plugins_shows_hook_packages_and_their_states(install, capsys):
    install("1 / 0", "alpha")
    install(implementation(), "beta")
    assert main(["plugins"]) == 0
    out = capsys.readouterr().out
    assert "division by zero" in out
    assert "pip uninstall alpha-hooks" in out
    assert "beta-hooks" in out


def test_without_hooks_an_unknown_scheme_is_refused(tiny, checkpoint):
    assert not hooks.installed()
    with pytest.raises(UnsafeAddressError, match="no way to fetch 'vault:'"):
        tiny(checkpoint, "vault:tiny.pth")


def test_without_hooks_pluggy_is_not_imported(install):
    import subprocess

    code = (
        "import sys; from hubcore.packages import hooks; hooks.rewritten('https://x.example/');"
        "sys.exit('pluggy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_listing_does_not_import_hook_packages(install):
    install("raise SystemExit('imported')")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hubcore.list_models("resnet50") == ["resnet50"]
