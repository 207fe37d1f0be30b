"""A sweep on a Dask cluster, through joblib."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from bnutils.sweeps._backends.pool import Arriving, Pool, Tasks, call_joblib


@contextmanager
def open_dask_pool(jobs: int, shared: Sequence[Any]) -> Iterator[Pool]:
    """The cluster at the address in BNUTILS_CLUSTER, else one of ``jobs`` processes here.

    Raises ImportError without the extra ``dask``.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ImportError(
            "the backend dask needs its packages: pip install bnutils[dask]"
        ) from error
    address = os.environ.get("BNUTILS_CLUSTER", "").strip()
    with ExitStack() as stack:
        cluster: Any = address
        if not address:
            cluster = LocalCluster(
                n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=None,
                scheduler_kwargs={"dashboard_address": ":0"},  # a port that no other cluster has
            )  # fmt: skip
            stack.enter_context(cluster)
        client = stack.enter_context(Client(cluster, set_as_default=False))
        slots = max(1, sum(client.ncores().values()))
        yield Pool(slots, 1, _dask_call(client, shared))


def _dask_call(
    client: Any, shared: Sequence[Any]
) -> Callable[[Callable[..., Any], Tasks], Arriving]:
    def call(function: Callable[..., Any], tasks: Tasks) -> Arriving:
        import joblib
        from joblib._dask import DaskDistributedBackend

        class OutspokenBackend(DaskDistributedBackend):  # type: ignore[misc]
            """Says when a task is lost for good; joblib's own waits for it for ever."""

            def submit(self, func: Any, callback: Any = None) -> Any:
                future = super().submit(func, callback)
                future.add_done_callback(
                    lambda done: callback(done.exception()) if done.exception() else None
                )
                return future

            def retrieve_result_callback(self, out: Any) -> Any:
                if isinstance(out, BaseException):
                    raise out
                return super().retrieve_result_callback(out)

        # A copy on every worker outlives the loss of one.
        backend = OutspokenBackend(client=client, scatter=list(shared))
        parallel = joblib.Parallel(
            n_jobs=-1, backend=backend, batch_size=1, return_as="generator_unordered"
        )
        yield from call_joblib(parallel, function, tasks)

    return call
