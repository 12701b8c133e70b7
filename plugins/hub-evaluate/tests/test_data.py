"""Readers of data: each layout that people have becomes the same labelled samples."""

import gzip
import hashlib
import json
import pickle
import struct

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets

from hub_evaluate import DataError, UnknownClassesError, open_data

ANIMALS = ["cat", "dog", "polar bear"]


def picture(path, size=(8, 6), value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)
    return path


def _md5(path):
    """torchvision compares the published digests, so the test states those of its own files."""
    return hashlib.md5(path.read_bytes()).hexdigest()


def targets(data):
    return {sample.id: sample.target for sample in data.samples}


def classes(path, categories=ANIMALS, **options):
    return open_data(path, "image-classification", categories, **options)


class TestClasses:
    def test_folders_are_found_by_the_names_of_the_classes(self, tmp_path):
        """Case, spaces and underscores do not matter where the plain name is not there."""
        for name in ("dog/a.png", "cat/b.png", "Polar_Bear/c.png"):
            picture(tmp_path / name)
        data = classes(tmp_path)
        assert data.format == "folders by class"
        assert targets(data) == {"cat/b.png": 0, "dog/a.png": 1, "Polar_Bear/c.png": 2}

    def test_labels_rename_and_leave_out(self, tmp_path):
        for name in ("hound/a.png", "fish/b.png", "fish/c.png"):
            picture(tmp_path / "data" / name)
        (tmp_path / "labels.csv").write_text("class,category\nhound,dog\nfish,-\n")
        data = classes(tmp_path / "data", labels=tmp_path / "labels.csv")
        assert targets(data) == {"hound/a.png": 1}
        assert data.left_out == {"fish": 2}

    def test_classes_that_the_weights_lack_are_counted_and_listed(self, tmp_path):
        for name in ("dog/a.png", "fish/b.png", "fish/c.png", "crab/d.png"):
            picture(tmp_path / name)
        with pytest.raises(UnknownClassesError, match=r"2 classes.*3 samples") as error:
            classes(tmp_path)
        assert error.value.counts == {"crab": 1, "fish": 2}

    def test_a_name_of_two_categories_is_not_guessed(self, tmp_path):
        picture(tmp_path / "crane" / "a.png")
        with pytest.raises(DataError, match=r"several categories 'crane': \[0, 2\]"):
            classes(tmp_path, ["crane", "dog", "crane"])
        assert targets(classes(tmp_path, ["crane", "dog", "crane"], labels={"crane": "2"})) == {
            "crane/a.png": 2
        }

    @pytest.mark.parametrize("heading", ["", "file,class\n", "filename,label\n"])
    def test_a_csv_has_the_class_of_each_file(self, tmp_path, heading):
        for name in ("1.png", "2.png"):
            picture(tmp_path / name)
        (tmp_path / "any.csv").write_text(f"{heading}1.png,dog\n2,0\n")
        assert targets(classes(tmp_path)) == {"1.png": 1, "2.png": 0}

    def test_a_file_that_is_missing_stays_in_the_list(self, tmp_path):
        """It becomes a line in the report; were it dropped, the figure would rise."""
        picture(tmp_path / "1.png")
        (tmp_path / "any.csv").write_text("1.png,dog\n2.png,dog\n")
        assert targets(classes(tmp_path)) == {"1.png": 1, "2.png": 1}

    def test_imagenets_word_net_ids_are_known(self, tmp_path):
        import hubcore

        names = hubcore.get_weight("ResNet18_Weights.DEFAULT").meta["categories"]
        for name in ("n01440764/a.png", "n02123045/b.png", "n15075141/c.png"):
            picture(tmp_path / name)
        found = targets(classes(tmp_path, names))
        assert [names[index] for index in found.values()] == ["tench", "tabby", "toilet tissue"]

    def test_imagenets_kaggle_csv(self, tmp_path):
        import hubcore

        names = hubcore.get_weight("ResNet18_Weights.DEFAULT").meta["categories"]
        picture(tmp_path / "val" / "ILSVRC2012_val_00000001.JPEG")
        table = tmp_path / "LOC_val_solution.csv"
        table.write_text(
            "ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 111 108 441 193 \n"
        )
        data = classes(tmp_path / "val", names, labels=table)
        assert targets(data) == {"ILSVRC2012_val_00000001.JPEG": names.index("sea snake")}

    def test_imagenets_development_kit(self, tmp_path):
        """Its own numbers are not the models': they lead to WordNet ids through meta.mat."""
        scipy_io = pytest.importorskip("scipy.io")
        import hubcore

        names = hubcore.get_weight("ResNet18_Weights.DEFAULT").meta["categories"]
        kit = tmp_path / "ILSVRC2012_devkit_t12" / "data"
        kit.mkdir(parents=True)
        kinds = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("words", "O"), ("num_children", "O")]
        kinds = [*kinds[:3], ("gloss", "O"), kinds[3]]
        rows = np.array(
            [(1, "n02119789", "kit fox", "", 0), (2, "n02100735", "English setter", "", 0)], kinds
        )
        scipy_io.savemat(kit / "meta.mat", {"synsets": rows.reshape(-1, 1)})
        (kit / "ILSVRC2012_validation_ground_truth.txt").write_text("2\n1\n")
        for number in (1, 2):
            picture(tmp_path / "val" / f"ILSVRC2012_val_0000000{number}.JPEG")
        found = [names[index] for index in targets(classes(tmp_path, names)).values()]
        assert found == ["English setter", "kit fox"]

    @pytest.mark.parametrize("packed", [True, False])
    @pytest.mark.parametrize("folder", ["fashion-mnist", "FashionMNIST/raw"])
    def test_mnist_style_archives(self, tmp_path, packed, folder):
        pixels = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
        files = {
            "t10k-images-idx3-ubyte": struct.pack(">IIII", 2051, 3, 28, 28) + pixels.tobytes(),
            "t10k-labels-idx1-ubyte": struct.pack(">II", 2049, 3) + bytes([9, 0, 7]),
        }
        root = tmp_path / folder
        root.mkdir(parents=True)
        for name, content in files.items():
            name += ".gz" if packed else ""
            (root / name).write_bytes(gzip.compress(content) if packed else content)
        names = ["Sneaker", "T-shirt/top", "Ankle boot"]
        data = classes(tmp_path if "raw" in folder else root, names)
        assert data.format == "FashionMNIST"
        assert [sample.target for sample in data.samples] == [2, 1, 0]
        opened = data.samples[1].input.open()
        assert np.array_equal(np.asarray(opened)[..., 0], pixels[1])

    @pytest.mark.parametrize("kind", ["CIFAR10", "CIFAR100"])
    def test_cifar_archives(self, tmp_path, kind, monkeypatch):
        """As its authors pickle them: rows of 1,024 reds, greens and blues."""
        pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8)
        made = getattr(datasets, kind)
        hundred = kind == "CIFAR100"
        root = tmp_path / made.base_folder
        root.mkdir()
        names = ["cat", "dog", "polar bear"]
        batch = {
            "data": pixels.reshape(3, -1),
            "fine_labels" if hundred else "labels": [2, 0, 1],
        }
        contents = {
            "test" if hundred else "test_batch": batch,
            made.meta["filename"]: {made.meta["key"]: names},
        }
        for name, content in contents.items():
            (root / name).write_bytes(pickle.dumps(content))
        [test, meta] = contents
        monkeypatch.setattr(made, "train_list", [])
        monkeypatch.setattr(made, "test_list", [[test, _md5(root / test)]])
        monkeypatch.setattr(made, "meta", {**made.meta, "md5": _md5(root / meta)})
        data = classes(tmp_path)
        assert data.format == kind
        assert [sample.target for sample in data.samples] == [2, 0, 1]
        opened = np.asarray(data.samples[1].input.open())
        assert np.array_equal(opened, pixels[1].transpose(1, 2, 0))
        (root / test).write_bytes(b"other bytes")
        with pytest.raises(DataError, match=f"files of {kind} cannot be read"):
            classes(tmp_path)

    def test_svhn(self, tmp_path, monkeypatch):
        """A ten stands for the digit 0, and the images are the last dimension."""
        scipy_io = pytest.importorskip("scipy.io")
        pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 3), np.uint8)
        path = tmp_path / "test_32x32.mat"
        scipy_io.savemat(path, {"X": pixels, "y": np.array([[10], [7], [1]], np.uint8)})
        monkeypatch.setattr(datasets.SVHN, "split_list", {"test": ["", path.name, _md5(path)]})
        data = classes(tmp_path, ["0", "1", "7"])
        assert data.format == "SVHN"
        assert [sample.target for sample in data.samples] == [0, 2, 1]
        assert np.array_equal(np.asarray(data.samples[1].input.open()), pixels[..., 1])

    def test_stl10(self, tmp_path, monkeypatch):
        """Its images are written column by column, and its classes count from 1."""
        root = tmp_path / "stl10_binary"
        root.mkdir()
        pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 96, 96), np.uint8)
        (root / "test_X.bin").write_bytes(pixels.transpose(0, 1, 3, 2).tobytes())
        (root / "test_y.bin").write_bytes(bytes([3, 1]))
        (root / "class_names.txt").write_text("\n".join(ANIMALS))
        files = [[name, _md5(root / name)] for name in ("test_X.bin", "test_y.bin")]
        monkeypatch.setattr(datasets.STL10, "train_list", [])
        monkeypatch.setattr(datasets.STL10, "test_list", files)
        data = classes(tmp_path)
        assert data.format == "STL10"
        assert [sample.target for sample in data.samples] == [2, 0]
        opened = np.asarray(data.samples[0].input.open())
        assert np.array_equal(opened, pixels[0].transpose(1, 2, 0))

    def test_a_damaged_archive_is_told(self, tmp_path):
        (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"no")[:-3])
        (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"")
        with pytest.raises(DataError, match="files of MNIST cannot be read"):
            classes(tmp_path)

    @pytest.mark.parametrize("kind", ["nothing", "loose images", "a file", "missing", "bad csv"])
    def test_what_has_no_labels_is_told(self, tmp_path, kind):
        path = tmp_path / "data"
        if kind == "a file":
            path.write_text("")
        elif kind != "missing":
            path.mkdir()
        if kind == "loose images":
            picture(path / "1.png")
        if kind == "bad csv":
            (path / "labels.csv").write_text("1.png\n")
        with pytest.raises(DataError, match=r"data"):
            classes(path)


