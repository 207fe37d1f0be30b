"""Batch normalization with noise: the moments of the noise, alone and in a stack."""

import pytest
import torch
from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.studies.jitter import jittered_batchnorm
from bnutils.wide import stack

pytestmark = pytest.mark.usefixtures("one_thread")
PASSES = 400


def outputs(layer, x):
    torch.manual_seed(0)
    return torch.stack([layer(x) for _ in range(PASSES)])  # [passes, B, C]


@pytest.mark.parametrize("training", [True, False])
def test_the_noise_has_the_declared_moments(training):
    x = torch.randn(200, 3, generator=torch.Generator().manual_seed(1))
    plain, noisy = BatchNorm1d(3).train(training), jittered_batchnorm(3).train(training)
    y = plain(x)  # [B, C]
    seen = outputs(noisy, x).detach()
    mean = seen.mean(0)  # over the noise: E[scale] y + E[shift] = 1.125 y
    torch.testing.assert_close(mean, 1.125 * y, atol=0.12, rtol=0)
    moved = seen.mean(1).var(0)  # variance of a unit's mean from pass to pass, [C]
    # A uniform number on an interval of length 1 has the variance 1/12.
    expected = 1 / 12 + (0.25**2 / 12) * y.mean(0) ** 2
    torch.testing.assert_close(moved, expected, rtol=0.25, atol=0)
    within = (seen - seen.mean(1, keepdim=True)).square().mean((0, 1))  # [C]
    scale = 1.125**2 + 0.25**2 / 12 + 0.01
    torch.testing.assert_close(within, scale * y.var(0, correction=0) + 0.01 * (
        1 + y.mean(0) ** 2), rtol=0.05, atol=0)  # fmt: skip


def test_each_unit_and_each_pass_has_noise_of_its_own():
    y = outputs(jittered_batchnorm(4), torch.randn(50, 4)).mean(1)  # [passes, C]
    together = torch.corrcoef(torch.cat([y.T, y.roll(1, 0).T]))
    assert (together - torch.eye(8)).abs().max() < 0.25


def test_a_stack_has_noise_of_its_own_for_every_network():
    nets = [nn.Sequential(nn.Linear(3, 4), jittered_batchnorm(4)) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    x = torch.randn(20, 3)
    first, second = stack(nets)(torch.stack([x, x]))  # each [B, C]
    assert not torch.allclose(first.mean(0), second.mean(0))
