"""A sweep on the cores of this machine, through joblib."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from bnutils.sweeps._backends.pool import Arriving, Tasks, call_joblib

WATCH_SECONDS = 0.5


def call_processes(jobs: int, mapped: bool, function: Callable[..., Any], tasks: Tasks) -> Arriving:
    """The results of ``function`` for each task, from ``jobs`` processes that stay for the next.

    Where arrays are ``mapped``, they reach them as files that are mapped into memory and stay to
    the end, which suits those that come with every task.
    """
    import joblib

    parallel = joblib.Parallel(
        n_jobs=jobs,
        backend="loky",
        batch_size=1,
        return_as="generator_unordered",
        mmap_mode="c",  # torch wants arrays it could write to
        max_nbytes="1M" if mapped else None,
    )
    parent = os.getpid()
    watched = ((parent, function, *task) for task in tasks)
    yield from call_joblib(parallel, call_watched, watched)


def call_watched(parent: int, function: Callable[..., Any], *task: Any) -> Any:
    """``function(*task)`` in a process that ends when the process ``parent`` does.

    Otherwise workers of a sweep that is killed would stay for minutes, with their memory.
    """
    name = "watch over the parent process"
    if all(thread.name != name for thread in threading.enumerate()):
        threading.Thread(target=_end_with, args=(parent,), name=name, daemon=True).start()
    return function(*task)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)
