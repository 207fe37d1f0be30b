"""The batch-size study: what it trains, and that all who declare it share their runs."""

import numpy as np
import pytest
import torch

from bnutils.data import load
from bnutils.studies.batch_size import BatchSizeStudy
from bnutils.sweeps._engine.planning import planned_runs

SIZES = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]


@pytest.fixture(scope="module")
def study():
    return BatchSizeStudy.on(load("digits"))


def keys(sweep):
    return [run.key for run in planned_runs(sweep.settings, sweep.dataset, sweep.seeds)]


def recipes(sweep):
    return list(dict.fromkeys(setting.recipe for setting in sweep.settings))


def test_there_are_ten_sizes_two_arms_four_rates_and_five_seeds(study):
    for sweep in (study.equal_epochs(), study.equal_updates()):
        assert [recipe.batch_size for recipe in recipes(sweep)] == SIZES
        assert len(set(keys(sweep))) == 10 * 2 * 4 * 5
        assert all(recipe.test for recipe in recipes(sweep))


def test_equal_epochs_are_as_many_samples_as_full_batches_allow(study):
    samples = study.epochs * len(study.dataset.train)
    for recipe in recipes(study.equal_epochs()):
        seen = recipe.steps * recipe.batch_size
        assert samples - study.epochs * (recipe.batch_size - 1) <= seen <= samples


def test_equal_updates_are_equal(study):
    assert {recipe.steps for recipe in recipes(study.equal_updates())} == {study.updates}


def test_the_rates_lie_around_a_centre_that_grows_with_the_size(study):
    by_size = {recipe.batch_size: recipe for recipe in recipes(study.equal_epochs())}
    for arm, centre, power in (("no BN", 0.1, 0.5), ("BN", 0.3, 0.75)):
        for size, recipe in by_size.items():
            expected = centre * (size / 64) ** power * np.array([0.1, 0.32, 1.0, 3.2])
            assert study.lrs(arm, recipe) == pytest.approx(expected, rel=0.05)  # two digits


def test_both_arms_start_from_the_same_weights(study):
    plain, normed = (build(3) for build in study.arms.values())
    weights = [[p for p in net.parameters() if p.dim() == 2] for net in (plain, normed)]
    assert [tuple(w.shape) for w in weights[0]] == [(100, 64), (100, 100), (100, 100), (10, 100)]
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


def test_only_the_first_images_are_trained_on():
    dataset = load("digits")
    first = BatchSizeStudy.on(dataset, images=100).dataset
    assert torch.equal(first.train.images, dataset.train.images[:100])
    assert len(first.test) == len(dataset.test)


def test_whoever_declares_the_study_shares_its_runs(study):
    again = BatchSizeStudy.on(load("digits"))
    assert keys(again.equal_epochs()) == keys(study.equal_epochs())
    assert keys(again.equal_updates()) == keys(study.equal_updates())
    other = BatchSizeStudy.on(load("digits"), images=1000)
    assert not set(keys(other.equal_epochs())) & set(keys(study.equal_epochs()))
