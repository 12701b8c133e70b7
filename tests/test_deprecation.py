"""The legacy calling convention works, warns at the caller's line, and says what to write."""

import contextlib
import warnings

import pytest

import hubcore
from hubcore import Weights, WeightsEnum, handle_legacy_interface, kwonly_to_pos_or_kw


class Toy_Weights(WeightsEnum):
    V1 = Weights("https://example.org/toy-01234567.pth", dict, {})
    V2 = Weights("https://example.org/toy-89abcdef.pth", dict, {})
    DEFAULT = V2


@handle_legacy_interface(weights=("pretrained", Toy_Weights.V1))
def toy(*, weights=None, progress=True, **config):
    return weights, progress, config


def caught(function, *args, **kwargs):
    """The result and the warnings' texts; every warning must point at this file."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        result = function(*args, **kwargs)
    assert {warning.filename for warning in record} <= {__file__}
    return result, [str(warning.message) for warning in record]


@pytest.mark.parametrize("weights", [None, Toy_Weights.V2, "V2", "Toy_Weights.DEFAULT"])
def test_the_new_interface_passes_silently(weights):
    result, messages = caught(toy, weights=weights, progress=False, classes=3)
    assert result == (weights, False, {"classes": 3})
    assert messages == []


def test_pretrained_true_means_what_it_meant_and_says_what_to_write():
    (weights, _, config), messages = caught(toy, pretrained=True)
    assert weights is Toy_Weights.V1
    assert config == {}
    assert len(messages) == 2
    assert "'pretrained' is deprecated" in messages[0]
    assert "use 'weights' instead" in messages[0]
    assert "weights=Toy_Weights.V1" in messages[1]
    assert "weights=Toy_Weights.DEFAULT" in messages[1]


def test_pretrained_false_is_none():
    (weights, _, _), messages = caught(toy, pretrained=False)
    assert weights is None
    assert "weights=None" in messages[1]


@pytest.mark.parametrize(("value", "expected"), [(True, Toy_Weights.V1), (False, None)])
def test_booleans_by_position_or_under_the_new_name(value, expected):
    (weights, progress, _), messages = caught(toy, value, False)
    assert (weights, progress) == (expected, False)
    assert "Using 'weights' and 'progress' as positional parameter(s)" in messages[0]
    (weights, _, _), messages = caught(toy, weights=value)
    assert weights is expected
    assert len(messages) == 1


def test_none_by_position_warns_of_the_position_only():
    (weights, _, _), messages = caught(toy, None)
    assert weights is None
    assert len(messages) == 1
    assert "positional" in messages[0]


def test_the_default_may_depend_on_the_other_arguments():
    @handle_legacy_interface(
        weights=("pretrained", lambda kwargs: Toy_Weights.V2 if kwargs.get("big") else None)
    )
    def builder(*, weights=None, big=False):
        return weights

    assert caught(builder, pretrained=True, big=True)[0] is Toy_Weights.V2
    with pytest.raises(ValueError, match="No weights available for model builder"):
        caught(builder, pretrained=True)


def test_too_many_and_doubled_arguments_are_type_errors():
    @kwonly_to_pos_or_kw
    def function(a, *, b=None):
        return a, b

    assert caught(function, 1, 2)[0] == (1, 2)
    with pytest.raises(TypeError, match="at most 2 positional"):
        function(1, 2, 3)
    with pytest.raises(TypeError, match="multiple values for argument 'b'"):
        caught(function, 1, 2, b=2)
    with pytest.raises(TypeError, match="Found no keyword-only parameter"):
        kwonly_to_pos_or_kw(len)


def test_the_hubs_builders_warn_at_the_users_line():
    from hub_classification import resnet18

    for call in (
        lambda: resnet18(pretrained=False),
        lambda: resnet18(False),
        lambda: hubcore.get_model("resnet18", pretrained=False),
    ):
        _, messages = caught(call)
        assert messages


def test_torchvision_warns_of_the_same_things():
    """As many warnings for each call, so that nobody's filters or counts change."""
    import torchvision

    from hub_classification import squeezenet1_1

    for args, kwargs in (
        ((False,), {}),
        ((None,), {}),
        ((False, True), {}),
        ((), {"pretrained": False}),
        ((), {"weights": False}),
        ((), {"weights": None}),
    ):
        with warnings.catch_warnings(record=True) as record:
            warnings.simplefilter("always")
            torchvision.models.squeezenet1_1(*args, **kwargs)
        assert len(caught(squeezenet1_1, *args, **kwargs)[1]) == len(record), (args, kwargs)


# -- The same words as torchvision's


def warned(action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return [(w.category, str(w.message)) for w in caught]


OLD_CALLS = [
    (lambda models: models.resnet18(pretrained=False)),
    (lambda models: models.resnet18(False)),
    (lambda models: models.resnet18(False, False)),
    (lambda models: models.resnet18(None, True)),
    (lambda models: models.segmentation.fcn_resnet50(pretrained=False, pretrained_backbone=False)),
    (lambda models: models.segmentation.fcn_resnet50(False, False, 21, None, None)),
    (lambda models: models.detection.ssd300_vgg16(False, pretrained_backbone=False)),
    (lambda models: models.quantization.resnet18(False, True, False)),
]


@pytest.mark.parametrize("call", OLD_CALLS)
def test_old_calls_warn_in_torchvisions_words(call):
    """So filters that were written for torchvision match."""
    import torchvision

    from hubcore import models

    assert warned(lambda: call(models)) == warned(lambda: call(torchvision.models)) != []


def test_pretrained_weights_warn_in_torchvisions_words(monkeypatch):
    """Without loading them: only what is said before."""
    import torchvision

    from hubcore import models

    class StopError(Exception):
        pass

    def stop(*args, **kwargs):
        raise StopError

    monkeypatch.setattr(hubcore.WeightsEnum, "get_state_dict", stop)
    monkeypatch.setattr(torchvision.models.WeightsEnum, "get_state_dict", stop)
    for name in ("resnet50", "mobilenet_v3_large"):

        def call(module, name=name, **arguments):
            with contextlib.suppress(StopError):
                getattr(module, name)(**arguments)

        for arguments in ({"pretrained": True}, {"weights": True}):
            ours = warned(lambda a=arguments, c=call: c(models, **a))
            theirs = warned(lambda a=arguments, c=call: c(torchvision.models, **a))
            assert ours == theirs != []


# -- Spellings of the first article


def test_a_member_under_another_spelling_is_found_with_a_warning():
    enum = hubcore.get_model_weights("resnet50")
    for name, member in (("ImageNet1K_V1", "IMAGENET1K_V1"), ("default", "DEFAULT")):
        with pytest.warns(FutureWarning, match=rf"use ResNet50_Weights\.{member} instead"):
            assert getattr(enum, name) is enum[member]
        assert name not in enum.__members__
        assert name not in dir(enum)
    assert [member.name for member in enum] == ["IMAGENET1K_V1", "IMAGENET1K_V2"]


def test_an_attribute_that_no_member_has_is_an_error():
    enum = hubcore.get_model_weights("resnet50")
    with pytest.raises(AttributeError, match="'ResNet50_Weights' has no member or attribute 'V9'"):
        enum.V9  # noqa: B018  # the look-up is the test
    assert not hasattr(enum, "__wrapped__")
