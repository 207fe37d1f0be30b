"""Sweeps in one process: the grid, what is trained and what is taken from the store."""

import threading
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps._backends.backends import chosen_backend, chosen_jobs
from bnutils.sweeps._backends.sendable import check_sendable
from bnutils.sweeps._engine.planning import grouped, planned_runs
from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.results import RunFailed
from bnutils.sweeps.sweep import grid
from bnutils.training.curves import EdgeOfGrid
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from bnutils.wide.together import most_together
from tests.sweeps.sweep_program import note, tiny_dataset

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=20, points=2)


def plain(seed):
    note(f"none {seed}")
    return mlp([16, 8, 3], seed=seed)


def normed(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_JOBS", "1")


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Returns the seeds of the networks that `plain` has built since the call before."""
    log = tmp_path / "log"
    monkeypatch.setenv("SWEEP_LOG", str(log))

    def seeds():
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(int(line.split()[1]) for line in lines)

    return seeds


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "runs")


def sweep(arms=None, recipes=RECIPE, lrs=(0.1, 0.3), seeds=range(2), **more):
    return grid(arms or {"none": plain}, DATA, recipes, lrs=lrs, seeds=seeds, **more)


def test_gives_what_training_without_a_sweep_gives(store):
    recipes = [RECIPE, replace(RECIPE, batch_size=20, test=True)]
    results = sweep({"none": plain, "BN": normed}, recipes).run(store)
    for arm, build in (("none", plain), ("BN", normed)):
        for recipe in recipes:
            runs = results.of(arm, batch_size=recipe.batch_size)
            assert (runs.lrs, runs.seeds) == ((0.1, 0.3), (0, 1))
            alone = train_together(build, DATA, recipe, [(0.3, 1)])[0]
            assert runs.steps == alone.steps and runs.batch_size == alone.batch_size
            assert bool(runs.tested) == recipe.test
            measured = ("test_loss", "test_accuracy") if recipe.test else ()
            for name in ("validation_loss", "train_accuracy", "gradient_norm", *measured):
                np.testing.assert_allclose(
                    getattr(runs, name)[1, 1], getattr(alone, name), rtol=1e-4
                )
    stored = sum(float(record.arrays["seconds"]) for record in results.records)
    assert results.seconds == pytest.approx(stored)


def test_a_second_run_trains_nothing_and_gives_the_same(store, built):
    first = sweep().run(store).of("none")
    assert built() == [0, 0, 1, 1]
    second = sweep().run(store).of("none")
    assert built() == []
    assert first.seconds == second.seconds
    for name in ("train_loss", "validation_accuracy", "gradient_norm"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_only_what_is_new_is_trained(store, built):
    sweep().run(store)
    assert built() == [0, 0, 1, 1]
    sweep(lrs=(0.3, 0.5), seeds=range(3)).run(store)
    assert built() == [0, 1, 2, 2]
    sweep({"another label": plain}).run(store)
    assert built() == []
    changes = [
        sweep(recipes=replace(RECIPE, steps=21)),
        grid({"none": plain}, replace(DATA, scale=15.0), RECIPE, lrs=(0.1, 0.3), seeds=range(2)),
        sweep({"none": lambda seed: plain(seed)}),
    ]
    for changed in changes:
        changed.run(store)
        assert built() == [0, 0, 1, 1]


def test_two_labels_of_one_thing_are_trained_once(store, built):
    results = sweep({"a": plain, "b": plain}).run(store)
    assert built() == [0, 0, 1, 1] and len(results.table()) == 8
    np.testing.assert_array_equal(results.of("a").train_loss, results.of("b").train_loss)
    assert results.seconds == pytest.approx(results.of("a").seconds)


def test_a_damaged_record_is_trained_again(store, built):
    results = sweep().run(store)
    built()
    key = results.runs[3].key
    file = store.folder / key[:2] / f"{key}.npz"
    file.write_bytes(file.read_bytes()[:-30])
    again = sweep().run(store)
    assert built() == [1, 1]  # once more, to see that one seed gives one network
    np.testing.assert_allclose(again.of("none").train_loss, results.of("none").train_loss)
    assert store.get(key)


def test_networks_are_kept_where_wanted(store, built):
    assert sweep().run(store).of("none").nets == ()
    with_networks = sweep(keep_networks=True)
    runs = with_networks.run(store).of("none")
    built()
    again = with_networks.run(store).of("none")
    assert built() == [0, 0, 1, 1]  # built for the weights to be loaded
    images = DATA.normalise(DATA.validation.images)
    for i in range(2):
        for j in range(2):
            net = again.nets[i][j].eval()
            loss = nn.functional.cross_entropy(net(images), DATA.validation.labels)
            assert loss.item() == pytest.approx(runs.validation_loss[i, j, -1], rel=1e-4)
            assert torch.equal(net[1].weight, runs.nets[i][j][1].weight)
    built()
    assert sweep().run(store).of("none").nets == () and built() == []


def test_a_run_that_fails_is_recorded_and_costs_no_other(store, built):
    broken = [1]

    def build(seed, broken=broken):
        if seed in broken:
            raise ArithmeticError("no such network")
        return plain(seed)

    results = sweep({"bad": build, "good": normed}, seeds=range(3)).run(store)
    table = results.table()
    assert list(table["status"]) == ["finished", "failed", "finished"] * 2 + ["finished"] * 6
    problems = results.problems()
    assert list(problems["seed"]) == [1, 1] and list(problems["lr"]) == [0.1, 0.3]
    reason = problems["reason"].iloc[0]
    assert reason.startswith("ArithmeticError: no such network (test_sweep.py, line ")
    assert reason.endswith('in build: raise ArithmeticError("no such network"))')
    assert problems["train_loss"].isna().all()
    with pytest.raises(RunFailed, match=r"'bad', .*lr=0.1, seed=1 failed: ArithmeticError"):
        results.of("bad")
    assert results.of("good").seeds == (0, 1, 2)

    built()
    again = sweep({"bad": build}, seeds=range(3)).run(store)
    assert list(again.problems()["seed"]) == [1, 1] and built() == []


def test_a_failure_does_not_replace_a_run_that_was_finished(store):
    def build(seed):
        net = plain(seed)
        net[2].register_buffer("odd", torch.zeros(1, dtype=torch.bfloat16))  # unknown to NumPy
        return net

    arms = {"odd": build}
    assert sweep(arms).run(store).problems().empty
    with_networks = sweep(arms, keep_networks=True).run(store)
    assert set(with_networks.table()["status"]) == {"failed"}
    assert with_networks.problems()["reason"].str.startswith("TypeError").all()
    assert sweep(arms).run(store).problems().empty


def test_divergence_is_a_result_with_a_reason(store, built):
    results = sweep(lrs=(0.1, 1e12)).run(store)
    assert list(results.table()["status"]) == ["finished"] * 2 + ["diverged"] * 2
    problems = results.problems()
    assert set(problems["lr"]) == {1e12}
    assert problems["reason"].str.fullmatch(r"train_loss is not finite at step \d+ and after").all()
    with pytest.warns(EdgeOfGrid):
        assert results.of("none").best().lrs == (0.1,)
    built()
    sweep(lrs=(0.1, 1e12)).run(store)
    assert built() == []


def test_the_test_part_takes_no_part_in_a_choice(store):
    results = sweep(recipes=replace(RECIPE, test=True)).run(store)
    with pytest.raises(ValueError, match="selected on validation_accuracy or validation_loss"):
        results.of("none").best(on="test_accuracy")


def test_asks_for_what_is_unclear(store):
    results = sweep(recipes=[RECIPE, replace(RECIPE, batch_size=20)], seeds=(0,)).run(store)
    with pytest.raises(ValueError, match=r"2 recipes.*choose one of: batch_size=10; batch_size=20"):
        results.of("none")
    with pytest.raises(ValueError, match="0 recipes of 'none' fit batch_size=30"):
        results.of("none", batch_size=30)
    with pytest.raises(ValueError, match="there is no arm 'BN'; there are 'none'"):
        results.of("BN", batch_size=10)
    with pytest.raises(ValueError, match="a recipe has no size"):
        results.of("none", size=10)


def test_the_table_has_a_row_per_run(store):
    recipes = [RECIPE, replace(RECIPE, warmup=0.5)]
    results = sweep(recipes=recipes).run(store)
    table = results.table()
    assert list(table.columns[:9]) == [
        *("arm", "batch_size", "steps", "warmup", "lr", "seed", "status", "reason", "train_loss")
    ]
    assert len(table) == 8
    row = table[(table["warmup"] == 0.5) & (table["lr"] == 0.3) & (table["seed"] == 1)].iloc[0]
    runs = results.of("none", warmup=0.5)
    assert row["validation_accuracy"] == runs.validation_accuracy[1, 1, -1]
    assert row["train_loss"] == runs.train_loss[1, 1, -1]
    alone = sweep().run(store).table()  # of one recipe nothing varies
    assert list(alone.columns[:5]) == ["arm", "batch_size", "steps", "lr", "seed"]


def test_learning_rates_may_depend_on_arm_and_recipe(store):
    def rates(arm, recipe):
        return (0.1, 0.2) if arm == "BN" else (recipe.batch_size / 100,)

    recipes = [RECIPE, replace(RECIPE, batch_size=20)]
    results = sweep({"none": plain, "BN": normed}, recipes, rates, seeds=(0,)).run(store)
    assert results.of("BN", batch_size=20).lrs == (0.1, 0.2)
    assert results.of("none", batch_size=20).lrs == (0.2,)


def test_groups_are_of_one_kind_complete_and_keep_all_processes_busy():
    recipes = [RECIPE, replace(RECIPE, steps=200)]
    runs = planned_runs(sweep({"a": plain, "b": normed, "c": plain}, recipes).settings, DATA,
                        range(5))  # fmt: skip
    for jobs in (1, 2, 16):
        groups = grouped(runs, jobs)
        members = [run.key for group in groups for run in group.runs]
        assert sorted(members) == sorted({run.key for run in runs})
        assert all(len({(r.setting.build, r.setting.recipe) for r in g.runs}) == 1 for g in groups)
        width = most_together(RECIPE.batch_size)
        allowed = min(width, -(-len(members) // jobs))
        assert max(len(group.runs) for group in groups) <= allowed
        kinds = Counter((run.setting.build, run.setting.recipe) for g in groups for run in g.runs)
        assert len(groups) == sum(-(-size // allowed) for size in kinds.values()) >= jobs
        work = [group.work for group in groups]
        assert work == sorted(work, reverse=True)


def test_nothing_is_written_where_runs_are_kept_in_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("BNUTILS_RUNS", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert sweep().run().of("none").seeds == (0, 1)
    assert not list(tmp_path.iterdir())


def test_progress_is_shown_to_readers_and_not_in_builds(monkeypatch, capsys):
    sweep().run(MemoryStore())
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("BNUTILS_LIVE", "1")
    store = MemoryStore()
    sweep().run(store)
    shown = capsys.readouterr().err
    assert "100%" in shown and "00:00 left, 4 of 4 runs" in shown
    sweep().run(store)
    assert capsys.readouterr() == ("", "")


def test_settings_are_checked(monkeypatch):
    assert (chosen_backend(None), chosen_jobs(None), chosen_jobs(3)) == ("local", 1, 3)
    monkeypatch.setenv("BNUTILS_BACKEND", "dask")
    assert (chosen_backend(None), chosen_backend("ray")) == ("dask", "ray")
    monkeypatch.setenv("BNUTILS_JOBS", "two")
    with pytest.raises(ValueError, match=r"1 or more, got 'two'.*BNUTILS_JOBS"):
        chosen_jobs(None)
    with pytest.raises(ValueError, match="there is no backend 'slurm'; choose local, dask, ray"):
        chosen_backend("slurm")


def test_what_cannot_be_compared_is_refused_before_training(store):
    generator = torch.Generator()

    def build(seed):
        return plain(int(generator.initial_seed()))

    with pytest.raises(TypeError, match="Generator stays the same"):
        sweep({"bad": partial(build)}).run(store)
    assert not store.folder.exists()


def test_what_cannot_be_sent_to_other_processes_is_named():
    lock = threading.Lock()

    def build(seed):
        with lock:
            return plain(seed)

    check_sendable([plain, partial(normed)])
    with pytest.raises(TypeError, match=r"(?s)build.* cannot be sent .*lock.*BNUTILS_JOBS=1"):
        check_sendable([build])
