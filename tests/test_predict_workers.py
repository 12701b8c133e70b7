"""Workers: inputs are decoded, and batches predicted, in several threads at once."""

import os
import platform
import signal
import subprocess
import sys
import threading

import pytest
import torch
import torchvision
from photos import imagenet_photos, import_mobilenet
from torch import nn

import hubcore
from hubcore.catalogs.names import find_model
from hubcore.prediction import Failure, Predictor
from hubcore.prediction.pipeline import ordered_map

WEIGHTS = "MobileNet_V2_Weights.IMAGENET1K_V1"

# One model of each kind of architecture; the sweep takes all that images go through in batches.
REPRESENTATIVE = (
    "densenet121",
    "googlenet",
    "lraspp_mobilenet_v3_large",
    "maxvit_t",
    "mnasnet0_5",
    "quantized_mobilenet_v2",
    "regnet_y_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "squeezenet1_0",
    "swin_v2_t",
    "vit_b_32",
)
BATCHED = ("image-classification", "semantic-segmentation")


class Recording(nn.Module):
    """Another author's model, that keeps what it was called with, and where."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.calls = []

    def forward(self, images):
        with self.lock:
            call = (threading.current_thread(), torch.get_num_threads(), images)
            self.calls.append(call)
        return images.mean((2, 3)).repeat(1, 400)[:, :1000]


class TorchvisionsRecording(Recording):
    """The same, taken for one of torchvision's."""

    __module__ = "torchvision.models"


def photo_paths():
    return [path for path, _ in imagenet_photos()]


# -- Results


def test_workers_change_no_result_and_no_order(two_threads):
    import_mobilenet()
    photos = photo_paths()
    expected = Predictor("mobilenet_v2", weights=WEIGHTS, batch_size=1, workers=0)(photos)
    for options in ({}, {"batch_size": 3}, {"optimize": True}):
        found = Predictor("mobilenet_v2", weights=WEIGHTS, **{"workers": 2, **options})(photos)
        assert [result.source.name for result in found] == [str(path) for path in photos]
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.classes[0].label == theirs.classes[0].label
            assert ours.classes[0].probability == pytest.approx(
                theirs.classes[0].probability, abs=1e-4
            )


@pytest.mark.parametrize("model", [Recording(), TorchvisionsRecording()])
def test_a_bad_input_costs_only_itself(two_threads, tmp_path, model):
    (tmp_path / "text.png").write_text("no image")
    photos = photo_paths()[:6]
    inputs = [*photos[:3], tmp_path / "text.png", *photos[3:], tmp_path / "missing.png"]
    results = Predictor(model, WEIGHTS, workers=2, batch_size=3)(inputs, on_error="return")
    assert [isinstance(result, Failure) for result in results] == [False] * 3 + [True] + [
        False
    ] * 3 + [True]


def test_the_largest_difference_is_that_of_all_workers(two_threads):
    import_mobilenet()
    settings = {"weights": WEIGHTS, "dtype": "bfloat16", "compare": True, "batch_size": 1}
    alone = Predictor("mobilenet_v2", workers=0, **settings)
    several = Predictor("mobilenet_v2", workers=2, **settings)
    for predictor in (alone, several):
        predictor(photo_paths()[:6])
    assert several.largest_difference == pytest.approx(alone.largest_difference, rel=0.1)


# -- Threads


def test_each_worker_predicts_with_its_share_of_the_threads(two_threads):
    model = TorchvisionsRecording()
    Predictor(model, WEIGHTS, workers=2, batch_size=2)(photo_paths()[:8])
    threads, shares, batches = zip(*model.calls, strict=True)
    assert threading.current_thread() not in threads
    assert set(shares) == {1}
    assert [len(batch) for batch in batches] == [2, 2, 2, 2]


def test_another_authors_model_is_called_by_one_thread(two_threads):
    """It may leave intermediate results in itself."""
    theirs = Recording()
    part_theirs = TorchvisionsRecording()
    part_theirs.head = Recording()
    hooked = TorchvisionsRecording()
    hooked.register_forward_hook(lambda *_: None)
    for model in (theirs, part_theirs, hooked):
        Predictor(model, WEIGHTS, workers=2, batch_size=2)(photo_paths()[:8])
        assert {thread for thread, _, _ in model.calls} == {threading.current_thread()}


def test_few_photos_are_shared_out_evenly(two_threads):
    model = TorchvisionsRecording()
    Predictor(model, WEIGHTS, workers=2, batch_size=16)(photo_paths()[:6])
    assert [len(batch) for _, _, batch in model.calls] == [3, 3]


def test_one_photo_has_all_threads_for_itself(two_threads):
    model = TorchvisionsRecording()
    Predictor(model, WEIGHTS)(photo_paths()[0])
    [(thread, threads, _)] = model.calls
    assert (thread, threads) == (threading.current_thread(), 2)


def test_where_torch_has_one_thread_the_model_stays_in_the_callers(one_thread):
    model = TorchvisionsRecording()
    Predictor(model, WEIGHTS, workers=2, batch_size=4)(photo_paths()[:8])
    assert {thread for thread, _, _ in model.calls} == {threading.current_thread()}
    assert [len(batch) for _, _, batch in model.calls] == [4, 4]


