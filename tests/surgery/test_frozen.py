"""Frozen batch normalization against PyTorch's layer in evaluation mode."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.mistakes import ShortBatchNorm
from bnutils.networks.mlp import mlp
from bnutils.surgery.frozen import FrozenBatchNorm, frozen


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
    names = {
        name for name, p in frozen(net, freeze_affine=True).named_parameters() if p.requires_grad
    }
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


class Elsewhere(nn.Module):
    """Calls a layer that stands in a list and in a dictionary too, and one at two places."""

    def __init__(self):
        super().__init__()
        self.inner = nn.ModuleList([nn.Linear(3, 3), BatchNorm1d(3)])
        self.again = self.inner[1]
        self.order = list(self.inner)
        self.by_name = {"norm": self.again}

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return self.again(self.by_name["norm"](x))


def volume(norm):
    return nn.Sequential(nn.Conv3d(1, 2, 2), norm(2)), (4, 1, 3, 3, 3)


def vectors(norm):
    return nn.Sequential(nn.Linear(3, 3), norm(3)), (8, 3)


def twice():
    norm = nn.BatchNorm1d(3)
    return nn.Sequential(nn.Linear(3, 3), norm, nn.Tanh(), norm)


CONVERTED = {
    "BatchNorm3d": volume(nn.BatchNorm3d),
    "SyncBatchNorm": vectors(nn.SyncBatchNorm),
    "our synchronized layer": vectors(SyncBatchNorm1d),
    "ghost": vectors(partial(GhostBatchNorm1d, group_size=2)),
    "renorm": vectors(BatchRenorm1d),
    "at two places": (twice(), (8, 3)),
    "at two places, nested": (nn.Sequential(nested := twice(), nested[1]), (8, 3)),
    "in a list and a dictionary": (Elsewhere(), (8, 3)),
    "gamma removed": (twice(), (8, 3)),
    "beta removed": (twice(), (8, 3)),
}
CONVERTED["gamma removed"][0][1].weight = None
CONVERTED["beta removed"][0][1].bias = None


@pytest.mark.parametrize("case", CONVERTED)
def test_every_kind_of_layer_is_frozen_wherever_it_stands(case):
    net, shape = CONVERTED[case]
    net = copy.deepcopy(net).double().train()
    net(3 * seeded(*shape) + 1)
    still = frozen(net)
    state = copy.deepcopy(still.state_dict())
    x = seeded(*shape, seed=1) - 2
    torch.testing.assert_close(still.train()(x), net.eval()(x), rtol=1e-12, atol=1e-12)
    assert list(state) == list(net.state_dict())
    for name, value in still.state_dict().items():
        assert torch.equal(value, state[name])


def test_shared_parameters_stay_shared():
    net = nn.Sequential(BatchNorm1d(3), BatchNorm1d(3))
    net[1].weight = net[0].weight
    still = frozen(net)
    assert still[1].weight is still[0].weight is not net[0].weight
    assert len(list(still.parameters())) == 3


class Activated(BatchNorm1d):
    def forward(self, x):
        return super().forward(x).relu()


def with_hook(register):
    layer = nn.BatchNorm1d(3)
    getattr(layer, register)(lambda *_: None)
    return layer


def replaced_forward():
    layer = BatchNorm1d(3)
    layer.forward = torch.relu
    return layer


UNKNOWN = {
    "a subclass": (Activated(3), r"layer '0' is tests.surgery.test_frozen.Activated"),
    "a subclass of PyTorch's": (nn.LazyBatchNorm1d(), "LazyBatchNorm1d"),
    "a layer like it": (ShortBatchNorm(3), "ShortBatchNorm"),
    "tracking instances": (nn.InstanceNorm1d(3, track_running_stats=True), "InstanceNorm1d"),
    "parametrized": (parametrizations.weight_norm(BatchNorm1d(3), dim=None), "Parametrized"),
    "a hook": (with_hook("register_forward_hook"), "forward_hooks of its own"),
    "a hook before": (with_hook("register_forward_pre_hook"), "forward_pre_hooks"),
    "a hook of gradients": (with_hook("register_full_backward_hook"), "backward_hooks"),
    "pruned": (prune.random_unstructured(BatchNorm1d(3), "weight", 0.5), "weight_mask"),
    "another forward": (replaced_forward(), "attribute 'forward' of its own"),
    "a layer inside": (BatchNorm1d(3), "'activation', which"),
    "a buffer more": (BatchNorm1d(3), "'mask', which"),
}
UNKNOWN["a layer inside"][0].activation = nn.ReLU()
UNKNOWN["a buffer more"][0].register_buffer("mask", torch.ones(3))


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_a_copy_would_lose_is_refused(case):
    layer, message = UNKNOWN[case]
    with pytest.raises(ValueError, match=message):
        frozen(nn.Sequential(layer))


def test_frozen_networks_are_frozen_again_as_they_are():
    net = nn.Sequential(BatchNorm1d(3), frozen(BatchNorm1d(3)))
    assert all(isinstance(layer, FrozenBatchNorm) for layer in frozen(net))


def test_a_wrong_number_of_channels_is_refused():
    with pytest.raises(RuntimeError, match="should contain 5 elements not 1"):
        frozen(BatchNorm1d(1))(torch.ones(4, 5))


def test_half_precision_is_computed_wide():
    layer = trained().float()[2]
    x = seeded(5, 8).bfloat16()
    y = frozen(layer)(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, layer.eval()(x))


def test_a_layer_without_statistics_cannot_be_frozen():
    with pytest.raises(ValueError, match="no running statistics"):
        frozen(nn.Sequential(BatchNorm1d(3, track_running_stats=False)))
