"""Sweeps in which each seed has a data set of its own."""

import socket
import weakref
from contextlib import ExitStack, suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d
from bnutils.data.dataset import Part
from bnutils.networks.mlp import mlp
from bnutils.sweeps._engine.planning import grouped, planned_runs
from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.fit import fit
from bnutils.sweeps.sweep import grid
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from tests.sweeps.sweep_program import note, tiny_dataset

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=20, points=2, test=True)
LRS, SEEDS = (0.1, 0.3), (4, 0, 7)


def plain(seed):
    note(f"none {seed}")
    return mlp([16, 8, 3], seed=seed)


def normed(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


def unknown(seed):
    """With a layer that no rule can stack, so that its networks train one by one."""
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.PReLU(), nn.Linear(8, 3))


def drawn(seed):
    return DATA.resampled(seed, train=40, validation=20)


def sweep(data=drawn, arms=None, **more):
    arms = arms or {"none": plain, "BN": normed}
    return grid(arms, data, RECIPE, **{"lrs": LRS, "seeds": SEEDS} | more)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_JOBS", "1")


@pytest.fixture(scope="module")
def here():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BNUTILS_LIVE", "0")
        return sweep(keep_networks=True).run(MemoryStore(), jobs=1)


def assert_same(record, other):
    assert record.status == other.status == "finished"
    for name in record.arrays.keys() - {"seconds"}:
        np.testing.assert_array_equal(record.arrays[name], other.arrays[name])


def assert_same_records(results, others):
    assert [run.key for run in results.runs] == [run.key for run in others.runs]
    for record, other in zip(results.records, others.records, strict=True):
        assert_same(record, other)


@pytest.mark.parametrize("build", [plain, normed, unknown])
def test_each_run_is_the_training_on_the_data_of_its_seed(build):
    runs = fit(build, drawn, RECIPE, lrs=LRS, seeds=SEEDS)
    assert (runs.lrs, runs.seeds) == (LRS, SEEDS)
    for j, seed in enumerate(SEEDS):
        data = drawn(seed)
        images = data.normalise(data.validation.images)
        for i, lr in enumerate(LRS):
            (alone,) = train_together(build, data, RECIPE, [(lr, seed)])
            for name in ("train_loss", "validation_loss", "gradient_norm", "test_loss"):
                np.testing.assert_allclose(
                    getattr(runs, name)[i, j], getattr(alone, name), rtol=1e-5, err_msg=name
                )
            net = runs.nets[i][j].eval()
            torch.testing.assert_close(net(images), alone.network.eval()(images))


def test_each_run_is_that_of_a_sweep_over_the_data_of_its_seed(here):
    by_key = {run.key: record for run, record in zip(here.runs, here.records, strict=True)}
    for seed in SEEDS:
        own = sweep(drawn(seed), seeds=(seed,)).run(MemoryStore())
        for run, record in zip(own.runs, own.records, strict=True):
            assert_same(record, by_key[run.key])


def test_processes_give_the_same(here):
    assert_same_records(here, sweep(keep_networks=True).run(MemoryStore(), jobs=2))


@pytest.mark.slow
def test_a_cluster_gives_the_same_beside_another(here):
    with ExitStack() as stack:
        with suppress(OSError):  # another has it
            stack.enter_context(socket.create_server(("", 8787)))  # Dask's usual port
        there = sweep(keep_networks=True).run(MemoryStore(), jobs=2, backend="dask")
    assert_same_records(here, there)