class TestOrder:
    def test_a_part_is_the_same_each_time_and_in_order(self, tmp_path):
        for number in range(30):
            picture(tmp_path / "dog" / f"{number}.png", (2, 2))
        data = classes(tmp_path)
        part = data.limited(10, seed=3)
        assert part.total == 30
        assert [one.id for one in part.samples] == [one.id for one in data.limited(10, 3).samples]
        places = [data.samples.index(one) for one in part.samples]
        assert places == sorted(places)
        assert places != list(range(10))

    def test_the_fingerprint_sees_names_contents_and_labels(self, tmp_path):
        picture(tmp_path / "dog" / "a.png")
        before = classes(tmp_path).fingerprint()
        assert classes(tmp_path).fingerprint() == before
        assert classes(tmp_path, labels={"dog": "cat"}).fingerprint() != before
        picture(tmp_path / "dog" / "a.png", value=101)
        assert classes(tmp_path).fingerprint() != before


def coco(root, **changes):
    content = {
        "images": [
            {"id": 7, "file_name": "b.png", "width": 8, "height": 6},
            {"id": 3, "file_name": "a.png", "width": 8, "height": 6},
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 17, "name": "cat"}],
        "annotations": [
            {
                "id": 0,
                "image_id": 7,
                "category_id": 18,
                "bbox": [1, 1, 4, 3],
                "area": 12,
                "iscrowd": 0,
                "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4]],
            }
        ],
        **changes,
    }
    path = root / "annotations" / "instances_val2017.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    for name in ("a.png", "b.png"):
        picture(root / "val2017" / name)
    return path


