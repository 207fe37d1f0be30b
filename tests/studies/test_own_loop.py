"""A loop of one's own at several learning rates, beside the sweep's own descent."""

import torch
from torch.nn import functional as F

from bnutils.data import load
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.studies.own_loop import at_best_rate
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.tuning import tuned
from bnutils.training.batches import batches
from bnutils.training.recipe import Recipe

RATES, SELECTION, SEEDS = (1e-4, 0.01, 1.0), (5, 6), (0, 1)
RECIPE = Recipe(batch_size=16, steps=25, points=1)


def build(seed: int):
    return mlp([64, 12, 10], norm=BatchNorm1d, seed=seed)


def test_plain_descent_at_its_best_rate_gives_the_networks_of_a_tuning(one_thread) -> None:
    digits = load("digits")
    tried = []

    def data(seed):
        return digits.resampled(seed, train=200)

    def loop(stacked, rates, seeds):
        tried.append((rates.tolist(), tuple(seeds)))
        streams = [batches(data(seed), RECIPE.batch_size, [seed]) for seed in seeds]
        for _ in range(RECIPE.steps):
            images, labels = map(torch.cat, zip(*map(next, streams), strict=True))
            losses = F.cross_entropy(stacked(images).mT, labels, reduction="none").mean(1)
            stacked.zero_grad()
            (losses * rates).sum().backward()
            with torch.no_grad():
                for parameter in stacked.parameters():
                    parameter -= parameter.grad

    nets, rate = at_best_rate(build, RATES, loop, data, selection=SELECTION, seeds=SEEDS)
    arms = {"BN": build}
    results = tuned(
        arms, data, RECIPE, lrs=RATES, selection=SELECTION, seeds=SEEDS, keep_networks=True
    ).run(MemoryStore(), jobs=1)
    runs = results.of("BN")
    assert rate == runs.lrs[0] < max(runs.tried) and len(runs.tried) == len(RATES) + 1
    rates = [[lr for lr in some for _ in SELECTION] for some in (RATES, runs.tried[len(RATES) :])]
    expected = [(some, SELECTION * (len(some) // len(SELECTION))) for some in rates]
    expected.append(([rate] * len(SEEDS), SEEDS))
    assert tried == [(torch.tensor(some).tolist(), seeds) for some, seeds in expected]
    for found, expected in zip(nets, runs.nets[0], strict=True):
        torch.testing.assert_close(found.state_dict(), expected.state_dict(), rtol=1e-4, atol=1e-5)
