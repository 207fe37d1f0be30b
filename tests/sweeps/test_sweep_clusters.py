"""The same sweep on clusters: equal results, also where a worker is lost."""

import os
import signal
import sys
import threading
from collections import Counter

import numpy as np
import pytest

from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps._store.store import MemoryStore
from tests.sweeps import sweep_program
from tests.waiting import wait_until


@pytest.fixture
def quiet(monkeypatch, tmp_path):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("SWEEP_LOG", str(tmp_path / "log"))


def assert_equal(results, others):
    assert [run.key for run in results.runs] == [run.key for run in others.runs]
    for one, other in zip(results.records, others.records, strict=True):
        assert one.status == other.status == "finished"
        for name in one.arrays.keys() - {"seconds"}:
            np.testing.assert_array_equal(one.arrays[name], other.arrays[name])


@pytest.mark.slow
def test_dask_gives_the_local_results_though_a_worker_is_killed(quiet, monkeypatch, tmp_path):
    from distributed import Client, LocalCluster

    monkeypatch.setenv("SWEEP_HOLD", "c 0")  # the workers are started with this
    store = FolderStore(tmp_path / "runs")
    killed = []

    def noted():
        return [line.split() for line in (tmp_path / "log").read_text().splitlines()]

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": ":0"},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        workers = set(client.run(os.getpid).values())
        assert len(workers) == 2 and os.getpid() not in workers

        def kill_the_one_that_is_held():
            held = tmp_path / "log.held"
            wait_until(lambda: held.exists() and held.read_text(), "a worker that is held")
            wait_until(lambda: len(list(store.folder.rglob("*.npz"))) >= 2, "some runs to end")
            killed.append(int(held.read_text()))
            os.kill(killed[0], signal.SIGKILL)

        killer = threading.Thread(target=kill_the_one_that_is_held)
        killer.start()
        monkeypatch.setenv("BNUTILS_CLUSTER", cluster.scheduler_address)
        results = sweep_program.sweep().run(store, backend="dask")
        killer.join()
        assert killed[0] in workers
        assert killed[0] not in set(client.run(os.getpid).values())

    assert max(Counter((arm, seed) for arm, seed, _ in noted()).values()) > 1  # begun again
    assert str(os.getpid()) not in {process for _, _, process in noted()}
    monkeypatch.delenv("SWEEP_HOLD")
    assert_equal(results, sweep_program.sweep().run(MemoryStore(), jobs=1))


@pytest.mark.slow
def test_ray_gives_the_local_results(quiet, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    results = sweep_program.sweep().run(MemoryStore(), jobs=2, backend="ray")
    assert_equal(results, sweep_program.sweep().run(MemoryStore(), jobs=1))


def test_a_missing_package_is_named(quiet, monkeypatch):
    for backend, package in (("dask", "distributed"), ("ray", "ray")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=rf"pip install bnutils\[{backend}\]"):
            sweep_program.sweep().run(MemoryStore(), backend=backend)