class TestObjects:
    @pytest.mark.parametrize("named", ["folder", "file"])
    def test_coco(self, tmp_path, named):
        """Images are ordered by id; those without objects count; classes are found by name."""
        path = coco(tmp_path)
        data = open_data(tmp_path if named == "folder" else path, "object-detection", ANIMALS)
        first, second = data.samples
        assert first.input.open().size == (8, 6)
        assert first.id.endswith("a.png")
        assert first.target == []
        [found] = second.target
        assert (found["category_id"], found["bbox"], found["id"]) == (1, [1, 1, 4, 3], 1)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"annotations": [{"image_id": 7}]}, r"annotations\[0\] has no 'category_id'"),
            ({"images": []}, r"is of the image 7"),
            ({"categories": {}}, "no list 'categories'"),
        ],
    )
    def test_a_wrong_json_is_told_with_its_place(self, tmp_path, changes, message):
        coco(tmp_path, **changes)
        with pytest.raises(DataError, match=message):
            open_data(tmp_path, "object-detection", ANIMALS)

    def test_several_files_are_not_guessed_among(self, tmp_path):
        for name in ("one.json", "two.json"):
            (tmp_path / name).write_text("{}")
        with pytest.raises(DataError, match=r"several JSON files \(one.json, two.json\)"):
            open_data(tmp_path, "object-detection", ANIMALS)

    def test_pascal_voc(self, tmp_path):
        """Its pixels count from 1, and difficult objects count neither way."""
        root = tmp_path / "VOCdevkit" / "VOC2007"
        picture(root / "JPEGImages" / "1.jpg")
        (root / "Annotations").mkdir()
        (root / "Annotations" / "1.xml").write_text(
            "<annotation>"
            "<object><name>dog</name><difficult>0</difficult><bndbox><xmin>1</xmin><ymin>2</ymin>"
            "<xmax>4</xmax><ymax>5</ymax></bndbox></object>"
            "<object><name>cat</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>1</ymin>"
            "<xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>"
        )
        (root / "ImageSets" / "Main").mkdir(parents=True)
        (root / "ImageSets" / "Main" / "val.txt").write_text("1\n")
        data = open_data(tmp_path, "object-detection", ANIMALS)
        assert data.format == "Pascal VOC"
        dog, cat = data.samples[0].target
        assert dog == {
            "id": 1,
            "category_id": 1,
            "bbox": [0, 1, 4, 4],
            "area": 16,
            "iscrowd": 0,
        }
        assert cat["iscrowd"] == 1
        with pytest.raises(DataError, match=r"no such split. There are: val"):
            open_data(tmp_path, "object-detection", ANIMALS, split="test")


