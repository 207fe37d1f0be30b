"""Networks of which only some parameters train."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d
from bnutils.data import load
from bnutils.networks.mlp import mlp
from bnutils.studies.few_weights import FewWeightsLinear, train_only
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, unstack

pytestmark = pytest.mark.usefixtures("one_thread")


def few(seed: int, count: int = 2) -> nn.Sequential:
    """A network on 64 inputs with two layers of free weights, its other weights frozen."""
    net = mlp([64, 12, 12, 10], norm=BatchNorm1d, seed=seed)
    for index in (1, 4):
        net[index] = FewWeightsLinear(net[index], count, seed)
    train_only(net, [net[1].free, net[4].free])
    return net


def test_computes_what_the_linear_layer_computes():
    linear = nn.Linear(7, 5, bias=False)
    x = torch.randn(4, 7)
    layer = FewWeightsLinear(linear, 3, seed=0)
    torch.testing.assert_close(layer(x), F.linear(x, linear.weight))


def test_gradient_is_that_of_the_chosen_weights_in_float64():
    linear = nn.Linear(6, 3, bias=False).double()
    layer = FewWeightsLinear(linear, 2, seed=1)
    x = torch.randn(5, 6, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda free: torch.func.functional_call(layer, {"free": free}, (x,)), layer.free
    )
    layer(x).square().sum().backward()
    linear(x).square().sum().backward()
    torch.testing.assert_close(layer.free.grad, linear.weight.grad.gather(1, layer.places))


def test_places_are_different_inputs_of_a_unit_and_come_from_the_seed():
    linear = nn.Linear(50, 40, bias=False)
    first, again, other = (FewWeightsLinear(linear, 5, seed).places for seed in (3, 3, 4))
    assert all(len(set(row.tolist())) == 5 for row in first)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_stacked_training_equals_training_alone():
    dataset = load("digits")
    recipe = Recipe(batch_size=16, steps=30, points=1)
    together = [few(seed) for seed in (0, 1)]
    start = [net[4].free.detach().clone() for net in together]
    stacked = stack(together)
    for _ in descend(stacked, dataset, recipe, lrs=[0.3, 0.1], seeds=[0, 1]):
        pass
    unstack(stacked, together)
    for seed, lr in ((0, 0.3), (1, 0.1)):
        alone = few(seed)
        one = stack([alone])
        for _ in descend(one, dataset, recipe, lrs=[lr], seeds=[seed]):
            pass
        unstack(one, [alone])
        for name, value in alone.state_dict().items():
            torch.testing.assert_close(together[seed].state_dict()[name], value, msg=name)
        assert not torch.equal(together[seed][4].free, start[seed])


def test_only_the_chosen_parameters_move():
    net = few(5)
    fixed = {
        name: p.clone()
        for name, p in net.state_dict().items()
        if "free" not in name and "running" not in name and "tracked" not in name
    }
    stacked = stack([net])
    recipe = Recipe(batch_size=16, steps=10, points=1)
    for _ in descend(stacked, load("digits"), recipe, lrs=[1.0], seeds=[0]):
        pass
    unstack(stacked, [net])
    for name, value in fixed.items():
        assert torch.equal(net.state_dict()[name], value), name


def test_gamma_and_beta_alone_can_train():
    net = mlp([64, 12, 10], norm=BatchNorm1d)
    train_only(net, [net[2].weight, net[2].bias])
    before = {name: value.clone() for name, value in net.named_parameters()}
    stacked = stack([net])
    recipe = Recipe(batch_size=16, steps=5, points=1)
    for _ in descend(stacked, load("digits"), recipe, lrs=[1.0], seeds=[0]):
        pass
    unstack(stacked, [net])
    moved = {name for name, value in net.named_parameters() if not torch.equal(value, before[name])}
    assert moved == {"2.weight", "2.bias"}


def test_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="from 1 to 3"):
        FewWeightsLinear(nn.Linear(3, 2, bias=False), 4, seed=0)
    with pytest.raises(ValueError, match="1 of the chosen"):
        train_only(nn.Linear(3, 2), [nn.Parameter(torch.zeros(1))])
