"""Jobs before any cluster is asked: how inputs are cut, and what a folder holds."""

import pickle

import pytest

from hubcore.cli import main
from hubcore.errors import UnknownNameError
from hubcore.prediction import Failure, InputError
from hubcore.prediction.executors import Job
from hubcore.prediction.inputs import ImageInput

pytest.importorskip("pyarrow")


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HUBCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")


def images(number):
    return [ImageInput(f"{i}.jpg", None) for i in range(number)]


@pytest.mark.parametrize("number", [1, 16, 63, 64, 65, 100, 1000])
@pytest.mark.parametrize("batch", [None, 1, 3, 50])
def test_pieces_are_cut_between_batches_and_hold_every_input_once(number, batch):
    from hub_ray.pieces import cut

    items = images(number)
    pieces = list(cut(items, batch))
    assert [item for piece in pieces for item in piece.items] == items
    assert all(len(piece.items) % (batch or 16) == 0 for piece in pieces[:-1])


def test_there_are_some_thousand_pieces_at_most():
    from hub_ray.pieces import cut

    sizes = [len(piece.items) for piece in cut(range(1_000_000), None)]
    assert (len(sizes), set(sizes[:-1]), sizes[-1]) == (3906, {256}, 320)


def test_a_failure_travels():
    failure = Failure("a.jpg", InputError("a.jpg", "is none"))
    found = pickle.loads(pickle.dumps(failure))
    assert (found.source, found.error.reason) == ("a.jpg", "is none")
    assert str(found.error) == "a.jpg: is none"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["photos", "--executor", "warp", "--output", "out"], "Unknown executor 'warp'"),
        (["photos", "--executor", "ray"], "name the folder for them with --output"),
        (["photos", "--processes", "2"], "--processes is for runs elsewhere"),
        (["photos", "--format", "jsonl"], "--format is for runs elsewhere"),
        (["photos", "--executor", "ray", "--output", "out", "--verbose"], "--verbose does not go"),
        (["missing", "--executor", "ray", "--output", "out"], "missing: no such file"),
        (["photos", "--executor", "ray", "--output", "file"], "file is a file"),
        (["photos", "--executor", "ray", "--output", "file/out"], "file/out is no folder"),
        (["photos", "--executor", "ray", "--output", "photos"], "holds other files"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(given, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"")
    (tmp_path / "file").write_bytes(b"")
    assert main(["predict", "mobilenet_v2", *given]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_executor_says_what_to_install():
    from hubcore.prediction.executors import check_executor

    with pytest.raises(UnknownNameError, match="Executors: "):
        check_executor("warp")


def test_the_folder_of_a_job_holds_no_secret(tmp_path, monkeypatch):
    """Of its inputs' addresses, nor do the names that the rows will have."""
    pytest.importorskip("aiohttp")  # of fsspec, for https
    monkeypatch.delenv("HUBCORE_OFFLINE")  # such an address is not opened, but could be
    from hub_ray.jobs import planned
    from hub_ray.plan import JOB, Folder

    address = "https://bob:s3cretPW@photos.invalid/a.jpg?token=T0KEN"
    job = Job("mobilenet_v2", (address,), tmp_path / "out")
    plan, _ = planned(job, embeds=False)
    with Folder(job.output, plan).opened() as folder:
        written = (folder.path / JOB).read_text()
    assert list(plan.pieces[0].names()) == ["https://photos.invalid/a.jpg?..."]
    assert not [one for one in ("bob", "s3cretPW", "T0KEN") if one in written]


def test_two_jobs_in_one_folder_are_refused(tmp_path):
    from hub_ray.errors import RayError
    from hub_ray.jobs import planned
    from hub_ray.plan import Folder

    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"")
    job = Job("mobilenet_v2", (str(photo),), tmp_path / "out")
    plan, _ = planned(job, embeds=False)
    with (
        Folder(job.output, plan).opened(),
        pytest.raises(RayError, match="Another process is at the job"),
        Folder(job.output, plan).opened(),
    ):
        pass