def test_no_workers_means_no_threads(two_threads):
    model = TorchvisionsRecording()
    Predictor(model, WEIGHTS, workers=0, batch_size=4)(photo_paths()[:8])
    assert {thread for thread, _, _ in model.calls} == {threading.current_thread()}


def test_torchs_threads_are_left_as_they_were(two_threads):
    """Here, and in threads that start later."""
    before = threading.active_count()
    found = []
    Predictor(TorchvisionsRecording(), WEIGHTS, workers=2)(photo_paths()[:4])
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert [torch.get_num_threads(), *found] == [2, 2]
    assert threading.active_count() == before


def test_a_stream_that_is_left_early_stops_its_workers(two_threads):
    before = threading.active_count()
    model = TorchvisionsRecording()
    stream = Predictor(model, WEIGHTS, workers=2, batch_size=1).stream(photo_paths())
    next(stream)
    stream.close()
    assert threading.active_count() == before
    assert len(model.calls) < 20


def test_items_are_taken_only_as_far_ahead_as_asked():
    taken = []

    def items():
        for number in range(20):
            taken.append(number)
            yield number

    results = ordered_map(str, items(), workers=2, ahead=4)
    assert [next(results), len(taken)] == ["0", 4]
    assert list(results) == [str(number) for number in range(1, 20)]


def test_a_thread_that_the_system_refuses_is_an_error_and_no_hang(monkeypatch):
    start = threading.Thread.start
    before = threading.active_count()

    def refused(thread):
        if threading.active_count() > before:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        list(ordered_map(str, range(9), workers=2, ahead=4))
    assert threading.active_count() == before


# -- Memory layout


def test_another_authors_model_gets_contiguous_images(two_threads):
    """It may use `view` where torchvision uses `flatten`."""
    model = Recording()
    Predictor(model, WEIGHTS, workers=2, batch_size=2)(photo_paths()[:4])
    assert all(images.is_contiguous() for _, _, images in model.calls)


def test_a_callers_module_keeps_its_layout(two_threads):
    model = torchvision.models.mobilenet_v2()
    Predictor(model, WEIGHTS, workers=2)(photo_paths()[:2])
    assert all(parameter.is_contiguous() for parameter in model.parameters())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in REPRESENTATIVE else [pytest.mark.sweep])
        for task in BATCHED
        for name in hubcore.list_models(task=task)
        if find_model(name).architecture.target.startswith("torchvision.")
    ],
)
def test_torchvisions_models_take_any_memory_layout(one_thread, name):
    torch.manual_seed(0)
    segments = find_model(name).task == "semantic-segmentation"
    alone = {"weights_backbone": None} if segments else {}
    quantized = {"quantize": True} if name.startswith("quantized_") else {}
    model = torchvision.models.get_model(name, weights=None, **alone, **quantized).eval()
    weights = torchvision.models.get_model_weights(name).DEFAULT
    side = 96 if segments else getattr(model, "image_size", weights.transforms().crop_size[0])
    images = torch.randn(2, 3, side, side)
    with torch.inference_mode():
        expected = model(images)
        model = model.to(memory_format=torch.channels_last)
        found = model(images.contiguous(memory_format=torch.channels_last))
    if segments:
        expected, found = expected["out"], found["out"]
    largest = float(expected.abs().max())
    assert torch.isfinite(expected).all()
    # Quantized values may fall on the other side of a rounding.
    torch.testing.assert_close(found, expected, rtol=0, atol=(0.1 if quantized else 1e-4) * largest)


# -- The allocator

FAULTS = """
import resource, sys, threading
import torch, torchvision
from hubcore.prediction.allocator import keep_freed_memory
kept = sys.argv[1] == "keep" and keep_freed_memory()
torch.set_num_threads(1)
model = torchvision.models.resnet50().eval()
images = torch.randn(4, 3, 224, 224)
found = []
def work():
    with torch.inference_mode():
        for number in range(8):  # the first few settle where blocks lie, which differs by address
            before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
            model(images)
            found.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)
worker = threading.Thread(target=work)
worker.start()
worker.join()
print(kept, *found)
"""


def faults(what, **env):
    result = subprocess.run(
        [sys.executable, "-c", FAULTS, what],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    kept, first, *later = result.stdout.split()
    return kept == "True", int(first), min(map(int, later))


@pytest.mark.sweep
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc's allocator")
def test_freed_memory_serves_the_next_batch():
    """Counted in pages that the system had to hand out for a batch."""
    kept, first, later = faults("keep")
    assert kept
    assert later < first / 50
    assert later < faults("leave")[2] / 10


@pytest.mark.sweep
def test_an_allocator_that_the_user_set_up_is_left_alone():
    for env in ({"MALLOC_ARENA_MAX": "2"}, {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}):
        assert faults("keep", **env)[0] is False


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="has no signals of threads")
def test_an_interrupt_that_another_thread_receives_is_noticed_while_waiting():
    """The system may deliver Ctrl-C to any thread; Python's handler runs in the main one."""
    noticed, seen = threading.Event(), []

    def handler(number, frame):
        noticed.set()
        raise KeyboardInterrupt

    def work(item):
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        seen.append(noticed.wait(20))

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(ordered_map(work, [1], workers=1, ahead=2))
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [True]