class TestMasks:
    def test_pairs_of_images_and_masks(self, tmp_path):
        picture(tmp_path / "images" / "1.png", (2, 2))
        (tmp_path / "masks").mkdir()
        Image.fromarray(np.array([[0, 1], [2, 255]], np.uint8)).save(tmp_path / "masks" / "1.png")
        [sample] = open_data(tmp_path, "semantic-segmentation", ANIMALS).samples
        assert sample.target().tolist() == [[0, 1], [2, 255]]
        [sample] = open_data(
            tmp_path, "semantic-segmentation", ANIMALS, labels={"1": "cat", "2": "-"}
        ).samples
        assert sample.target().tolist() == [[0, 0], [255, 255]]

    def test_a_value_that_is_no_class_is_counted(self, tmp_path):
        picture(tmp_path / "images" / "1.png", (2, 2))
        (tmp_path / "masks").mkdir()
        Image.fromarray(np.array([[0, 9], [9, 255]], np.uint8)).save(tmp_path / "masks" / "1.png")
        [sample] = open_data(tmp_path, "semantic-segmentation", ANIMALS).samples
        with pytest.raises(UnknownClassesError, match=r"'9' \(2\)"):
            sample.target()

    def test_pascal_voc_reads_the_palette(self, tmp_path):
        picture(tmp_path / "JPEGImages" / "1.jpg", (2, 1))
        mask = Image.fromarray(np.array([[2, 255]], np.uint8), "P")
        mask.putpalette(bytes(range(256)) * 3)
        (tmp_path / "SegmentationClass").mkdir()
        mask.save(tmp_path / "SegmentationClass" / "1.png")
        [sample] = open_data(tmp_path, "semantic-segmentation", ANIMALS).samples
        assert sample.target().tolist() == [[2, 255]]

    def test_cocos_polygons_are_painted_as_by_torchvisions_reference(self, tmp_path):
        """Where objects overlap no class counts."""
        shapes = [(18, [1, 1, 5, 1, 5, 4, 1, 4]), (17, [3, 1, 8, 1, 8, 4, 3, 4])]
        annotations = [
            {"image_id": 3, "category_id": category, "bbox": [0, 0, 1, 1], "segmentation": [shape]}
            for category, shape in shapes
        ]
        coco(tmp_path, annotations=annotations)
        data = open_data(tmp_path, "semantic-segmentation", ["__background__", "dog", "cat"])
        mask = data.samples[0].target()
        assert mask[2].tolist() == [0, 1, 1, 255, 255, 2, 2, 2]
        assert not data.samples[1].target().any()


