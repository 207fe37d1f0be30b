"""Rates are chosen with some seeds and measured with others, and no best rate is an end."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from bnutils import BatchNorm1d, Claim
from bnutils.evidence.stats import paired_difference
from bnutils.networks.mlp import mlp
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.provenance import provenance
from bnutils.sweeps.sweep import grid
from bnutils.sweeps.tuning import EVIDENCE, MORE_EVIDENCE, SELECTION, tuned
from bnutils.training.curves import EdgeOfGrid
from bnutils.training.recipe import Recipe
from tests.sweeps.sweep_program import tiny_dataset

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=20, points=2, test=True)
ARMS = {
    "none": lambda seed: mlp([16, 8, 3], seed=seed),
    "BN": lambda seed: mlp([16, 8, 3], norm=BatchNorm1d, seed=seed),
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_JOBS", "1")


def tried(recipes=RECIPE, arms=ARMS, data=DATA, **more):
    store = MemoryStore()
    settings = {"lrs": (0.01, 0.1), "selection": (0, 1), "seeds": (7, 8, 9)} | more
    return tuned(arms, data, recipes, **settings).run(store), store


def test_the_seeds_of_the_book_are_apart():
    assert not {*SELECTION} & {*MORE_EVIDENCE}
    assert MORE_EVIDENCE[: len(EVIDENCE)] == EVIDENCE
    assert (len(EVIDENCE), len(MORE_EVIDENCE)) == (8, 16)


def test_no_run_chooses_and_measures():
    results, _ = tried()
    for arm in ARMS:
        runs, choice = results.of(arm), results.choices[arm, RECIPE]
        assert runs.seeds == (7, 8, 9) and choice.seeds == (0, 1)
        assert runs.lrs == choice.best().lrs and runs.tried == choice.lrs
    with pytest.raises(ValueError, match=r"the seeds \[1\] would choose a rate and measure it"):
        tuned(ARMS, DATA, RECIPE, lrs=(0.1, 0.3), selection=(0, 1), seeds=(1, 2))


def test_evidence_is_what_a_grid_of_the_same_seeds_gives():
    results, _ = tried()
    for arm, build in ARMS.items():
        runs = results.of(arm)
        again = grid({arm: build}, DATA, RECIPE, lrs=runs.lrs, seeds=runs.seeds)
        other = again.run(MemoryStore()).of(arm)
        np.testing.assert_allclose(runs.train_loss, other.train_loss, rtol=1e-4)
        np.testing.assert_array_equal(runs.test_accuracy, other.test_accuracy)


def test_the_choice_is_by_validation_at_the_end_and_knows_no_test_set():
    results, _ = tried()
    whole = grid(ARMS, DATA, RECIPE, lrs=results.of("BN").tried, seeds=(0, 1)).run(MemoryStore())
    assert whole.of("BN").best().lrs == results.of("BN").lrs
    choice = results.choices["BN", RECIPE]
    assert choice.steps == (0, 20) and choice.tested == ()


@pytest.mark.parametrize("lrs", [(0.001, 0.003), (3.0, 10.0), (1e9, 1e10)])
def test_a_ladder_grows_until_its_best_is_inside(lrs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EdgeOfGrid)  # the last ladder ends before it gets there
        results, _ = tried(lrs=lrs)
    for arm in ARMS:
        choice = results.choices[arm, RECIPE]
        assert {*lrs} < {*choice.lrs} and len(choice.lrs) <= len(lrs) + 8
        steps = np.diff(np.log(choice.lrs))
        np.testing.assert_allclose(steps, np.log(lrs[1] / lrs[0]), atol=0.1)
        if lrs[0] < 1e9:
            assert not results.of(arm).at_edge


def test_a_best_rate_that_stays_an_end_is_told(monkeypatch):
    monkeypatch.setattr("bnutils.sweeps.tuning.MOST_LONGER", 0)
    with pytest.warns(EdgeOfGrid, match="at the edge of those tried"):
        results, _ = tried(lrs=(0.03, 0.1))
    assert results.of("none").at_edge


def test_networks_that_guess_at_every_rate_have_no_best_one():
    dead = {"dead": lambda seed: mlp([16, 8, 3], gain=0.0, seed=seed)}
    results, _ = tried(arms=dead)  # and no warning, which would be an error here
    accuracy = results.choices["dead", RECIPE].validation_accuracy
    np.testing.assert_allclose(accuracy, 1 / 3)
    assert results.of("dead").at_edge


def test_one_rate_is_no_choice():
    results, _ = tried(lrs=(0.1,))
    assert results.of("BN").lrs == (0.1,) and not results.of("BN").at_edge


def test_recipes_have_rates_of_their_own():
    recipes = (RECIPE, replace(RECIPE, steps=2), replace(RECIPE, points=1))
    results, _ = tried(recipes, lrs=lambda arm, recipe: [0.1 * recipe.steps, 0.2 * recipe.steps])
    assert results.of("BN", steps=2).tried[0] < 1 < results.of("BN", steps=20, points=2).tried[-1]
    # Recipes that differ in what is measured alone choose from the same runs, counted once.
    first, second = results.choices["BN", RECIPE], results.choices["BN", recipes[2]]
    assert first is second
    own = sum(float(record.arrays["seconds"]) for record in results.records)
    chosen = {id(runs): runs.seconds for runs in results.choices.values()}
    assert results.seconds == pytest.approx(own + sum(chosen.values()))


def test_a_data_set_of_the_seed_is_drawn_for_choice_and_evidence():
    results, _ = tried(data=lambda seed: DATA.resampled(seed, train=40, validation=20))
    told = provenance(results)
    assert told["varied"] == "initial weights, batches, training set and validation set"
    assert told["data"] == "tiny"


def test_a_claim_tells_where_its_runs_are_from():
    results, _ = tried()
    told = provenance(results, arms=["BN"])
    assert (told["seeds"], told["chosen_on"], told["diverged"]) == ((7, 8, 9), (0, 1), "")
    assert told["varied"] == "initial weights and batches" and told["seconds"] == results.seconds
    ends = [results.of(arm).test_accuracy[0] for arm in ARMS]
    about = {
        "name": "tiny", "statement": "BN helps.", "source": "this book", "quantity": "accuracy",
        "unit": "points", "evidence": paired_difference(*ends), "direction": "above",
        "reference": 0, "setting": "tiny",
    }  # fmt: skip
    assert Claim(**about, **told).seeds == (7, 8, 9)
    with pytest.raises(ValueError, match=r"the seeds \[7\] are among its evidence and chose"):
        Claim(**about, **(told | {"chosen_on": (7,)}))
    with pytest.raises(ValueError, match=r"n = 3, but there are 4 seeds"):
        Claim(**about, **(told | {"seeds": (6, 7, 8, 9)}))


def test_diverged_runs_are_counted_by_arm():
    sweep = grid(
        ARMS, DATA, RECIPE, lrs=lambda arm, _: [1e12 if arm == "none" else 0.1], seeds=(1, 2)
    )
    results = sweep.run(MemoryStore())
    assert provenance(results)["diverged"] == "2 of 2 of none"
    assert provenance(results, arms=["BN"])["diverged"] == ""
