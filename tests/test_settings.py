"""The settings: one table, from which reading, checking and the docs come."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

import hubcore
from hubcore import settings
from hubcore.cli import main
from hubcore.errors import SettingsError

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
import settings_table  # needs the path above


@pytest.fixture
def file(own_home, monkeypatch):
    monkeypatch.delenv("HUBCORE_DISABLE", raising=False)
    return own_home / "config.toml"


def hub(*arguments, **environment):
    command = [sys.executable, "-m", "hubcore.cli", *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_the_docs_table_is_that_of_the_module():
    text = settings_table.DOCS.read_text("utf-8")
    assert settings_table.with_table(text) == text


BOOLEANS = {
    "offline": settings.offline,
    "strict": settings.strict,
    "lazy_dynamo": settings.lazy_dynamo,
}


@pytest.mark.parametrize("name", BOOLEANS)
def test_every_boolean_reads_alike(name, monkeypatch):
    for word in ("1", "true", "YES", " on "):
        monkeypatch.setenv(f"HUBCORE_{name.upper()}", word)
        assert BOOLEANS[name]() is True
    for word in ("", "0", "false", "No", "off", " "):
        monkeypatch.setenv(f"HUBCORE_{name.upper()}", word)
        assert BOOLEANS[name]() is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *[(f"HUBCORE_{name.upper()}", "maybe") for name in BOOLEANS],
        *[(f"HUBCORE_{n}", v) for n in ("CONNECTIONS", "RETRIES") for v in ("0.5", "-1", "x", "0")],
        ("HUBCORE_CONNECTIONS", "999999999"),
        *[("HUBCORE_TIMEOUT", value) for value in ("0", "inf", "nan", "soon", "1e300")],
        *[("HUBCORE_MAX_SIZE", value) for value in ("0", "-1", "big", "5 parsecs")],
        ("HUBCORE_REQUIRE", "most"),
        ("HUBCORE_MIRRORS", "https://a/"),
        ("HUBCORE_MIRRORS", "https://a/="),
        ("HUBCORE_LOCK", "/nowhere/hub.lock"),
        ("HUBCORE_CONFIG", "/nowhere/config.toml"),
        ("HUBCORE_HOME", "~no_such_user/hub"),
        ("HUBCORE_OFLINE", "1"),
        ("HUBCORE_offline", "1"),
        ("HUBCORE_HEADERS", "x"),
    ],
)
def test_a_wrong_variable_is_an_error_of_every_look_up_and_command(
    variable, value, monkeypatch, capsys
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        hubcore.list_models()
    assert main(["new", "thing"]) == 1
    error = capsys.readouterr().err
    assert variable in error
    assert error.startswith("hub: ")
    assert error.count("\n") == 1
    assert main(["doctor"]) == 1
    assert variable in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    [
        "connections = 0.5",
        "retries = 2.7",
        "retries = true",
        'retries = "5"',
        "timeout = true",
        'timeout = "x"',
        'mirrors = "x"',
        "mirrors = 5",
        '[mirrors]\n"https://a/" = 5',
        "roots = 5",
        "roots = [5]",
        "home = 5",
        'offline = "maybe"',
        "offline = 1",
        "disable = 5",
        "headers = 5",
        '[headers]\n"https://a/" = "Bearer x"',
        '[headers."https://a/"]\nX = 5',
        '[headers."http"]\nX = "y"',
        '[headers."https:///"]\nX = "y"',
        '[headers."a.org"]\nX = "y"',
        "a = " + "[" * 100_000,
        '[headers."https://a/"]\nX = "a\\nB: b"',
        "max_size = true",
        "require = true",
        "retires = 5",
        'lock = "hub.lock"',
        "home = ",
        "[[home]]",
    ],
)
def test_a_wrong_file_is_an_error_that_names_it(line, file, capsys):
    file.write_text(line, "utf-8")
    with pytest.raises(SettingsError, match=r"config\.toml"):
        settings.offline()
    assert main(["list"]) == 1
    assert main(["doctor"]) == 1
    assert "config.toml" in capsys.readouterr().out


def test_names_that_are_nearly_right_are_told(file, monkeypatch):
    file.write_text("retires = 5", "utf-8")
    with pytest.raises(SettingsError, match="Did you mean retries"):
        settings.check()
    file.write_text("", "utf-8")
    monkeypatch.setenv("HUBCORE_OFLINE", "1")
    with pytest.raises(SettingsError, match="Did you mean HUBCORE_OFFLINE"):
        settings.check()


def test_doctor_lists_all_that_is_wrong(file, monkeypatch, capsys):
    file.write_text(
        'retries = 2.5\nnonsense = 1\n[headers."https://a/"]\nX = "${NOT_SET}"', "utf-8"
    )
    monkeypatch.setenv("HUBCORE_TIMEOUT", "x")
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    for word in ("retries", "nonsense", "HUBCORE_TIMEOUT", "NOT_SET"):
        assert word in told


def test_a_file_that_is_not_text_or_not_a_file_is_an_error(file):
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="Cannot read"):
        settings.check()
    file.unlink()
    file.mkdir()
    with pytest.raises(SettingsError, match="Cannot read"):
        settings.check()


def test_all_settings_are_read_from_the_file_and_variables_win(file, tmp_path, monkeypatch):
    file.write_text(
        f'roots = ["{tmp_path}"]\noffline = true\ntimeout = 7\nretries = 2\nconnections = 3\n'
        'max_size = "2 MiB"\nrequire = "full"\ndisable = ["a", "b"]\nstrict = true\n',
        "utf-8",
    )
    assert settings.roots() == (tmp_path,)
    assert settings.offline()
    assert settings.strict()
    assert (settings.timeout(), settings.retries(), settings.connections()) == (7.0, 2, 3)
    assert settings.max_size() == 2 * 2**20
    assert settings.require() == "full"
    assert settings.disabled() == ("a", "b")
    monkeypatch.setenv("HUBCORE_RETRIES", "9")
    monkeypatch.setenv("HUBCORE_STRICT", "false")
    monkeypatch.setenv("HUBCORE_REQUIRE", "")
    assert settings.retries() == 9
    assert not settings.strict()
    assert settings.require() == ""


@pytest.mark.parametrize(
    "peer", ["10.0.0.1:8470", "relative/path", "http://", "http://h:x", "http://h/?q", "ftp://h/"]
)
def test_a_peer_is_an_address_or_an_absolute_path(peer, monkeypatch):
    monkeypatch.setenv("HUBCORE_PEERS", f"http://h:1 {peer}")
    with pytest.raises(SettingsError, match=r"HUBCORE_PEERS is wrong: use addresses"):
        settings.peers()


def test_peers_are_addresses_and_paths_and_a_short_token_is_refused(file, monkeypatch):
    file.write_text('peers = ["http://a:1", "/x"]\npeer_token = "sixteen letters!"', "utf-8")
    assert settings.peers() == ("http://a:1", "/x")
    assert settings.peer_token() == "sixteen letters!"
    monkeypatch.setenv("HUBCORE_PEER_TOKEN", "s3cretPW")
    with pytest.raises(SettingsError, match="at least 16") as caught:
        settings.peer_token()
    assert "s3cretPW" not in str(caught.value)


def test_errors_hold_no_password(file, monkeypatch, capsys):
    monkeypatch.setenv("HUBCORE_MIRRORS", "https://b/=https://bob:s3cretPW@a/?token=T0KEN x")
    file.write_text('[headers."https://a/"]\nAuthorization = ["s3cretPW"]', "utf-8")
    main(["list"])
    main(["doctor"])
    told = capsys.readouterr()
    assert "HUBCORE_MIRRORS" in told.out
    assert "s3cretPW" not in told.out + told.err
    assert "T0KEN" not in told.out + told.err


def test_importing_with_a_wrong_setting_works_and_help_too():
    wrong = {"HUBCORE_LAZY_DYNAMO": "maybe"}
    assert hub("--help", **wrong).returncode == 0
    found = hub("list", **wrong)
    assert found.returncode == 1
    assert found.stderr.startswith("hub: HUBCORE_LAZY_DYNAMO is 'maybe'")


# -- No home directory

HOMELESS = {
    "unset": None,
    "empty": "",
    "relative": "home",
    "a file": os.devnull,
    "missing": "/nowhere/at/all",
}


@pytest.fixture(params=HOMELESS)
def homeless(request, monkeypatch):
    for name in (
        "HUBCORE_HOME",
        "HUBCORE_CONFIG",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "TORCH_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    if HOMELESS[request.param] is None:
        monkeypatch.delenv("HOME", raising=False)
        pwd = pytest.importorskip("pwd")

        def no_entry(number):
            raise KeyError(f"getpwuid(): uid not found: {number}")

        monkeypatch.setattr(pwd, "getpwuid", no_entry)
    else:
        monkeypatch.setenv("HOME", HOMELESS[request.param])


def test_without_a_home_directory_listing_and_showing_work(homeless, request, capsys):
    assert "resnet18" in hubcore.list_models()
    assert main(["list"]) == 0
    assert main(["show", "resnet18"]) == 0
    if "missing" not in request.node.name:  # which an administrator may make
        assert main(["doctor"]) == 1
        assert "HUBCORE_HOME" in capsys.readouterr().out


def test_without_a_home_directory_errors_name_the_setting_and_it_is_enough(
    homeless, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    assert main(["download", "resnet18"]) == 1
    assert "HUBCORE_" in capsys.readouterr().err
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path))
    assert settings.home() == tmp_path
    assert main(["download", "resnet18"]) == 1  # offline, and not for want of a folder
    assert "HUBCORE_OFFLINE" in capsys.readouterr().err


@pytest.fixture
def open_folder():
    """A folder that every user reaches. pytest closes its own to others each time it is started."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two users")
