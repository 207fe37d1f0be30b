"""A loop of one's own at several learning rates, beside the sweep's own descent."""

import torch
from torch.nn import functional as F

from bnutils.data import load
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.studies.own_loop import at_best_rate
from bnutils.sweeps.fit import fit
from bnutils.training.batches import batches
from bnutils.training.recipe import Recipe

RATES, SEEDS = (1e-4, 0.3, 30.0), (0, 1)
RECIPE = Recipe(batch_size=16, steps=25, points=1, evaluate_on=1000)


def build(seed: int):
    return mlp([64, 12, 10], norm=BatchNorm1d, seed=seed)


def test_plain_descent_at_its_best_rate_gives_the_networks_of_a_fit(one_thread) -> None:
    digits = load("digits")

    def loop(stacked, rates):
        assert rates.tolist() == torch.tensor([rate for rate in RATES for _ in SEEDS]).tolist()
        stream = batches(digits, RECIPE.batch_size, SEEDS * len(RATES))
        for _ in range(RECIPE.steps):
            images, labels = next(stream)
            losses = F.cross_entropy(stacked(images).mT, labels, reduction="none").mean(1)
            stacked.zero_grad()
            (losses * rates).sum().backward()
            with torch.no_grad():
                for parameter in stacked.parameters():
                    parameter -= parameter.grad

    beginners = [build(seed) for seed in SEEDS]
    nets, rate = at_best_rate(beginners, RATES, loop, digits, digits.validation)
    runs = fit(build, digits, RECIPE, lrs=RATES, seeds=SEEDS, jobs=1).best()
    assert rate == runs.lrs[0] == 0.3
    for found, expected in zip(nets, runs.nets[0], strict=True):
        torch.testing.assert_close(found.state_dict(), expected.state_dict(), rtol=1e-4, atol=1e-5)
    for seed, net in zip(SEEDS, beginners, strict=True):
        assert torch.equal(net[1].weight, build(seed)[1].weight)  # stays as it was
