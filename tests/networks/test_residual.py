"""Residual blocks and deep networks of them against their formulas."""

import pytest
import torch
from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.deep import residual_mlp
from bnutils.networks.residual import Residual
from bnutils.networks.skipinit import SkipInit
from tests.layers.values import CHANNELS, close, double, gradients, seeded


def test_skipinit_is_the_identity_at_the_start_and_only_its_scalar_learns_there():
    block = SkipInit(nn.ReLU(), nn.Linear(CHANNELS, CHANNELS)).double()
    x = seeded(5, CHANNELS)
    y, (dx, dalpha, dweight, dbias) = gradients(block, x)
    assert torch.equal(y, x)
    close(dx, seeded(5, CHANNELS, seed=9))
    close(dalpha, (seeded(5, CHANNELS, seed=9) * block.branch(x)).sum())
    assert not dweight.any() and not dbias.any() and dalpha != 0


def test_blocks_are_their_formulas():
    x = seeded(5, CHANNELS)
    residual = double(Residual, nn.Linear(CHANNELS, CHANNELS), nn.Tanh())
    close(residual(x), x + torch.tanh(residual.branch[0](x)))
    skip = double(SkipInit, nn.Linear(CHANNELS, CHANNELS), nn.Tanh(), alpha_init=0.5)
    close(skip(x), x + skip.alpha * torch.tanh(skip.branch[0](x)))
    one = SkipInit(nn.Linear(CHANNELS, CHANNELS), alpha_init=1.0).double()
    plain = Residual(one.branch[0])
    close(one(x), plain(x))
    empty = Residual()
    close(empty(x), 2 * x)


@pytest.mark.parametrize("block", [nn.Sequential, Residual, SkipInit])
@pytest.mark.parametrize("norm", [None, BatchNorm1d])
def test_deep_networks_share_their_initial_weights(block, norm):
    net = residual_mlp(6, 3, width=5, blocks=2, block=block, norm=norm, seed=4)
    reference = residual_mlp(6, 3, width=5, blocks=2, seed=4)
    found = [layer.weight for layer in net.modules() if isinstance(layer, nn.Linear)]
    wanted = [layer.weight for layer in reference.modules() if isinstance(layer, nn.Linear)]
    assert len(found) == 4
    close(found, wanted)
    assert sum(isinstance(layer, BatchNorm1d) for layer in net.modules()) == 2 * (norm is not None)
    x = seeded(4, 2, 3, dtype=torch.float32)
    if norm is None:
        h = net[1](x.flatten(1))
        for inner in net[2:4]:
            change = (inner if block is nn.Sequential else inner.branch)[-1](h.relu())
            h = {nn.Sequential: change, Residual: h + change, SkipInit: h}[block]
        torch.testing.assert_close(net(x), net[-1](h.relu()))


def test_the_gain_scales_the_branches_only():
    small = residual_mlp(6, 3, width=5, blocks=2, branch_gain=0.1, seed=4)
    full = residual_mlp(6, 3, width=5, blocks=2, seed=4)
    for (name, a), (_, b) in zip(small.named_parameters(), full.named_parameters(), strict=True):
        torch.testing.assert_close(a, 0.1 * b if "branch" in name else b)