class TestFlow:
    FLOW = np.arange(2 * 2 * 3, dtype=np.float32).reshape(2, 2, 3)

    def flo(self, path, flow=FLOW):
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width = flow.shape[1:]
        heading = b"PIEH" + struct.pack("<ii", width, height)
        path.write_bytes(heading + flow.transpose(1, 2, 0).astype("<f4").tobytes())

    @pytest.mark.parametrize("split", ["clean", "final"])
    def test_sintel(self, tmp_path, split):
        root = tmp_path / "training"
        for kind in ("clean", "final"):
            for number in (1, 2, 3):
                picture(root / kind / "alley" / f"frame_000{number}.png", (3, 2))
        for number in (1, 2):
            self.flo(root / "flow" / "alley" / f"frame_000{number}.flo", self.FLOW + number)
        data = open_data(tmp_path, "optical-flow", (), split=split)
        assert [one.id for one in data.samples] == [
            f"training/{split}/alley/frame_000{number}.png" for number in (1, 2)
        ]
        flow, known = data.samples[1].target()
        assert np.array_equal(flow, self.FLOW + 2)
        assert known.all()

    def test_kitti(self, tmp_path):
        """16-bit colours: the movement from -512 to 512, and whether it is known."""
        root = tmp_path / "training"
        for name in ("000000_10.png", "000000_11.png"):
            picture(root / "image_2" / name, (2, 1))
        (root / "flow_occ").mkdir()
        write_png16(
            root / "flow_occ" / "000000_10.png",
            np.array([[[2**15 + 64, 2**15 - 128, 1], [0, 0, 0]]], np.uint16),
        )
        [sample] = open_data(tmp_path, "optical-flow", ()).samples
        flow, known = sample.target()
        assert flow[:, 0, 0].tolist() == [1, -2]
        assert known.tolist() == [[True, False]]

    def test_flying_chairs_has_a_list_of_splits(self, tmp_path):
        for number in ("00001", "00002"):
            for one in (1, 2):
                picture(tmp_path / "data" / f"{number}_img{one}.ppm", (3, 2))
            self.flo(tmp_path / "data" / f"{number}_flow.flo")
        (tmp_path / "FlyingChairs_train_val.txt").write_text("1\n2\n")
        data = open_data(tmp_path, "optical-flow", ())
        assert data.format == "FlyingChairs"
        assert [one.id for one in data.samples] == ["data/00002_img1.ppm"]

    @pytest.mark.parametrize("suffix", [".npy", ".pfm"])
    def test_other_files_of_flow(self, tmp_path, suffix):
        for one in (1, 2):
            picture(tmp_path / f"a_img{one}.png", (3, 2))
        path = tmp_path / f"a_flow{suffix}"
        if suffix == ".npy":
            np.save(path, self.FLOW)
        else:
            rows = np.concatenate([self.FLOW, np.zeros((1, 2, 3), np.float32)])
            path.write_bytes(b"PF\n3 2\n-1\n" + rows.transpose(1, 2, 0)[::-1].tobytes())
        [sample] = open_data(tmp_path, "optical-flow", ()).samples
        assert np.array_equal(sample.target()[0], self.FLOW)

    @pytest.mark.parametrize("content", [b"", b"PIEH", b"PIEH" + struct.pack("<ii", 3, 2), b"no"])
    def test_a_damaged_flow_is_told(self, tmp_path, content):
        for one in (1, 2):
            picture(tmp_path / f"a_img{one}.png", (3, 2))
        (tmp_path / "a_flow.flo").write_bytes(content)
        [sample] = open_data(tmp_path, "optical-flow", ()).samples
        with pytest.raises(DataError, match=r"a_flow.flo: the flow cannot be read"):
            sample.target()


class TestVideos:
    def test_folders_by_class(self, tmp_path):
        (tmp_path / "dog").mkdir()
        (tmp_path / "dog" / "a.mp4").touch()
        picture(tmp_path / "cat" / "b" / "1.png")
        data = open_data(tmp_path, "video-classification", ANIMALS)
        assert targets(data) == {"cat/b": 0, "dog/a.mp4": 1}

    def test_kinetics_csv(self, tmp_path):
        (tmp_path / "val").mkdir()
        (tmp_path / "val" / "abc_000003_000013.mp4").touch()
        table = tmp_path / "val.csv"
        table.write_text("label,youtube_id,time_start,time_end,split\npolar bear,abc,3,13,val\n")
        data = open_data(tmp_path / "val", "video-classification", ANIMALS, labels=table)
        assert targets(data) == {"abc_000003_000013.mp4": 2}


def write_png16(path, values):
    """A PNG of 16-bit colours, which Pillow cannot write."""
    import zlib

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_a_task_without_evaluation_is_told(tmp_path):
    with pytest.raises(DataError, match="no evaluation for the task 'depth-estimation'"):
        open_data(tmp_path, "depth-estimation", ())
