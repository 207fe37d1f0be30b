"""A sweep on a Ray cluster, through joblib."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from bnutils.sweeps._backends.pool import Arriving, Pool, Tasks


@contextmanager
def open_ray_pool(jobs: int) -> Iterator[Pool]:
    """The cluster at the address in BNUTILS_CLUSTER, else one of ``jobs`` processes here.

    A Ray that was started before is used as it is. Results arrive in waves of one task a process.
    Raises ImportError without the extra ``ray``.
    """
    import joblib

    try:
        import ray
        from ray.util.joblib import register_ray
    except ImportError as error:
        raise ImportError("the backend ray needs its packages: pip install bnutils[ray]") from error
    address = os.environ.get("BNUTILS_CLUSTER", "").strip()
    started = not ray.is_initialized()
    if started:
        where = {"address": address} if address else {"num_cpus": jobs, "include_dashboard": False}
        ray.init(**where, log_to_driver=False)
    try:
        register_ray()
        slots = max(1, int(ray.cluster_resources().get("CPU", jobs)))
        with joblib.parallel_config(backend="ray"), joblib.Parallel(slots, batch_size=1) as running:
            yield Pool(slots, 1, partial(call_in_waves, running, slots))
    finally:
        if started:
            ray.shutdown()


def call_in_waves(parallel: Any, size: int, function: Callable[..., Any], tasks: Tasks) -> Arriving:
    """The results of a joblib.Parallel that returns lists: of ``size`` tasks at a time."""
    import joblib

    waiting = iter(tasks)
    while wave := list(islice(waiting, size)):
        yield from parallel(joblib.delayed(function)(*task) for task in wave)
