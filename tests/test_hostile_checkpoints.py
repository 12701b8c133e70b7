"""Checkpoints made to use up time or memory: each is refused, or read at once in little memory."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import subprocess
import sys
import zipfile

import pytest
import torch
from environments import ROOT

from hubcore.checkpoints import limits
from hubcore.checkpoints.legacy import mappable
from hubcore.checkpoints.mapped import map_tensors
from hubcore.checkpoints.pickles import HostilePickleError, check_pickle
from hubcore.checkpoints.reading import read_state_dict
from hubcore.errors import WeightsError
from hubcore.store import Store

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)

# Run where memory and time are bounded, so that a failure harms no other test.
READ = """
import json, resource, sys
from pathlib import Path
import torch
from hubcore.checkpoints.reading import read_state_dict
from hubcore.errors import WeightsError
names = sys.argv[1:]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30,) * 2)
for name in names:
    print(name, end=" ", flush=True)
    resource.setrlimit(resource.RLIMIT_CPU, (int(sum(resource.getrusage(0)[:2])) + 12, -1))
    try:
        read_state_dict(Path(name))
        print("read", flush=True)
    except WeightsError as error:
        print("refused", error, flush=True)
    except BaseException as error:
        print("raised", type(error).__name__, error, flush=True)
"""


def doubled(times: int, first: bytes = b"K\x01\x85") -> bytes:
    """A tuple that holds 2 ** times values, in five bytes a time."""
    code = first + b"q\x00"
    for place in range(times):
        code += b"0h%ch%c\x86q%c" % (place, place, place + 1)
    return code


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def entry(code: bytes) -> bytes:
    return b"\x80\x02}" + text("a") + code + b"s."


NAME = b"ccollections\nOrderedDict\n"
DEEP = b"K\x01" + b"\x85" * 1_000_000
PICKLES = {
    "a tuple that doubles 40 times": entry(doubled(40)),
    "a tuple that doubles 200 times": entry(doubled(200)),
    "a list that doubles 40 times": entry(
        b"]q\x00" + b"".join(b"0](h%ch%ceq%c" % (n, n, n + 1) for n in range(40))
    ),
    "a key that doubles 40 times": b"\x80\x02}" + doubled(40) + b"K\x01s.",
    "a key of a million tuples": b"\x80\x02}" + DEEP + b"K\x01s.",
    "a million tuples, one in another": entry(DEEP),
    "a million lists, one in another": entry(b"]" * 1_000_000 + b"a" * 999_999),
    "a list that holds itself": entry(b"]q\x00h\x00a"),
    "a place in the memo past all": entry(b"K\x01r\xff\xff\xff\x7f"),
    "a number of 2 GB": entry(b"\x8b\xff\xff\xff\x7f"),
    "a text of 4 GB": entry(b"X\xff\xff\xff\xff"),
    "bytes of 2 ** 62": entry(b"\x8e" + struct.pack("<Q", 2**62)),
    "a bytearray of 2 GB": entry(b"cbuiltins\nbytearray\n\x8a\x05\x00\x00\x00\x80\x00\x85R"),
    "one list copied again and again": entry(
        b"ccollections\nOrderedDict\nq\x00](" + b"(K\x01K\x01t" * 100_000 + b"eq\x01"
        b"(" + b"h\x00h\x01\x85R" * 1_000_000 + b"l"
    ),
    "one text encoded again and again": entry(
        b"c_codecs\nencode\nq\x00" + text("x" * 1_000_000) + b"q\x01" + text("latin1") + b"q\x02"
        b"(" + b"h\x00h\x01h\x02\x86R" * 100_000 + b"l"
    ),
    "one class named again and again": entry(b"](" + NAME * 600_000 + b"e"),
    "a tensor of 4 GB that is not in the file": entry(
        b"ctorch\nFloatTensor\n" + b"J\x00\x00\x00\x40\x85R"
    ),
    "a tensor of any class that is not in the file": entry(
        b"ctorch\nTensor\n" + b"M\xe8\x03\x85\x81"
    ),
    "a storage that is not in the file": entry(
        b"ctorch.storage\nUntypedStorage\n" + b"M\xe8\x03\x85R"
    ),
    "the end missing": entry(doubled(3))[:-3],
    "what is not there": b"\x80\x02h\x07.",
    "nothing on the stack": b"\x80\x02u.",
}


def tensor(count: int, offset: int, size: int, stride: int) -> bytes:
    """A tensor that is said to lie so in a storage of so many elements."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu")
    storage += pickle.dumps(count, 2)[2:-1]
    place = b"".join(pickle.dumps(number, 2)[2:-1] for number in (offset,))
    shape = b"".join(
        pickle.dumps((number,), 2)[2:-1].replace(b"q\x00", b"") for number in (size, stride)
    )
    empty = b"ccollections\nOrderedDict\n)R"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"%stQ"
        + place
        + shape
        + b"\x89"
        + empty
        + b"tR"
    )


