"""The life of one of several processes that stand for devices; `Devices` starts it."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

LOOPBACK = {"linux": "lo", "darwin": "lo0"}  # the network interface that needs no network


def serve(rank: int, count: int, folder: str, timeout: float, connection: Connection) -> None:
    """The life of a device: join the group, then answer tasks until the connection closes."""
    log = os.open(Path(folder, f"log-{rank}"), os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):  # what gloo prints belongs in no page
        os.dup2(log, stream)
    torch.set_num_threads(1)
    if sys.platform in LOOPBACK:  # else gloo asks the network for this machine's address
        os.environ["GLOO_SOCKET_IFNAME"] = LOOPBACK[sys.platform]
    store = dist.FileStore(str(Path(folder, "store")), count)  # type: ignore[attr-defined]
    limit = timedelta(seconds=timeout)
    try:
        dist.init_process_group("gloo", store=store, rank=rank, world_size=count, timeout=limit)
        connection.send_bytes(packed(True, None))
        for request in _requests(connection):
            task, args = unpacked(request)
            connection.send_bytes(packed(True, task(*args)))
    except Exception:
        with suppress(OSError):  # of an other end that has closed
            connection.send_bytes(packed(False, traceback.format_exc()))


def _requests(connection: Connection) -> Iterator[bytes]:
    """What comes through the connection, until its other end closes."""
    with suppress(EOFError, OSError):
        while True:
            yield connection.recv_bytes()


def packed(*message: Any) -> bytes:
    """A message as bytes: a task and its arguments, or whether it went well and what came of it."""
    buffer = io.BytesIO()
    torch.save(message, buffer)
    return buffer.getvalue()


def unpacked(data: bytes) -> Any:
    """What `packed` packed."""
    return torch.load(io.BytesIO(data), weights_only=False)
