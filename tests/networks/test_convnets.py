"""The small convolutional networks: sizes, weights, and the count of effective values."""

from functools import partial

import pytest
import torch
from torch import nn

from bnutils.layers.batchnorm import BatchNorm2d
from bnutils.networks.convnets import cnn, effective_count


def sizes(net, x):
    """Rows of the images that every convolution returns."""
    found = []
    for layer in net:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            found.append(x.shape[2])
    return found


def test_strides_halve_rounded_up_to_one_pixel():
    x = torch.zeros(2, 1, 14, 14)
    assert sizes(cnn(14, (1, 4, 4, 4, 4), 10, pool=False), x) == [7, 4, 2, 1]
    assert sizes(cnn(8, (1, 4, 4, 4), 10, pool=False), x[..., :8, :8]) == [4, 2, 1]


def test_pooling_keeps_the_size_for_the_normalization():
    net = cnn(14, (1, 4, 6), 10, pool=True, norm=BatchNorm2d)
    assert sizes(net, torch.zeros(2, 1, 14, 14)) == [14, 7]
    assert net[-1].in_features == 6 * 3 * 3
    assert net(torch.zeros(2, 1, 14, 14)).shape == (2, 10)


def test_a_seed_gives_the_same_weights_with_and_without_normalization():
    norms = (None, BatchNorm2d, partial(nn.GroupNorm, 2))
    nets = [cnn(8, (1, 4, 6), 10, pool=True, norm=norm, seed=3) for norm in norms]
    weights = [[p for p in net.parameters() if p.dim() > 1] for net in nets]
    for one, *others in zip(*weights, strict=True):
        assert all(torch.equal(one, other) for other in others)
    assert nets[0][0].bias is not None and nets[1][0].bias is None
    kernel = cnn(8, (1, 100, 100), 10, pool=True)[3].weight
    assert kernel.std().item() == pytest.approx((2 / 900) ** 0.5, rel=0.02)


def test_too_many_pools_are_refused():
    with pytest.raises(ValueError, match="4 layers leave nothing of 8 pixels"):
        cnn(8, (1, 2, 2, 2, 2), 10, pool=True)


def test_independent_values_count_fully_and_equal_ones_once():
    torch.manual_seed(0)
    independent = torch.randn(5000, 3, 4, 4)
    assert effective_count(independent).tolist() == pytest.approx([16] * 3, rel=0.1)
    equal = torch.randn(50, 3, 1, 1).expand(-1, -1, 4, 4)
    assert effective_count(equal).tolist() == pytest.approx([1] * 3, rel=0.03)


def test_the_count_follows_the_mean_correlation():
    """Shared and own noise in equal parts: every two values correlate by 1/2."""
    torch.manual_seed(0)
    maps = torch.randn(20000, 1, 1, 1) + torch.randn(20000, 1, 4, 4)
    assert effective_count(maps).item() == pytest.approx(16 / (1 + 15 / 2), rel=0.05)


def test_values_that_balance_count_more_than_there_are():
    torch.manual_seed(0)
    maps = torch.randn(500, 1, 4, 4)
    assert effective_count(maps - 0.9 * maps.mean((2, 3), keepdim=True)).item() > 100
