"""Frozen batch normalization against PyTorch's layer in evaluation mode."""

import copy

import pytest
import torch
from torch import nn

from bnutils.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.freezing import FrozenBatchNorm, frozen
from bnutils.networks import mlp
from bnutils.replicas import stack, unstack


def seeded(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def trained(norm=BatchNorm1d, seed=0):
    """A network whose statistics, gamma and beta are away from their starting values."""
    net = mlp([6, 8, 7, 3], norm=norm, seed=seed).double()
    for index in range(3):
        net(2 + seeded(20, 6, seed=seed + index))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.2 * seeded(*parameter.shape, seed=seed)
    return net


@pytest.mark.parametrize("norm", [BatchNorm1d, nn.BatchNorm1d])
@pytest.mark.parametrize("mode", [True, False])
def test_a_frozen_network_is_in_both_modes_what_it_was_in_evaluation_mode(norm, mode):
    net, x = trained(norm), seeded(9, 6)
    expected = net.eval()(x)
    still = frozen(net).train(mode)
    state = copy.deepcopy(still.state_dict())
    torch.testing.assert_close(still(x), expected, rtol=1e-12, atol=1e-12)
    for name, value in still.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0)


@pytest.mark.parametrize("settings", [{}, {"affine": False}, {"bias": False}, {"eps": 0.1}])
def test_images_and_settings_agree_with_pytorch(settings):
    layer = nn.BatchNorm2d(3, **settings, dtype=torch.float64)
    layer(seeded(5, 3, 4, 4) * 3 + 1)
    x = seeded(2, 3, 4, 4, seed=1).requires_grad_()
    ours = frozen(layer)(x)
    (gradient,) = torch.autograd.grad(ours.square().sum(), x)
    theirs = layer.eval()(x)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    (reference,) = torch.autograd.grad(theirs.square().sum(), x)
    torch.testing.assert_close(gradient, reference, rtol=1e-12, atol=1e-12)


def test_gradients_of_gamma_and_beta_are_those_of_evaluation_mode():
    net, x = trained(nn.BatchNorm1d).eval(), seeded(9, 6)
    still = frozen(net).train()
    for each in (net, still):
        each(x).square().sum().backward()
    pairs = zip(still.parameters(), net.parameters(), strict=True)
    for parameter, reference in pairs:
        torch.testing.assert_close(parameter.grad, reference.grad, rtol=1e-10, atol=1e-10)


def test_gamma_and_beta_are_frozen_where_asked():
    net = trained()
    names = {name for name, p in frozen(net, affine=True).named_parameters() if p.requires_grad}
    assert names == {"1.weight", "4.weight", "7.weight", "7.bias"}
    assert all(p.requires_grad for p in frozen(net).parameters())
    net[2].requires_grad_(False)
    assert not frozen(net)[2].weight.requires_grad


def test_checkpoints_fit_both_ways():
    net = trained()
    still = frozen(net)
    mlp([6, 8, 7, 3], norm=nn.BatchNorm1d).double().load_state_dict(still.state_dict())
    other = frozen(trained(seed=5))
    other.load_state_dict(net.state_dict())
    x = seeded(4, 6)
    torch.testing.assert_close(other(x), still(x), rtol=0, atol=0)


def test_a_layer_alone_and_nested_ones_are_frozen_and_the_network_is_not():
    assert isinstance(frozen(BatchNorm2d(3)), FrozenBatchNorm)
    net = nn.Sequential(nn.Sequential(nn.Linear(2, 3), BatchNorm1d(3)), nn.ReLU())
    still = frozen(net)
    assert isinstance(still[0][1], FrozenBatchNorm)
    assert isinstance(net[0][1], BatchNorm1d)
    assert "3, eps=1e-05" in repr(still)


def test_half_precision_is_computed_wide():
    layer = trained().float()[2]
    x = seeded(5, 8).bfloat16()
    y = frozen(layer)(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, layer.eval()(x))


def test_a_layer_without_statistics_cannot_be_frozen():
    with pytest.raises(ValueError, match="no running statistics"):
        frozen(nn.Sequential(BatchNorm1d(3, track_running_stats=False)))


def test_a_stack_of_frozen_networks_is_each_alone():
    nets = [frozen(trained(seed=seed), affine=seed is None) for seed in (0, 1)]
    alone = [copy.deepcopy(net) for net in nets]
    x = seeded(2, 9, 6)
    stacked = stack(nets).train()
    y = stacked(x)
    y.square().sum().backward()
    with torch.no_grad():
        for parameter in stacked.parameters():
            parameter -= 0.1 * parameter.grad
    unstack(stacked, nets)
    for index, net in enumerate(alone):
        z = net(x[index])
        torch.testing.assert_close(y[index], z, rtol=1e-12, atol=1e-12)
        z.square().sum().backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.1 * parameter.grad
        for value, reference in zip(
            nets[index].state_dict().values(), net.state_dict().values(), strict=True
        ):
            torch.testing.assert_close(value, reference, rtol=1e-10, atol=1e-10)
