"""The batch-size study: what it trains, and that all who declare it share their runs."""

import numpy as np
import pytest
import torch

from bnutils.data import load
from bnutils.studies.batch_size import BatchSizeStudy

SIZES = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]


@pytest.fixture(scope="module")
def study():
    return BatchSizeStudy.on(load("digits"))


def test_ten_sizes_and_two_arms_choose_among_three_rates(study):
    for tuning in (study.equal_epochs(), study.equal_updates()):
        assert [recipe.batch_size for recipe in tuning.recipes] == SIZES
        assert [len(ladder) for ladder in tuning.ladders.values()] == [3] * 10 * 2
        assert {arm for arm, _ in tuning.ladders} == set(study.arms)
        assert all(recipe.test for recipe in tuning.recipes)
        assert not {*tuning.selection} & {*tuning.seeds} and len(tuning.seeds) >= 8


def test_equal_epochs_are_as_many_samples_as_full_batches_allow(study):
    samples = study.epochs * study.images
    for recipe in study.equal_epochs().recipes:
        seen = recipe.steps * recipe.batch_size
        assert samples - study.epochs * (recipe.batch_size - 1) <= seen <= samples


def test_equal_updates_are_equal(study):
    assert {recipe.steps for recipe in study.equal_updates().recipes} == {study.updates}


def test_the_rates_lie_around_a_centre_that_grows_with_the_size(study):
    by_size = {recipe.batch_size: recipe for recipe in study.equal_epochs().recipes}
    for arm, centre, power in (("no BN", 0.1, 0.5), ("BN", 0.3, 0.75)):
        for size, recipe in by_size.items():
            expected = centre * (size / 64) ** power * np.array([0.32, 1.0, 3.2])
            assert study.lrs(arm, recipe) == pytest.approx(expected, rel=0.05)  # two digits


def test_both_arms_start_from_the_same_weights(study):
    plain, normed = (build(3) for build in study.arms.values())
    weights = [[p for p in net.parameters() if p.dim() == 2] for net in (plain, normed)]
    assert [tuple(w.shape) for w in weights[0]] == [(100, 64), (100, 100), (100, 100), (10, 100)]
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


def test_each_seed_draws_its_own_images():
    dataset = load("digits")
    study = BatchSizeStudy.on(dataset, images=100)
    one, other = study.drawn(1), study.drawn(2)
    assert [len(part) for part in (one.train, one.validation)] == [100, 300]
    assert torch.equal(one.train.images, study.drawn(1).train.images)
    assert not torch.equal(one.train.images, other.train.images)
    assert torch.equal(one.test.images, dataset.test.images)