def test_an_interrupted_sweep_trains_only_what_is_missing(tmp_path, monkeypatch):
    store = FolderStore(tmp_path / "runs")
    monkeypatch.setenv("SWEEP_LOG", str(tmp_path / "log"))
    seeds, asked = range(12), []

    def interrupted(seed):
        asked.append(seed)
        if len(asked) == len(seeds) + 1 + 7:  # after the plan, and six seeds' data to train on
            raise KeyboardInterrupt
        return drawn(seed)

    with pytest.raises(KeyboardInterrupt):
        sweep(interrupted, seeds=seeds).run(store)
    built = [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert set(built) == set("012345")
    (tmp_path / "log").unlink()
    again = sweep(seeds=seeds).run(store)
    built = [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert set(built) == {*"6789", "10", "11"}
    whole = sweep(seeds=seeds).run(MemoryStore())
    np.testing.assert_array_equal(again.of("BN").train_loss, whole.of("BN").train_loss)


def test_runs_depend_on_the_content_of_the_data_and_on_nothing_else_of_the_function():
    def keys(data):
        return [run.key for run in planned_runs(sweep().settings, data, SEEDS)]

    assert keys(lambda seed: drawn(seed)) == keys(drawn)
    assert keys(lambda seed: DATA) == keys(DATA)
    pairs = zip(keys(drawn), keys(lambda seed: drawn(seed % 4)), strict=True)
    same = [one == other for one, other in pairs]
    assert same == [seed < 4 for _ in range(4) for seed in SEEDS]


def test_runs_on_data_of_one_size_are_trained_side_by_side(monkeypatch):
    def seeds(data):
        groups = grouped(planned_runs(sweep().settings, data, SEEDS), jobs=1)
        assert sum(len(group.runs) for group in groups) == len(SEEDS) * len(LRS) * 2
        return [sorted({run.seed for run in group.runs}) for group in groups]

    def of_two_sizes(seed):
        return DATA.resampled(seed, train=40 if seed else 50, validation=20)

    assert seeds(drawn) == seeds(lambda seed: DATA) == [[0, 4, 7], [0, 4, 7]]
    assert seeds(of_two_sizes) == [[4, 7], [4, 7], [0], [0]]
    size = sum(drawn(0).train.images[0].nbytes + 8 for _ in range(40 + 20 + 30))
    monkeypatch.setattr("bnutils.sweeps._engine.planning.BYTES_TOGETHER", 2 * size)
    assert seeds(drawn) == [[0, 4], [0, 4], [0, 7], [0, 7]]
    monkeypatch.setattr("bnutils.sweeps._engine.planning.BYTES_TOGETHER", 2 * size - 1)
    assert seeds(drawn) == [[4], [4], [0], [0], [7], [7]]
    assert seeds(DATA) == [[0, 4, 7], [0, 4, 7]]


def test_data_of_two_sizes_are_trained_and_side_by_side_refused():
    def data(seed):
        return DATA.resampled(seed, train=40 if seed else 50, validation=20)

    runs = fit(normed, data, RECIPE, lrs=(0.1,), seeds=SEEDS, jobs=1)
    (alone,) = train_together(normed, data(0), RECIPE, [(0.1, 0)])
    np.testing.assert_array_equal(runs.train_loss[0, 1], alone.train_loss)
    with pytest.raises(
        ValueError, match=r"one size\n  Found: .* \[\(40, 20, 30\), \(50, 20, 30\)\]"
    ):
        train_together(normed, {4: data(4), 0: data(0)}, RECIPE, [(0.1, 4), (0.1, 0)])


@pytest.mark.parametrize("jobs", [1, 2])
def test_only_the_data_of_few_seeds_are_there_at_a_time(jobs, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    large = replace(
        DATA, test=Part(DATA.test.images.repeat(2500, 1, 1, 1), DATA.test.labels.repeat(2500))
    )
    made, alive, files = [], [], []

    def function(seed):
        data = large.resampled(seed, train=20, validation=20)
        made.append(weakref.ref(data.train.images))
        alive.append(sum(images() is not None for images in made))
        files.extend(path for path in tmp_path.rglob("*") if path.is_file())
        return data

    seeds = range(60)  # in groups of 10, each at two learning rates
    results = sweep(function, {"none": plain}, seeds=seeds).run(MemoryStore(), jobs=jobs)
    assert results.of("none").seeds == tuple(seeds)
    assert len(made) == 60 + 1 + 60  # planned, one of them twice, and trained on
    assert max(alive) <= (10 if jobs == 1 else 2 * jobs * 10) and not files


def test_results_give_the_data_of_each_seed_and_say_what_varied(here):
    for seed in SEEDS:
        assert torch.equal(here.data_of(seed).train.images, drawn(seed).train.images)
    with pytest.raises(ValueError, match="no run has seed 5; there are 4, 0, 7"):
        here.data_of(5)
    assert here.varied == "initial weights, batches, training set and validation set"
    arms = {"none": plain}
    for data, seeds, words in [
        (DATA, (0, 1), "initial weights and batches"),
        (lambda seed: DATA, (0, 1), "initial weights and batches"),
        (
            lambda seed: replace(DATA, test=drawn(seed).train),
            (0, 1),
            "initial weights, batches and test set",
        ),
        (drawn, (0,), "nothing, there is one seed"),
    ]:
        results = sweep(data, arms, lrs=(0.1,), seeds=seeds).run(MemoryStore())
        assert results.varied == words
    assert sweep(DATA, arms).run(MemoryStore()).data_of(7) is DATA


def test_a_function_may_draw_from_global_chance_and_leaves_it_alone():
    def noisy(seed):
        train = drawn(seed).train
        noise = torch.randint(0, 3, train.images.shape, dtype=torch.uint8)
        return replace(drawn(seed), train=replace(train, images=train.images + noise))

    before = torch.get_rng_state()
    runs = [fit(plain, noisy, RECIPE, lrs=(0.1,), seeds=(0, 1), jobs=1) for _ in range(2)]
    assert torch.equal(before, torch.get_rng_state())
    np.testing.assert_array_equal(runs[0].train_loss, runs[1].train_loss)


def test_what_is_no_data_set_is_refused():
    with pytest.raises(TypeError, match=r"the data are a int; give a data set: .* a function"):
        sweep(3)
    with pytest.raises(TypeError, match="the function gave a Sequential for the seed 4"):
        sweep(normed).run(MemoryStore())


def test_data_sets_of_different_kinds_are_refused():
    small = replace(DATA, classes=("0", "1"))
    with pytest.raises(ValueError, match=r"4: 3 classes, images \[1, 4, 4\]; 0: 2 classes"):
        sweep(lambda seed: small if seed == 0 else DATA).run(MemoryStore())


def test_another_data_set_for_the_same_seed_is_refused():
    random = np.random.default_rng(0)
    words = "two different data sets for the seed 4\n  Found: another training set and another val"
    with pytest.raises(ValueError, match=words):
        sweep(lambda seed: drawn(int(random.integers(1000)))).run(MemoryStore())
    asked = []

    def changed_later(seed):  # as where a notebook gives a name to something else
        asked.append(seed)
        return drawn(seed if len(asked) < 6 else 100 + seed)

    with pytest.raises(ValueError, match="two different data sets for the seed 0"):
        sweep(changed_later).run(MemoryStore())
