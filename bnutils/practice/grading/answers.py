"""Checks every answer of a notebook; runs in the notebook's own process, after its cells."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import secrets
import signal
import socket
from pathlib import Path
from typing import Any

from IPython import get_ipython

from bnutils.practice.exercises.catalogue import KEYS, exercise

SECONDS = 10  # of the processor for one exercise: others may keep it busy
UNFINISHED = "unfinished"  # the status of an answer whose check has not ended
FILE = 2**30  # bytes of a file that a notebook may write


class TooSlow(BaseException):
    """No Exception, which an answer or its check may catch."""


def confine(megabytes: int) -> None:
    """Limit this process: so much memory, beyond it MemoryError, files of 1 GB, and no network.

    Cells that install packages install none. This stops what is written by mistake; a container
    stops what is written on purpose.
    """
    size = megabytes * 2**20
    for kind, most in ((resource.RLIMIT_DATA, size), (resource.RLIMIT_FSIZE, FILE)):
        with contextlib.suppress(ValueError, OSError):  # a system may not allow it
            resource.setrlimit(kind, (most, most))

    os.environ |= {"PIP_NO_INDEX": "1", "PIP_DRY_RUN": "1"}

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("there is no network while notebooks are graded")

    for name in ("getaddrinfo", "create_connection"):
        setattr(socket, name, refuse)
    socket.socket.connect = refuse  # type: ignore[method-assign]


def check_all(student: str, token: str, out: str) -> None:
    """Write points, status and slips of each exercise to a file; answers are found by name.

    The seed comes from the student's number and ``token``, which no notebook can know.
    """
    import torch  # not before the notebook's own cells

    names = get_ipython().user_ns
    torch.set_num_threads(1)  # notebooks may be graded side by side
    results: dict[str, tuple[float, str, list[str]]] = {}
    for key in KEYS:  # what is checked stays, whatever comes
        results[key] = 0.0, UNFINISHED, []
        Path(out).write_text(json.dumps(results), "utf-8")
        results[key] = _checked(key, names, f"{student}/{token}")
    Path(out).write_text(json.dumps(results), "utf-8")


def _checked(key: str, names: dict[str, Any], seed: str) -> tuple[float, str, list[str]]:
    from bnutils.practice.check import Check  # loads torch

    task = exercise(key)
    if task.answer not in names:
        return 0.0, "missing", []
    try:
        with contextlib.redirect_stdout(io.StringIO()), _time_limit(SECONDS):
            report = Check(key)(names[task.answer], seed=seed)
        return report.points, report.status, list(report.found)
    except BaseException as error:
        return 0.0, type(error).__name__, []


def new_token() -> str:
    return secrets.token_hex(16)


@contextlib.contextmanager
def _time_limit(seconds: int) -> Any:
    def stop(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)  # and again, should it be caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
