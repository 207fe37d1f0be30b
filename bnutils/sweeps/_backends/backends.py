"""Where a sweep is computed: in this process, on all cores, or on a Dask or Ray cluster."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from bnutils.sweeps._engine.sendable import sendable_code

BACKENDS = ("local", "dask", "ray")
Tasks = Iterable[tuple[Any, ...]]
Arriving = Generator[Any, None, None]


@dataclass(frozen=True)
class Pool:
    """Processes that compute: how many, with how many threads each, and the way to call them.

    ``call(function, tasks)`` yields the results as they are ready, in any order, and takes tasks
    from the iterable only as there is room. ``here`` says that all happens in this process.
    """

    jobs: int
    threads: int
    call: Callable[[Callable[..., Any], Tasks], Arriving]
    here: bool = False


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
            yield Pool(jobs, max(1, usable_cores() // jobs), partial(call_processes, jobs))


def call_here(function: Callable[..., Any], tasks: Tasks) -> Arriving:
    """The results of ``function`` for each task, in this process."""
    for task in tasks:
        yield function(*task)


def call_joblib(parallel: Any, function: Callable[..., Any], tasks: Tasks) -> Arriving:
    """The results of a joblib.Parallel that returns a generator."""
    import joblib

    results = parallel(joblib.delayed(function)(*task) for task in tasks)
    try:
        yield from results
    finally:
        with warnings.catch_warnings():  # joblib warns of the work that an interrupt throws away
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def call_in_waves(parallel: Any, size: int, function: Callable[..., Any], tasks: Tasks) -> Arriving:
    """The results of a joblib.Parallel that returns lists: of ``size`` tasks at a time."""
    import joblib

    waiting = iter(tasks)
    while wave := list(islice(waiting, size)):
        yield from parallel(joblib.delayed(function)(*task) for task in wave)
