"""Where a sweep is computed: in this process, on all cores, or on a Dask or Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from bnutils.sweeps._backends.pool import Arriving, Pool, Tasks
from bnutils.sweeps._backends.sendable import sendable_code

BACKENDS = ("local", "dask", "ray")


def chosen_backend(backend: str | None) -> str:
    """``backend``, else BNUTILS_BACKEND, else local; raises ValueError for an unknown one."""
    name = backend or os.environ.get("BNUTILS_BACKEND", "").strip() or "local"
    if name not in BACKENDS:
        raise ValueError(
            f"there is no backend {name!r}; choose {', '.join(BACKENDS)} as the argument backend "
            "or in BNUTILS_BACKEND"
        )
    return name


def chosen_jobs(jobs: int | None) -> int:
    """``jobs``, else BNUTILS_JOBS, else the cores that this process may use.

    Raises ValueError for anything but a positive whole number.
    """
    setting = str(jobs) if jobs is not None else os.environ.get("BNUTILS_JOBS", "").strip()
    if not setting:
        return usable_cores()
    if not setting.isdecimal() or int(setting) < 1:
        raise ValueError(
            f"the number of processes must be 1 or more, got {setting!r}; correct the argument "
            "jobs or BNUTILS_JOBS"
        )
    return int(setting)


def usable_cores() -> int:
    """The cores that this process may use, limits of containers included."""
    import joblib

    return int(joblib.cpu_count())


@contextmanager
def open_pool(backend: str, jobs: int, shared: Sequence[Any]) -> Iterator[Pool]:
    """A pool of ``jobs`` processes; a cluster named in BNUTILS_CLUSTER has its own number.

    ``shared`` are arrays that come with every task, to be sent to each worker once.
    Raises ImportError where the packages of the backend are missing.
    """
    if backend == "dask":
        from bnutils.sweeps._backends.dask import open_dask_pool

        with sendable_code(), open_dask_pool(jobs, shared) as pool:
            yield pool
    elif backend == "ray":
        from bnutils.sweeps._backends.ray import open_ray_pool

        with sendable_code(), open_ray_pool(jobs) as pool:
            yield pool
    elif jobs == 1:
        yield Pool(1, 1, call_here, here=True)
    else:
        from bnutils.sweeps._backends.local import call_processes

        with sendable_code():
            yield Pool(
                jobs, max(1, usable_cores() // jobs), partial(call_processes, jobs, bool(shared))
            )


def call_here(function: Callable[..., Any], tasks: Tasks) -> Arriving:
    """The results of ``function`` for each task, in this process."""
    for task in tasks:
        result = function(*task)
        del task  # with its data, before those of the next are made
        yield result
