"""``HUBCORE_LAZY_DYNAMO=1``: the compiler's front end is imported when something compiles."""

import os
import subprocess
import sys

import pytest


def run(code, lazy="1"):
    """What a new process prints."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "HUBCORE_LAZY_DYNAMO": lazy},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


IMPORT = "import sys, hubcore, torchvision; print('torch._dynamo' in sys.modules)\n"


@pytest.mark.parametrize(("lazy", "imported"), [("1", "False"), ("0", "True")])
def test_it_is_deferred_on_request_only(lazy, imported):
    assert run(IMPORT, lazy) == [imported]


def test_models_run_and_compile_later():
    code = """
import torch
model = torchvision.models.resnet18().eval()
image = torch.rand(1, 3, 64, 64)
with torch.inference_mode():
    expected = model(image)
    print([name for name in sys.modules if name.startswith("torch._dynamo")])
    print(torch.equal(torch.compile(model, backend="eager")(image), expected))
"""
    assert run(IMPORT + code) == ["False", "[]", "True"]


def test_the_deferred_question_is_answered_by_the_real_function():
    code = """
import torch
torch.use_deterministic_algorithms(True)
boxes = [torch.tensor([[0.0, 0.0, 4.0, 4.0]])]
print(*torchvision.ops.roi_align(torch.rand(1, 3, 8, 8), boxes, 2).shape)
asked = sys.modules["torchvision.ops.roi_align"].is_compile_supported
import torch._dynamo.utils as real
print(all(asked(kind) == real.is_compile_supported(kind) for kind in ("cpu", "cuda", "mps")))
"""
    assert run(IMPORT + code) == ["False", "1", "3", "2", "2", "True"]


@pytest.mark.parametrize(
    "use",
    [
        "import torch._dynamo; torch._dynamo.reset()",
        "import torch._dynamo.utils; torch._dynamo.utils.counters.clear()",
        "import torch; p = torch.nn.Parameter(torch.ones(1)); torch.optim.SGD([p]).step()",
    ],
)
def test_who_needs_it_before_torchvision_gets_the_real_one(use):
    code = f"""
import sys, hubcore
{use}
import torchvision
from torch._dynamo import utils
print(utils is sys.modules["torch._dynamo.utils"], utils.__file__.endswith("utils.py"))
"""
    assert run(code) == ["True", "True"]


def test_whoever_inspects_all_modules_does_not_import_it():
    code = """
import sys, hubcore
for module in list(sys.modules.values()):
    getattr(module, "__file__", None), getattr(module, "__warningregistry__", None)
print("torch" in sys.modules)
"""
    assert run(code) == ["False"]
