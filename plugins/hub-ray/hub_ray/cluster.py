"""The Ray cluster: joined where ``RAY_ADDRESS`` names one, else started on this machine."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

import ray

from .errors import RayError

__all__ = ["connect", "processes_for"]


def connect(processors: int = 1) -> bool:
    """Joins the cluster that ``RAY_ADDRESS`` names, or starts Ray on this machine.

    Nothing happens if this process is in a cluster already.

    Args:
        processors: how many a Ray that is started is to have at least.

    Returns:
        Whether the connection is new, so that the caller is to end it.

    Raises:
        RayError: there is no such cluster, or Ray cannot be started.
    """
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS", "")
    if not address:
        # Told nothing, Ray would look for a cluster that was started here, even one that is gone.
        options |= {"address": "local", "include_dashboard": False}
        options["num_cpus"] = max(processors, os.cpu_count() or 1)
    try:
        _reach(address)
        ray.init(**options)
    except Exception as error:  # Ray raises bare ones too
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        where = f"at {address}, which RAY_ADDRESS names" if address else "on this machine"
        raise RayError(f"There is no Ray cluster {where}: {reason}") from error
    return True


def _reach(address: str) -> None:
    """Asks whether anything listens there: Ray itself tries for minutes, and ends the process."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


def processes_for(processes: int | None, cpus: int, gpus: float, reading: int = 0) -> int:
    """How many processes of this size the cluster is to run.

    Args:
        processes: as the user asked; None: as many as it has room for.
        cpus, gpus: what each needs.
        reading: processors that must stay free for others who read the inputs.

    Raises:
        RayError: there is no room for one, or not for that many.
    """
    resources: Any = ray.cluster_resources  # it has no types
    there = resources()
    room = int((there.get("CPU", 0) - reading) // cpus)
    if gpus:
        room = min(room, int(there.get("GPU", 0) / gpus + 1e-9))
    if processes is not None and processes <= room:
        return processes
    if processes is None and room > 0:
        return room
    each = f" with {cpus} each" if cpus > 1 else ""
    wanted = f"{processes or 1} process{'' if processes in (None, 1) else 'es'}{each}"
    has = f"{there.get('CPU', 0):g} processors"
    if gpus:
        has += f" and {there.get('GPU', 0):g} GPUs"
        wanted += f", each with {gpus:g} of a GPU"
    if reading:
        wanted += f", and {reading} processor that reads the Dataset"
    raise RayError(
        f"The Ray cluster has {has}: too few for {wanted}. "
        "Start more nodes, or use fewer processes."
    )