TENSORS = {
    "a storage of 16 GB": (2**32, 0, 4, 1),
    "more elements than its storage has": (4, 0, 2**30, 1),
    "strides past its storage": (4, 0, 3, 2**28),
    "an offset past its storage": (4, 2**30, 1, 1),
    "an offset before its storage": (4, -1, 1, 1),
}


def archive_of(pickled: bytes, **options) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", **options) as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("a/version", "3\n")
        archive.writestr("a/byteorder", sys.byteorder)
    return target.getvalue()


def old_file_of(pickled: bytes) -> bytes:
    return MAGIC + pickled + pickle.dumps([], 2)


def old_tensor(*place: int) -> bytes:
    """In the old format, with the four numbers that the storage has."""
    keys = b"\x80\x02]" + text("0") + b"a."
    return MAGIC + entry(tensor(*place) % b"N") + keys + struct.pack("<q4f", 4, *range(4))


def packed_tensor(*place: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", entry(tensor(*place) % b""))
        archive.writestr("a/version", "3\n")
        archive.writestr("a/data/0", struct.pack("<4f", *range(4)))
    return target.getvalue()


def many_records() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/data.pkl", entry(b"K\x01"))
        for number in range(limits.MAX_RECORDS):
            info = zipfile.ZipInfo(f"a/{number}")
            info.header_offset = info.CRC = 0
            archive.filelist.append(info)
        archive._didModify = True
    return target.getvalue()


def one_name_twice() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/data.pkl", entry(b"K\x01"))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a/data.pkl", PICKLES["a key that doubles 40 times"])
    return target.getvalue()


