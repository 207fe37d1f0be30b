"""Sweeps that are killed, interrupted, or run twice at a time, in processes of their own."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps._store.store import MemoryStore
from tests import ROOT
from tests.sweeps import sweep_program
from tests.waiting import PATIENCE, wait_until

PROGRAM = Path(sweep_program.__file__)
KEYS = len(sweep_program.ARMS) * len(sweep_program.SEEDS)


def start(folder, *arguments, jobs, log="log", program=PROGRAM, **variables):
    return subprocess.Popen(
        [sys.executable, "-W", "error", program, *arguments],
        env=os.environ
        | {"BNUTILS_RUNS": str(folder / "runs"), "BNUTILS_JOBS": str(jobs), "BNUTILS_LIVE": "0"}
        | {"SWEEP_LOG": str(folder / log), "PYTHONPATH": str(ROOT)}
        | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    return out.split()


def built(folder, log="log"):
    """In how many processes each network, arm and seed, was built; in one perhaps twice."""
    lines = set((folder / log).read_text().splitlines())
    return Counter(tuple(line.split()[:2]) for line in lines)


def stored(folder):
    return {path.stem: path.stat().st_mtime_ns for path in (folder / "runs").rglob("*.npz")}


def workers(folder):
    log = folder / "log"
    return {line.split()[2] for line in log.read_text().splitlines()} if log.exists() else set()


@pytest.fixture(scope="module")
def uninterrupted():
    return sweep_program.sweep().run(store=MemoryStore(), jobs=1)


def assert_equal_to(uninterrupted, folder):
    store = FolderStore(folder / "runs")
    for run, record in zip(uninterrupted.runs, uninterrupted.records, strict=True):
        again = store.get(run.key)
        assert again.status == "finished"
        for name in record.arrays.keys() - {"seconds"}:
            np.testing.assert_array_equal(again.arrays[name], record.arrays[name])


@pytest.mark.slow
@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGKILL, 2), (signal.SIGINT, 1)])
def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path, uninterrupted, number, jobs):
    process = start(tmp_path, jobs=jobs, SWEEP_HOLD="e 0")
    held = tmp_path / "log.held"
    wait_until(lambda: held.exists() and len(stored(tmp_path)) >= 4, "some runs to end")
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    before = stored(tmp_path)
    assert 4 <= len(before) < KEYS

    assert finished(start(tmp_path, jobs=jobs, log="again")) == ["finished"] * KEYS
    after = stored(tmp_path)
    assert {key: after[key] for key in before} == before
    missing = [run for run in uninterrupted.runs if run.key not in before]
    assert built(tmp_path, "again") == Counter((r.setting.arm, str(r.seed)) for r in missing)
    assert_equal_to(uninterrupted, tmp_path)


@pytest.mark.slow
def test_two_sweeps_at_a_time_share_the_work(tmp_path, uninterrupted):
    go = tmp_path / "go"
    processes = []
    for name in ("one", "two"):
        link = tmp_path / name
        link.symlink_to(go)
        processes.append(start(tmp_path, str(link), jobs=1, SWEEP_HOLD="a 0"))
    ready = [tmp_path / f"{name}.ready" for name in ("one", "two")]
    wait_until(lambda: all(path.exists() for path in ready), "both to start")
    go.touch()
    wait_until(lambda: len(workers(tmp_path)) == 2, "the other to work while one is held")
    (tmp_path / "log.go").touch()
    for process in processes:
        assert finished(process) == ["finished"] * KEYS
    everything = Counter((arm, str(seed)) for arm in sweep_program.ARMS for seed in (0, 1))
    assert built(tmp_path) == everything
    assert workers(tmp_path) == {str(process.pid) for process in processes}
    assert_equal_to(uninterrupted, tmp_path)


@pytest.mark.slow
def test_a_run_that_ends_its_process_costs_no_other(tmp_path, uninterrupted):
    process = start(tmp_path, jobs=2, SWEEP_CRASH="c 1")
    statuses = finished(process)
    assert Counter(statuses) == {"finished": KEYS - 1, "failed": 1}
    store = FolderStore(tmp_path / "runs")
    failed = uninterrupted.runs[statuses.index("failed")]
    assert (failed.setting.arm, failed.seed) == ("c", 1)
    record = store.get(failed.key)
    assert record.status == "failed" and "broke down" in record.reason

    assert finished(start(tmp_path, jobs=1, log="again")) == ["finished"] * KEYS
    assert built(tmp_path, "again") == {("c", "1"): 1}
    assert_equal_to(uninterrupted, tmp_path)
