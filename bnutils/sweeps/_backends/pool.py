"""What every backend of a sweep gives: processes that compute, and how results arrive."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

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
