"""Batch renormalization against the paper's algorithm and its limits."""

import copy

import pytest
import torch
from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from tests.layers.values import CHANNELS, close, double, gradients, seeded


def renormalized(x, layer):
    """Algorithm 1 of the paper, line by line, for vectors."""
    mu, sigma = layer.running_mean, (layer.running_var + layer.eps).sqrt()
    mu_b = x.mean(0)
    sigma_b = ((x - mu_b).square().mean(0) + layer.eps).sqrt()
    r = (sigma_b / sigma).clip(1 / layer.r_max, layer.r_max).detach()
    d = ((mu_b - mu) / sigma).clip(-layer.d_max, layer.d_max).detach()
    return layer.weight * ((x - mu_b) / sigma_b * r + d) + layer.bias


@pytest.mark.parametrize(("r_max", "d_max"), [(1.0, 0.0), (1.2, 0.3), (3.0, 5.0), (1e9, 1e9)])
def test_renorm_is_the_paper_s_algorithm(r_max, d_max):
    layer = double(BatchRenorm1d, CHANNELS, r_max, d_max)
    for step in range(4):
        x = 3 * seeded(6, CHANNELS, seed=step) + torch.arange(CHANNELS)
        before = copy.deepcopy(layer)
        y, found = gradients(layer, x)
        expected, wanted = gradients(partial_module(before), x)
        close(y, expected)
        for a, b in zip(found, wanted, strict=True):
            close(a, b)
        close(layer.running_mean, before.running_mean.lerp(x.mean(0), 0.1))
        close(layer.running_var, before.running_var.lerp(x.var(0), 0.1))
        assert layer.num_batches_tracked == step + 1


class partial_module(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.weight, self.bias, self.layer = layer.weight, layer.bias, [layer]

    def forward(self, x):
        return renormalized(x, self.layer[0])


def test_renorm_without_room_is_batch_normalization():
    renorm, batch = double(BatchRenorm1d, CHANNELS, 1.0, 0.0), double(BatchNorm1d, CHANNELS)
    for step in range(3):
        x = seeded(8, CHANNELS, 5, seed=step) + 3
        for a, b in zip(gradients(renorm, x), gradients(batch, x), strict=True):
            close(a, b)
    close(renorm.state_dict(), batch.state_dict())


def test_renorm_without_limits_trains_with_what_evaluation_returns():
    layer = double(BatchRenorm1d, CHANNELS, float("inf"), float("inf"))
    layer(5 * seeded(8, CHANNELS) + 2)
    x = seeded(2, CHANNELS, seed=3)
    expected = copy.deepcopy(layer).eval()(x)
    close(layer(x), expected)


def test_renorm_limits_are_attributes_that_a_schedule_may_move():
    layer, batch = (kind(CHANNELS).double() for kind in (BatchRenorm1d, BatchNorm1d))
    layer.r_max, layer.d_max = 1.0, 0.0
    x = 4 * seeded(8, CHANNELS) + 2
    close(layer(x), batch(x))
    layer.r_max, layer.d_max = 3.0, 5.0
    assert not torch.allclose(layer(x), batch(x))


def test_renorm_clips_by_hand():
    layer = BatchRenorm1d(1, 2.0, 1.0, eps=0.0, affine=False, dtype=torch.float64)
    # Mean 10 and deviation 6 against 0 and 1: r = 6 becomes 2, d = 10 becomes 1.
    y = layer(torch.tensor([[4.0], [16.0]], dtype=torch.float64))
    close(y, torch.tensor([[-1.0], [3.0]], dtype=torch.float64))


def test_renorm_refuses_limits_without_the_identity_and_one_value():
    for limits in ((0.9, 0.0), (1.0, -0.1), (float("nan"), 0.0)):
        with pytest.raises(ValueError, match="at least 1 and at least 0"):
            BatchRenorm1d(CHANNELS, *limits)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        BatchRenorm1d(CHANNELS)(torch.zeros(1, CHANNELS))
    with pytest.raises(RuntimeError, match="elements"):
        BatchRenorm1d(CHANNELS)(torch.zeros(2, CHANNELS + 1))
