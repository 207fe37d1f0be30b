"""Probing along the gradient, against closed forms and autograd on one network alone."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.data import load
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.studies.landscape import Landscape, probe, survey
from bnutils.training.recipe import Recipe
from bnutils.wide import stack

pytestmark = pytest.mark.usefixtures("one_thread")
LENGTHS = (0.05, 0.2)
SEEDS = (3, 4)


def network(seed, norm=BatchNorm1d):
    return mlp([6, 5, 5, 3], norm=norm, seed=seed).double()


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 8, 1, 2, 3, generator=generator, dtype=torch.float64)
    return images, torch.randint(3, (2, 8), generator=generator)


def alone(net, images, labels, length):
    """Loss after a step, change of the gradient, and gradient norm, by plain autograd."""

    def gradient():
        loss = F.cross_entropy(net(images), labels)
        return loss.item(), torch.cat(
            [g.flatten() for g in torch.autograd.grad(loss, list(net.parameters()))]
        )

    _, before = gradient()
    with torch.no_grad():
        vector = nn.utils.parameters_to_vector(net.parameters())
        nn.utils.vector_to_parameters(vector - length * before, net.parameters())
    loss, after = gradient()
    return loss, (after - before).norm().item(), before.norm().item()


@pytest.mark.parametrize("norm", [None, BatchNorm1d])
def test_a_probe_of_a_stack_is_that_of_each_network_alone(batch, norm):
    images, labels = batch
    nets = [network(seed, norm) for seed in SEEDS]
    loss, change, size = probe(stack(nets), images, labels, LENGTHS)
    assert loss.shape == change.shape == (2, 2)
    for s, net in enumerate(nets):
        for a, length in enumerate(LENGTHS):
            expected = alone(copy.deepcopy(net), images[s], labels[s], length)
            assert (loss[s, a], change[s, a], size[s]) == pytest.approx(expected, rel=1e-9)


def test_a_probe_leaves_the_networks_as_they_are(batch):
    stacked = stack([network(seed) for seed in SEEDS])
    before = copy.deepcopy(stacked.state_dict())
    probe(stacked, *batch, LENGTHS)
    torch.testing.assert_close(stacked.state_dict(), before, rtol=0, atol=0)
    assert all(p.grad is None for p in stacked.parameters())


def test_the_summaries_by_hand():
    found = Landscape(
        steps=(0,),
        lengths=(0.5, 1.0),
        loss=np.array([[[3.0, 1.0]]]),
        change=np.array([[[2.0, 3.0]]]),
        norm=np.array([[2.0]]),
    )
    assert found.loss_range().tolist() == [[2.0]]
    assert found.gradient_change().tolist() == [[3.0]]
    assert found.smoothness().tolist() == [[2.0]]  # 2 / (0.5 · 2), and 3 / (1 · 2) is less


def test_scaled_weights_under_batch_normalization_scale_the_smoothness(batch):
    # The last layer is not followed by BN, so it stays: only the layers below are scaled.
    images, labels = batch
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 3, bias=False), BatchNorm1d(3, affine=False))
    net = net.double()
    twice = copy.deepcopy(net)
    net[2].eps = twice[2].eps = 0.0
    twice[1].weight.data.mul_(2)
    length = 1e-4
    _, change, size = probe(stack([net]), images[:1], labels[:1], [length])
    _, changed, sized = probe(stack([twice]), images[:1], labels[:1], [4 * length])
    assert sized == pytest.approx(size / 2, rel=1e-9)
    ratio = (changed / (4 * length * sized)) / (change / (length * size))
    assert ratio == pytest.approx(1 / 4, rel=1e-9)


def test_a_survey_probes_every_evaluation_step_and_trains_as_without():
    dataset, recipe = load("digits"), Recipe(batch_size=16, steps=4, points=2)
    build = partial(mlp, [64, 8, 10], norm=BatchNorm1d)
    found = survey(lambda seed: build(seed=seed), dataset, recipe, lr=0.1, seeds=SEEDS)
    assert found.steps == (0, 2, 4)
    assert found.lengths == pytest.approx((0.05, 0.1, 0.2, 0.4))
    assert found.loss.shape == found.change.shape == (2, 3, 4)
    assert found.norm.shape == found.smoothness().shape == (2, 3)
    assert np.isfinite(found.change).all() and (found.norm > 0).all()