@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["read-only", "unreadable"])
def test_in_another_users_home_every_command_works_or_says_what_to_set(mode, open_folder):
    """As with containers that are given a user's number: the commands run as nobody."""
    theirs = open_folder / "theirs"
    script = (
        "import os, sys\n"
        "from hubcore.cli import main\n"
        "COMMANDS = (['list', 'resnet18'], ['show', 'resnet18'], ['plugins'], ['cache', 'list'],\n"
        "            ['download', 'resnet18'], ['predict', 'resnet18', sys.argv[2]], ['doctor'])\n"
        "os.environ['HOME'] = sys.argv[3]\n"
        "for command in COMMANDS: main(command)  # imports what nobody may be unable to read\n"
        "os.environ['HOME'] = sys.argv[1]\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "for command in COMMANDS:\n"
        "    for stream in (sys.stdout, sys.stderr): print('==', *command[:2], file=stream)\n"
        "    print('code', main(command))\n"
    )
    photo = open_folder / "photo.png"
    Image.new("RGB", (8, 8)).save(photo)
    photo.chmod(0o644)
    theirs.mkdir()
    theirs.chmod(mode)
    unset = ("HUBCORE_HOME", "HUBCORE_CONFIG", "TORCH_HOME")
    done = subprocess.run(
        [sys.executable, "-c", script, theirs, photo, open_folder / "mine"],
        env={**{k: v for k, v in os.environ.items() if k not in unset}, "HUBCORE_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    codes = [int(line.split()[1]) for line in done.stdout.splitlines() if line[:5] == "code "]
    assert codes == [0, 0, 0, 0 if mode == 0o755 else 1, 1, 1, 1], done
    assert "Traceback" not in done.stderr
    said = done.stderr.partition("== list")[2]
    for command in ("download resnet18", "predict resnet18"):
        words = said.partition(f"== {command}")[2].partition("\n== ")[0]
        assert "HUBCORE_" in words, (command, words)
    if mode == 0o700:
        assert "cannot be read" in said


def test_relative_xdg_folders_are_ignored(monkeypatch, tmp_path):
    monkeypatch.delenv("HUBCORE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    if sys.platform == "linux":
        assert settings.home() == Path(tmp_path, ".cache", "hubcore")


# -- Versions


@pytest.mark.parametrize(
    ("torch", "torchvision", "state"),
    [
        ("2.14.1", "0.29.1", "ok"),
        ("2.5.1+cpu", "0.20.1+cpu", "ok"),
        ("2.4.1", "0.19.1", "problem"),
        ("3.0.0", "0.40.0", "note"),
        ("2.14.1", "0.20.1", "problem"),
        ("2.14.0.dev20260101", "0.29.0a0", "ok"),
        ("unknown", "0.29.1", "note"),
    ],
)
def test_doctor_judges_the_versions_of_torch(torch, torchvision, state, monkeypatch):
    """Also whether the pair is one: torchvision's own meta-data names the torch that it needs."""
    from hubcore.cli import versions

    installed = {"torch": torch, "torchvision": torchvision, "pillow": "12"}
    needs = {"0.29.1": "2.14.1", "0.20.1": "2.5.1", "0.19.1": "2.4.1", "0.40.0": "3.0.0"}
    monkeypatch.setattr(versions.metadata, "version", lambda name: installed[name])
    own = needs.get(torchvision.partition("+")[0])
    needed = [f"torch=={own}"] if own else ["torch>=2.14.0.dev1"]
    monkeypatch.setattr(versions.metadata, "requires", lambda name: needed)
    found = list(versions.judge())
    states = {s for s, subject, _ in found if subject != "Python"}
    worst = next(s for s in ("problem", "note", "ok") if s in states)
    assert worst == state, found


def test_roots_are_folders_and_addresses_with_colons_between(file, monkeypatch):
    """The colons after a scheme and before a port are the address's own."""
    addresses = ("s3://b/x/", "https://h:8080/y", "http://h:1", "gs://c")
    monkeypatch.setenv("HUBCORE_ROOTS", f"/a:{':/b:'.join(addresses)}:c")
    assert settings.root_addresses() == addresses
    assert settings.roots() == (Path("/a"), Path("/b"), Path("/b"), Path("/b"), Path("c"))
    monkeypatch.delenv("HUBCORE_ROOTS")
    file.write_text('roots = ["s3://b", "/a"]', "utf-8")
    assert (settings.root_addresses(), settings.roots()) == (("s3://b",), (Path("/a"),))
