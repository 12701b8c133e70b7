"""Inputs of jobs: addresses, Parquet files and tar files of images. No cluster is needed."""

import io
import pickle
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from photos import CHELSEA, COFFEE

from hubcore.errors import OfflineError
from hubcore.prediction import Failure, InputError
from hubcore.prediction.inputs import ImageInput

pytest.importorskip("fsspec")

from hub_ray.errors import RayError  # as below: they need what may be absent
from hub_ray.pieces import Files, pieces_of
from hub_ray.shards import RowGroup, TarFile

TASK = "image-classification"
PHOTOS = [CHELSEA.read_bytes(), COFFEE.read_bytes()]


def pieces(*inputs, **more):
    """The pieces, as they arrive at a process."""
    return pickle.loads(pickle.dumps(pieces_of(inputs, TASK, None, **more)))


def opened(piece):
    """The names of a piece's inputs, with their sizes or errors."""
    return [
        (one.source, one.error.reason) if isinstance(one, Failure) else (one.name, one.open().size)
        for one in piece.inputs()
    ]


def tar_of(path, **files):
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_a_tar_file_is_a_piece(tmp_path):
    path = tar_of(
        tmp_path / "a.tar", one__png=PHOTOS[0], one__cls=b"3", two__png=PHOTOS[1], no__png=b"no"
    )
    [piece] = pieces(str(path))
    assert isinstance(piece, TarFile)
    [first, second] = list(piece.inputs())[:2]
    assert (first.name, first.open().size) == (f"{path}#one.png", (451, 300))
    assert (second.name, second.open().size) == (f"{path}#two.png", (600, 400))


def test_a_tar_file_that_breaks_off_is_told_after_what_is_there(tmp_path):
    path = tar_of(tmp_path / "a.tar", one__png=PHOTOS[0], two__png=PHOTOS[1])
    path.write_bytes(path.read_bytes()[: len(PHOTOS[0]) + 4000])
    [piece] = pieces(str(path))
    found = piece.inputs()
    assert next(found).name == f"{path}#one.png"
    with pytest.raises(InputError, match=r"a\.tar: is no whole tar file"):
        list(found)


@pytest.mark.parametrize("kind", ["bytes", "struct"])
def test_row_groups_are_pieces(tmp_path, kind):
    path = tmp_path / "a.parquet"
    values = [*PHOTOS, None, PHOTOS[0], b"no image"]
    if kind == "struct":  # as Hugging Face's
        values = [one and {"bytes": one, "path": None} for one in values]
    table = pa.table({"id": range(5), "image": values})
    pq.write_table(table, path, row_group_size=2)
    found = pieces(str(tmp_path))  # a folder of shards
    assert [type(piece) for piece in found] == [RowGroup] * 3
    assert opened(found[0]) == [(f"{path}#0", (451, 300)), (f"{path}#1", (600, 400))]
    assert opened(found[1]) == [
        (f"{path}#2", "is empty: the row has no image"),
        (f"{path}#3", (451, 300)),
    ]
    [last] = found[2].inputs()
    assert last.name == f"{path}#4"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (None, "several columns may hold images: 'a', 'b'. Name one as column"),
        ("c", "the column 'c' holds int64; encoded images are in 'a', 'b'"),
        ("d", "the column 'd' is not there"),
    ],
)
def test_the_column_of_images_must_be_clear(tmp_path, column, message):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [b"1"], "b": [b"2"], "c": [3]}), path)
    with pytest.raises(RayError, match=message):
        pieces(str(path), column=column)
    assert len(pieces(str(path), column="b")) == 1


def test_files_and_shards_stay_in_order(tmp_path):
    tar = tar_of(tmp_path / "b.tar", one__png=PHOTOS[0])
    broken = tmp_path / "c.parquet"
    broken.write_bytes(b"no Parquet")
    found = pieces(str(CHELSEA), str(tar), str(broken), str(COFFEE), str(tmp_path / "missing.jpg"))
    assert [type(piece) for piece in found] == [Files, TarFile, Files]
    assert [name for piece in found for name in piece.names()] == [
        str(CHELSEA),
        str(tar),
        str(broken),
        str(COFFEE),
        str(tmp_path / "missing.jpg"),
    ]
    (name, reason), (_, size), (_, missing) = opened(found[2])
    assert (name, size) == (str(broken), (600, 400))
    assert reason.startswith("cannot be read as Parquet")
    assert missing.lower().startswith("no such file")


