"""Settings of a training are plain numbers, or an error says what to give."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps.fit import fit
from bnutils.sweeps.results import RunFailed
from bnutils.sweeps.sweep import grid
from bnutils.training.recipe import Recipe
from tests.sweeps.sweep_program import tiny_dataset

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=10, points=1)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")


def build(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


@pytest.mark.parametrize("steps", [np.int64(10), np.uint8(10), np.array(10), torch.tensor(10)])
def test_a_recipe_holds_plain_numbers(steps):
    recipe = Recipe(steps=steps, warmup=np.float32(0.5), test=np.True_)
    assert recipe == Recipe(steps=10, warmup=0.5, test=True)
    assert json.loads(json.dumps(asdict(recipe))) == asdict(recipe)


@pytest.mark.parametrize("name", ["batch_size", "points", "evaluate_on", "steps"])
@pytest.mark.parametrize("value", [-1, -3, 2.5, 10.0, "10", None, True, [10]])
def test_a_count_is_a_whole_number(name, value):
    with pytest.raises(ValueError, match=rf"{name} is .*; give a whole number of at least [01]"):
        Recipe(**{name: value})


@pytest.mark.parametrize("name", ["batch_size", "points", "evaluate_on"])
def test_nothing_is_divided_by_zero(name):
    with pytest.raises(ValueError, match=f"{name} is 0; give a whole number of at least 1"):
        Recipe(**{name: 0})


def test_without_steps_the_untrained_network_is_measured():
    runs = fit(build, DATA, Recipe(batch_size=10, steps=0, warmup=0.5), lrs=[0.1], jobs=1)
    trained = fit(build, DATA, Recipe(batch_size=10, steps=10), lrs=[0.1], jobs=1)
    assert runs.steps == (0,)
    np.testing.assert_array_equal(runs.train_loss[:, :, 0], trained.train_loss[:, :, 0])


@pytest.mark.parametrize("name", ["warmup", "drop_at"])
@pytest.mark.parametrize("value", [-0.5, 1.5, float("nan"), "0.5", None])
def test_a_share_lies_between_zero_and_one(name, value):
    with pytest.raises(ValueError, match=rf"{name} is .*; give a number from 0 to 1"):
        Recipe(**{name: value})


def test_test_is_yes_or_no():
    with pytest.raises(ValueError, match="test is 'no'; give True or False"):
        Recipe(test="no")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lrs": 0.1}, r"lrs is 0\.1; give several.*lrs=\[0\.1, 0\.3\]"),
        ({"lrs": ()}, "lrs is .*; give several, at least one"),
        ({"lrs": "0.1"}, "lrs is '0.1'; give several"),
        ({"lrs": lambda arm, recipe: 0.1}, r"lrs is 0\.1; give several"),
        ({"lrs": [-0.1]}, r"a learning rate is -0\.1; give a number of at least 0"),
        ({"lrs": [float("nan")]}, "a learning rate is nan"),
        ({"lrs": [0.1, None]}, "a learning rate is None"),
        ({"seeds": 5}, r"seeds is 5; give several.*range\(5\)"),
        ({"seeds": ()}, "seeds is .*; give several, at least one"),
        ({"seeds": [0.5, 0.7]}, r"a seed is 0\.5; give a whole number of at least 0"),
        ({"seeds": ["a"]}, "a seed is 'a'"),
        ({"seeds": [-1]}, "a seed is -1"),
        ({"recipes": []}, "recipes is .*; give several, at least one"),
        ({"arms": {}}, "arms is .*; give labels with functions"),
        ({"arms": [build]}, "arms is .*; give labels with functions"),
    ],
)
def test_a_grid_says_what_to_give(settings, words):
    given = {"arms": {"BN": build}, "recipes": RECIPE, "lrs": [0.1], **settings}
    with pytest.raises(ValueError, match=words):
        grid(given.pop("arms"), DATA, given.pop("recipes"), **given)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"build": build(0)}, "is Sequential; give a function that makes a new network"),
        ({"build": "mlp"}, "is str; give a function"),
        ({"data": (DATA.train.images, DATA.train.labels)}, r"are a tuple; give a data set"),
        ({"data": "digits"}, r"are a str; give a data set"),
        ({"recipe": {"steps": 5}}, "is no recipe; give Recipe"),
        ({"recipe": [RECIPE, 5]}, "5 is no recipe"),
    ],
)
def test_things_of_another_kind_are_named(settings, words):
    given = {"build": build, "data": DATA, "recipe": RECIPE, **settings}
    with pytest.raises(TypeError, match=words):
        fit(*given.values(), lrs=[0.1], jobs=1)


@pytest.mark.parametrize("kind", [np.arange, range, lambda n: (i for i in range(n)), torch.arange])
def test_seeds_and_rates_of_any_kind_are_taken(kind):
    runs = fit(build, DATA, RECIPE, lrs=np.array([0.1, 0.3]), seeds=kind(3), jobs=1)
    assert runs.seeds == (0, 1, 2) and runs.lrs == (0.1, 0.3)
    assert {type(value) for value in (*runs.seeds, *runs.lrs)} == {int, float}


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (lambda seed: mlp([15, 8, 3], seed=seed), r"(?s)does not take the images.*\[10, 1, 4, 4\]"),
        (lambda seed: nn.Linear(16, 3), "(?s)does not take the images.*dataset.features"),
        (lambda seed: nn.Conv2d(3, 3, 1), "(?s)does not take the images"),
        (lambda seed: mlp([16, 8, 2], seed=seed), r"(?s)gives \[10, 2\].*logits \[10, 3\]"),
        (lambda seed: nn.Linear(4, 3), r"gives \[10, 1, 4, 3\]"),
        (lambda seed: build(seed).requires_grad_(False), "no parameter of the network trains"),
        (lambda seed: [nn.Linear(16, 3)], "(?s)gave .*Expected: a network"),
        (lambda seed: None, "(?s)gave None.*return the network"),
    ],
)
def test_a_network_that_does_not_fit_the_data_is_told_what_would(network, words):
    with pytest.raises(RunFailed, match=words):
        fit(network, DATA, RECIPE, lrs=[0.1], seeds=[0], jobs=1)


@pytest.mark.parametrize("label", ["BN", 64, (1, "a"), np.int64(3), np.float32(0.5)])
def test_runs_are_stored_whatever_kind_the_numbers_and_labels_are(tmp_path, label):
    store = FolderStore(tmp_path)
    recipe = Recipe(batch_size=np.int64(10), steps=np.int32(10), points=np.uint8(1))
    sweep = grid({label: build}, DATA, recipe, lrs=np.array([0.1]), seeds=np.arange(2))
    results = sweep.run(store, jobs=1)
    assert all(store.get(run.key).status == "finished" for run in results.runs)
    first = results.of(label)
    again = grid({label: build}, DATA, RECIPE, lrs=[0.1], seeds=[0, 1]).run(store, jobs=1)
    assert again.of(label).seconds == first.seconds  # nothing was trained again


class Broken(FolderStore):
    """A store that fails in a way that it does not foresee."""

    def put(self, key, record):
        raise TypeError("no such kind of number")


class BrokenLock(FolderStore):
    def try_lock(self, keys):
        raise KeyError("no such lock")


class BrokenGet(FolderStore):
    calls = 0

    def get(self, key, networks=False):
        type(self).calls += 1
        if type(self).calls > 1:
            raise AttributeError("no such record")
        return None


@pytest.mark.parametrize(
    ("kind", "error"), [(Broken, TypeError), (BrokenLock, KeyError), (BrokenGet, AttributeError)]
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_store_is_not_swallowed(tmp_path, kind, error, jobs):
    BrokenGet.calls = 0
    sweep = grid({"BN": build}, DATA, RECIPE, lrs=[0.1], seeds=[0])
    with pytest.raises(error, match="no such"):
        sweep.run(kind(tmp_path), jobs=jobs)
