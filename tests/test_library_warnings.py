"""Commands hide warnings that are for programmers, and no others."""

import warnings

import pytest

from hubcore.cli.library_warnings import without_library_warnings


def shown(module, text="deprecated"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with without_library_warnings("onnx"):
            warnings.warn_explicit(text, UserWarning, "file.py", 1, module=module)
    return bool(caught)


@pytest.mark.parametrize(
    ("module", "hidden"),
    [
        ("torch", True),
        ("torch.storage", True),
        ("torchvision.io", True),
        ("onnx.helper", True),
        ("torchmetrics", False),
        ("onnxruntime", False),
        ("acme.torch", False),
    ],
)
def test_only_those_of_the_named_packages_are_hidden(module, hidden):
    assert shown(module) is not hidden


def test_that_of_large_images_is_hidden_wherever_it_is_raised():
    assert not shown("PIL.Image", "Image size (99 pixels) exceeds limit of 9 pixels")
    assert shown("PIL.Image")