def test_addresses_are_listed_here_and_read_there(tmp_path):
    for name in ("a10.png", "a9.png", ".hidden.png", "notes.txt"):
        (tmp_path / name).write_bytes(PHOTOS[0])
    start = f"file://{tmp_path}"
    for address in (start, f"{start}/", f"{start}/a*.png"):
        [piece] = pieces(address)
        assert opened(piece) == [(f"{start}/{name}", (451, 300)) for name in ("a9.png", "a10.png")]
    [one] = pieces(f"{start}/missing.png")
    [item] = one.inputs()
    with pytest.raises(InputError, match="FileNotFoundError"):
        item.open()


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("file:///nowhere/*.jpg", InputError, "nothing matches this pattern"),
        ("file:///nowhere/at/all", InputError, "no such file or folder"),
        ("warp://a/b", RayError, "warp"),
        ("file://{tmp}", InputError, "no images in this folder"),
    ],
)
def test_addresses_that_cannot_be_used_are_told(tmp_path, address, error, message):
    with pytest.raises(error, match=message):
        pieces(address.format(tmp=tmp_path))


SECRET = "://bob:s3cretPW@127.0.0.1:9/photos/{}?token=T0KEN"


@pytest.mark.parametrize("name", ["", "*.jpg", "a.jpg", "a.tar", "a.parquet"])
def test_offline_no_address_is_opened(name, monkeypatch):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    for scheme in ("s3", "https"):
        address = scheme + SECRET.format(name)
        with pytest.raises(OfflineError, match=r"is set: \w+://127\.0\.0\.1:9/photos/") as caught:
            pieces(address)
        assert "s3cretPW" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "*.jpg", "a.jpg", "a.tar", "a.parquet"])
def test_what_fails_tells_no_secret(name, monkeypatch):
    """Whatever the file system's own error says."""

    def broken(address):
        raise OSError(f"cannot reach {address} as bob:s3cretPW with T0KEN")

    monkeypatch.setattr("hub_ray.addresses.url_to_fs", broken)
    monkeypatch.setattr("hub_ray.addresses.time.sleep", lambda _: None)
    told = []
    try:
        for piece in pieces("https" + SECRET.format(name)):
            for one in piece.inputs():
                told.append(one.source if isinstance(one, Failure) else one.name)
                one.open() if isinstance(one, ImageInput) else told.append(str(one.error))
    except (InputError, RayError) as error:
        told.append(str(error))
    assert "cannot" in told[-1]
    assert not [text for text in told for secret in ("s3cretPW", "T0KEN") if secret in text]


@pytest.mark.sweep  # a server takes seconds to start
def test_buckets_are_listed_and_read(monkeypatch):
    """A real S3 server on loopback; nothing but pyarrow is needed for it."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    try:
        client = boto3.client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket="acme")
        for name in ("p/a10.png", "p/a9.png", "p/notes.txt", "p/sub/x.png"):
            client.put_object(Bucket="acme", Key=name, Body=PHOTOS[0])
        near = [(f"s3://acme/p/{name}", (451, 300)) for name in ("a9.png", "a10.png")]
        for address in ("s3://acme/p", "s3://acme/p/", "s3://acme/p/*.png"):
            [piece] = pieces(address)
            assert opened(piece) == near
        [piece] = pieces("s3://acme/p/**/*.png")
        assert opened(piece) == [*near, ("s3://acme/p/sub/x.png", (451, 300))]
        for address in ("s3://acme/none", "s3://nobucket/p"):
            with pytest.raises(InputError, match="no such file or folder"):
                pieces(address)
    finally:
        server.stop()


def test_what_is_in_memory_is_no_input():
    with pytest.raises(RayError, match="inputs are paths, not a bytes"):
        pieces(PHOTOS[0])
