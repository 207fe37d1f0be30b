"""The network builder: layers in order, initial weights as stated, the same with and without BN."""

import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d
from bnutils.networks.mlp import mlp


def linears(net):
    return [layer for layer in net if isinstance(layer, nn.Linear)]


def kinds(net):
    return [type(layer).__name__ for layer in net]


def test_layers_stand_in_the_stated_order():
    assert kinds(mlp([4, 3, 2])) == ["Flatten", "Linear", "ReLU", "Linear"]
    normed = mlp([4, 3, 2], norm=BatchNorm1d, activation=nn.Tanh)
    assert kinds(normed) == ["Flatten", "Linear", "BatchNorm1d", "Tanh", "Linear"]
    after = mlp([4, 3, 2], norm=BatchNorm1d, norm_last=True)
    assert kinds(after) == ["Flatten", "Linear", "ReLU", "BatchNorm1d", "Linear"]


def test_a_bias_stands_only_where_no_normalization_follows():
    assert [layer.bias is None for layer in linears(mlp([4, 3, 3, 2], norm=BatchNorm1d))] == [
        True, True, False,
    ]  # fmt: skip
    assert all((layer.bias == 0).all() for layer in linears(mlp([4, 3, 3, 2])))


def test_arms_start_from_the_same_weights_and_seeds_from_different_ones():
    plain, normed, other = (
        linears(mlp([20, 10, 10, 5], norm=norm, seed=seed))
        for norm, seed in ((None, 1), (BatchNorm1d, 1), (None, 2))
    )
    for a, b, c in zip(plain, normed, other, strict=True):
        assert torch.equal(a.weight, b.weight)
        assert not torch.equal(a.weight, c.weight)


@pytest.mark.parametrize(
    ("settings", "std"),
    [({}, (2 / 400) ** 0.5), ({"gain": 10.0}, 10 * (2 / 400) ** 0.5), ({"std": 0.05}, 0.05)],
)
def test_the_spread_of_the_weights_is_the_one_asked_for(settings, std):
    weight = linears(mlp([400, 400, 10], **settings))[0].weight
    assert weight.std().item() == pytest.approx(std, rel=0.01)


def test_refuses_a_network_without_layers():
    with pytest.raises(ValueError, match="at least the inputs and the classes"):
        mlp([4])