def records_over_each_other() -> bytes:
    """Many records that are the same bytes of the file, as in a bomb without recursion."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/data.pkl", entry(b"K\x01") + bytes(1_000_000))
        first = archive.filelist[0]
        for number in range(2000):
            info = zipfile.ZipInfo(f"a/data/{number}")
            for name in ("header_offset", "file_size", "compress_size", "CRC"):
                setattr(info, name, getattr(first, name))
            archive.filelist.append(info)
        archive._didModify = True
    return target.getvalue()


def safetensors(header: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header


TENSOR = b'{"w":{"dtype":"F32","shape":[%s],"data_offsets":[%s]}}'
FILES = {
    **{f"zip: {name}": archive_of(code) for name, code in PICKLES.items()},
    **{f"old: {name}": old_file_of(code) for name, code in PICKLES.items()},
    **{f"zip, packed: {name}": packed_tensor(*place) for name, place in TENSORS.items()},
    **{f"old: {name}": old_tensor(*place) for name, place in TENSORS.items()},
    "zip: a table that unpacks to 300 MB": archive_of(
        entry(text("x" * 300_000_000)), compression=zipfile.ZIP_DEFLATED
    ),
    "zip: 250,000 records": many_records(),
    "zip: one name twice": one_name_twice(),
    "zip: records over each other": records_over_each_other(),
    "zip: only its first bytes": b"PK\x03\x04" + bytes(100),
    "safetensors: a header past the end": safetensors(b"{}", 2**40),
    "safetensors: a header of 2 ** 63": safetensors(b"{}", 2**63),
    "safetensors: deep": safetensors(b'{"a":' + b"[" * 100_000),
    "safetensors: past the end": safetensors(TENSOR % (b"1000000000", b"0,4000000000")),
    "safetensors: sizes that overflow": safetensors(TENSOR % (b"4294967296,4294967296", b"0,0")),
    "safetensors: backwards": safetensors(TENSOR % (b"1", b"4,0") + bytes(4)),
    "safetensors: NaN for a size": safetensors(TENSOR % (b"NaN", b"0,4") + bytes(4)),
    "tar": b"a".ljust(257, b"\0") + b"ustar\x0000" + bytes(248),
}
# They do no harm while nothing walks through what they would unfold to, and no reader does; records
# that are never read cost nothing, either.
READABLE = {
    "a list that doubles 40 times",
    "a list that holds itself",
    "a million lists, one in another",
    "records over each other",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    paths = {}
    for number, (name, content) in enumerate(FILES.items()):
        paths[name] = folder / f"{number}.pth"
        paths[name].write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, paths.values())],
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    end = f"ended the process: {done.returncode} {done.stderr[-300:]}"
    return {name: lines.get(str(path)) or end for name, path in paths.items()}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_in_words(outcomes, name):
    """Or read, where what it holds does no harm. Never a crash, a hang, or a gigabyte."""
    allowed = ("refused", "read") if name.split(": ")[-1] in READABLE else ("refused",)
    assert outcomes[name].startswith(allowed), json.dumps(outcomes[name])


def test_what_was_refused_once_is_refused_again(tmp_path):
    """Only what passed is not checked again."""
    good, bad = tmp_path / "good.pth", tmp_path / "bad.pth"
    torch.save({"a": torch.ones(2)}, good)
    bad.write_bytes(archive_of(PICKLES["a tuple that doubles 40 times"]))
    for _ in range(2):
        assert map_tensors(good)["a"].tolist() == [1, 1]
        assert map_tensors(bad) is None
        with pytest.raises(WeightsError):
            read_state_dict(bad)


@pytest.mark.parametrize("make", [old_tensor, packed_tensor])
def test_a_tensor_that_lies_within_its_storage_is_read(make, tmp_path):
    path = tmp_path / "w.pth"
    path.write_bytes(make(4, 1, 3, 1))
    assert read_state_dict(path)["a"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "content",
    [
        b"](]q\x00" + b"".join(b"](h%ch%ceq%c" % (n, n, n + 1) for n in range(60)) + b"e",
        b"]q\x00h\x00a",
    ],
    ids=["doubles 60 times", "holds itself"],
)
def test_converting_an_old_file_walks_through_what_is_shared_once(content, tmp_path):
    store = Store(tmp_path)
    path = put(store, old_file_of(entry(content)))
    assert mappable(path, store) != path  # a copy was made, and compared


def test_converting_an_old_file_does_not_spread_what_is_expanded(tmp_path):
    """An expanded tensor of four bytes, with more elements than there is memory."""
    store = Store(tmp_path)
    path = put(store, old_tensor(4, 0, 2**50, 0))
    assert read_state_dict(mappable(path, store))["a"].shape == (2**50,)


def put(store, content):
    path = store.blob_path(hashlib.sha256(content).hexdigest())
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_large_honest_checkpoints_are_within_the_limits(tmp_path):
    """5,000 tensors, names and all; and their table stays under a twentieth of what is allowed."""
    path = tmp_path / "w.pth"
    torch.save({f"layers.{n}.attention.weight": torch.ones(2, 3) for n in range(5000)}, path)
    with zipfile.ZipFile(path) as archive:
        table = archive.read("w/data.pkl")
        assert len(archive.namelist()) * 20 < limits.MAX_RECORDS
    assert check_pickle(table) == len(table) < limits.MAX_PICKLE / 20


@pytest.mark.parametrize("name", [NAME, text("collections") + text("OrderedDict") + b"\x93"])
def test_names_are_counted_however_they_are_written(name):
    """By the protocols that torch.save can be told to use, and whichever name it is."""
    code = entry(b"](" + name * limits.MAX_NAMES + b"e")
    assert check_pickle(code) == len(code)
    with pytest.raises(HostilePickleError, match="names classes and functions"):
        check_pickle(entry(b"](" + name * (limits.MAX_NAMES + 1) + b"e"))


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_shared_values_and_nested_ones_are_honest(protocol):
    shared = ("a", 1, (2, 3))
    value = {"x": [shared] * 100, "y": {"z": (shared, shared), "t": [[[[1.5]]]]}, "n": -3}
    code = pickle.dumps(value, protocol)
    assert check_pickle(code) == len(code)


def test_a_usual_tensor_is_checked_as_if_step_by_step(tmp_path):
    """The short cut for tensors does not hide that a place of the memo is filled anew."""
    torch.save({"a": torch.ones(2, 3), "b": torch.ones(2, 3)}, tmp_path / "w.pth")
    with zipfile.ZipFile(tmp_path / "w.pth") as archive:
        table = archive.read("w/data.pkl")
    second = table.index(text("b"))
    put = table.index(b"q", second + 6)
    forged = table[: put + 1] + b"\x01" + table[put + 2 :]
    with pytest.raises(HostilePickleError):
        check_pickle(forged)


def test_changed_at_random_no_file_ends_in_more_than_an_error():
    """A short run of the script that changes checkpoints."""
    script = ROOT / "scripts" / "fuzz_checkpoints.py"
    done = subprocess.run(
        [sys.executable, script, "--count", "200", "--seed", "7"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
