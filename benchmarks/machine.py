"""What the figures were measured on, without names of hosts or users."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from hubcore.packages.versions import installed_version

__all__ = ["describe"]

PACKAGES = ("hubcore", "torch", "torchvision", "timm", "huggingface-hub", "pooch")


def describe() -> dict[str, str]:
    """The machine and the versions, as words by subject."""
    import psutil

    found = {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}, {_distribution()}",
        "OpenMP": f"OMP_WAIT_POLICY={os.environ.get('OMP_WAIT_POLICY', 'unset')}",
        "Python": platform.python_version(),
    }
    return found | {name: installed_version(name) or "not installed" for name in PACKAGES}


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    line = next((line for line in text.splitlines() if line.startswith("model name")), "")
    flags = " with AMX" if " amx_tile" in text else ""
    return (line.partition(":")[2].strip() or platform.machine()) + flags


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown distribution"
