"""Several processes on this machine that compute together, as several devices would."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from bnutils.studies.devices.process import packed, unpacked

TAIL = 2000  # characters of a process's output that an error quotes
# What a device runs: it follows the process that started it, amid whatever task and however that
# ended, and before it imports anything of this package, which takes seconds.
START = """
import multiprocessing, os, threading

def follow_parent():
    multiprocessing.parent_process().join()
    os._exit(1)

threading.Thread(target=follow_parent, daemon=True).start()
from bnutils.studies.devices.process import serve
serve(*arguments)
"""


class DeviceError(RuntimeError):
    """A device raised an error, ended or did not answer in time."""


class Devices:
    """``count`` processes that are one process group of ``torch.distributed``, on the CPU.

    They start once and then carry out one task after another, until `close`, the end of a
    ``with`` block or of this process. Whatever goes wrong ends all of them: after an error none
    could tell what the others wait for. ``timeout`` is in seconds and holds for the start and
    for every task.
    """

    def __init__(self, count: int = 2, timeout: float = 600.0) -> None:
        if count < 1:
            raise ValueError(f"count is {count}; give how many processes to start, at least 1")
        self.count, self.timeout = count, timeout
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        context = multiprocessing.get_context("spawn")
        self._processes, self._connections = [], []
        for rank in range(count):
            ours, theirs = context.Pipe()
            arguments = (rank, count, self._folder.name, timeout, theirs)
            process = context.Process(target=exec, args=(START, {"arguments": arguments}))
            process.daemon = True  # ends with this process
            process.start()
            theirs.close()
            self._processes.append(process)
            self._connections.append(ours)
        self._collect("start")

    def run(self, task: Callable[..., Any], *args: Any) -> list[Any]:
        """What ``task(*args)`` returns on each device, in the order of their ranks.

        ``task`` must be a function that can be imported, not one of a notebook's own.
        Raises: DeviceError, with what the device has to say.
        """
        if not self._processes:
            raise DeviceError("the devices are closed; start new ones with Devices()")
        name = getattr(getattr(task, "func", task), "__name__", "task")  # of a partial, its own
        if getattr(task, "__module__", "") == "__main__":
            raise ValueError(f"{name} belongs to the notebook; import it from a module")
        request = packed(task, args)
        for connection in self._connections:
            with suppress(OSError):  # of a device that has ended, which `_collect` tells
                connection.send_bytes(request)
        return self._collect(name)

    def _collect(self, what: str) -> list[Any]:
        answers: dict[int, Any] = {}
        deadline = time.monotonic() + self.timeout
        while len(answers) < self.count:
            open_ones = [c for rank, c in enumerate(self._connections) if rank not in answers]
            ready = wait(open_ones, max(0.0, deadline - time.monotonic()))
            if not ready:
                self._fail(f"{what}: no answer within {self.timeout:g} seconds", open_ones[0])
            for connection in ready:
                assert isinstance(connection, Connection)
                try:
                    good, answer = unpacked(connection.recv_bytes())
                except (EOFError, OSError):
                    self._fail(f"{what}: the process ended", connection)
                if not good:
                    self._fail(f"{what}: {answer}", connection)
                answers[self._connections.index(connection)] = answer
        return [answers[rank] for rank in range(self.count)]

    def _fail(self, reason: str, connection: Connection) -> None:
        rank = self._connections.index(connection)
        log = Path(self._folder.name, f"log-{rank}")
        output = log.read_text(errors="replace")[-TAIL:] if log.exists() else ""
        self.close()
        raise DeviceError(f"device {rank}: {reason}\n{output}".strip())

    def close(self) -> None:
        """End the processes and remove what they wrote; may be called again."""
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        self._processes, self._connections = [], []
        self._folder.cleanup()

    def __enter__(self) -> Devices:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
