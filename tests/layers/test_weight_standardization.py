"""Standardized weights against the paper's formula and plain layers."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.layers.weight_standardization import (
    WSLinear,
    standardize,
    with_standardized_weights,
)
from bnutils.networks.mlp import mlp
from tests.layers.values import close, double, seeded


@pytest.mark.parametrize("shape", [(5, 30), (6, 2, 3, 3)])
def test_standardized_weights_have_mean_0_and_variance_1(shape):
    weight = standardize(3 * seeded(*shape) + 0.5, eps=1e-14).flatten(1)
    close(weight.mean(1), torch.zeros(len(weight), dtype=torch.float64))
    close(weight.var(1, correction=0), torch.ones(len(weight), dtype=torch.float64))


def test_standardization_is_the_paper_s_formula():
    weight = seeded(5, 2, 3, 3)
    flat = weight.flatten(1)  # [out, I]
    mean = flat.sum(1, keepdim=True) / 18
    sigma = ((flat.square().sum(1, keepdim=True) / 18 - mean.square()) + 1e-5).sqrt()
    close(standardize(weight).flatten(1), (flat - mean) / sigma)


@pytest.mark.parametrize(("ours", "theirs", "shape"), [
    (partial(WSLinear, 6, 5), partial(nn.Linear, 6, 5), (7, 6)),
    (partial(WSLinear, 6, 5, bias=False), partial(nn.Linear, 6, 5, bias=False), (2, 7, 6)),
])  # fmt: skip
def test_a_layer_with_standardized_weights(ours, theirs, shape):
    layer, plain = double(ours), theirs().double()
    plain.load_state_dict({**layer.state_dict(), "weight": standardize(layer.weight)})
    close(layer(seeded(*shape)), plain(seeded(*shape)))
    fresh = ours().double()
    fresh.load_state_dict(layer.state_dict())
    close(fresh(seeded(*shape)), layer(seeded(*shape)))


def test_standardized_weights_are_blind_to_scale_and_shift():
    weight = 100 * seeded(5, 40)
    close(standardize(7 * weight + 3, eps=0.0), standardize(weight, eps=0.0))


def test_with_standardized_weights_replaces_all_but_the_last():
    net = mlp([6, 5, 4, 3], norm=nn.LayerNorm, seed=1)
    state = copy.deepcopy(net.state_dict())
    other = with_standardized_weights(net)
    kinds = [type(layer) for layer in other if isinstance(layer, nn.Linear)]
    assert kinds == [WSLinear, WSLinear, nn.Linear]
    close(other.state_dict(), state)
    x = seeded(4, 6, dtype=torch.float32)
    hidden = F.relu(other[2](x @ standardize(state["1.weight"]).T))
    torch.testing.assert_close(other[:4](x), hidden)
    assert all(parameter.device.type == "cpu" for parameter in other.parameters())
