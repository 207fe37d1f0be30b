"""Weight decay inside layers, compared with PyTorch's optimizer and with networks alone."""

import pytest
import torch
from torch import nn

from bnutils.data import load
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.studies.decay import DecayedLinear, DecayFunction, decay_hidden
from bnutils.training.batches import batches
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, unstack

RECIPE = Recipe(batch_size=16, steps=12, points=1)
SHARE = 0.02


def small_net(seed: int) -> nn.Sequential:
    return mlp([64, 12, 11, 10], norm=BatchNorm1d, seed=seed)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def test_descend_with_decayed_layers_is_sgd_with_weight_decay(digits) -> None:
    lrs, seeds = [0.1, 0.5], [0, 1]
    nets = [decay_hidden(small_net(seed), SHARE) for seed in seeds]
    stacked = stack(nets)
    for _ in descend(stacked, digits, RECIPE, lrs=lrs, seeds=seeds):
        pass
    unstack(stacked, nets)
    for lr, seed, found in zip(lrs, seeds, nets, strict=True):
        alone = small_net(seed)
        hidden = [alone[1].weight, alone[4].weight]
        rest = [p for p in alone.parameters() if all(p is not h for h in hidden)]
        groups = [{"params": hidden, "weight_decay": SHARE / lr}, {"params": rest}]
        optimizer = torch.optim.SGD(groups, lr=lr)
        stream = batches(digits, RECIPE.batch_size, [seed])
        for _ in range(RECIPE.steps):
            images, labels = next(stream)
            optimizer.zero_grad()
            nn.functional.cross_entropy(alone(images[0]), labels[0]).backward()
            optimizer.step()
        for name, value in alone.state_dict().items():
            torch.testing.assert_close(found.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def test_without_gradient_a_step_takes_the_share() -> None:
    layer = DecayedLinear(nn.Linear(3, 2), 0.25)
    before = layer.weight.detach().clone()
    (layer(torch.ones(4, 3)) * 0).sum().backward()
    torch.testing.assert_close(layer.weight.grad, 0.25 * before)
    assert not layer.bias.grad.any()


def test_decay_adds_the_gradient_of_half_the_squared_weight() -> None:
    weight = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    x = torch.randn(5, 3, dtype=torch.float64)
    decayed = (x @ DecayFunction.apply(weight, 0.3).T).square().sum()
    penalised = (x @ weight.T).square().sum() + 0.5 * 0.3 * weight.square().sum()
    pair = [torch.autograd.grad(loss, weight)[0] for loss in (decayed, penalised)]
    torch.testing.assert_close(*pair)


def test_a_stack_computes_what_each_network_computes_alone() -> None:
    nets = [decay_hidden(small_net(seed), SHARE) for seed in range(3)]
    x, labels = torch.randn(3, 8, 1, 8, 8), torch.arange(8)
    stacked = stack(nets)
    losses = [nn.functional.cross_entropy(row, labels) for row in stacked(x)]
    sum(losses).backward()
    wide = [m.weight.grad for m in stacked.modules() if hasattr(m, "share")]
    for s, net in enumerate(nets):
        nn.functional.cross_entropy(net(x[s]), labels).backward()
        alone = [layer.weight.grad for layer in net if isinstance(layer, DecayedLinear)]
        for together, own in zip(wide, alone, strict=True):
            torch.testing.assert_close(together[s], own, rtol=1e-4, atol=1e-5)


def test_decay_hidden_keeps_weights_and_spares_the_last_layer() -> None:
    plain, decayed = small_net(0), decay_hidden(small_net(0), SHARE)
    assert [isinstance(layer, DecayedLinear) for layer in decayed] == [
        i in (1, 4) for i in range(len(plain))
    ]
    for name, value in plain.state_dict().items():
        assert torch.equal(decayed.state_dict()[name], value)
    assert "share=0.02" in str(decayed)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to below 1"):
        DecayedLinear(nn.Linear(2, 2), share)
