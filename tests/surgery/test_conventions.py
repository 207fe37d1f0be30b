"""Converted conventions against PyTorch's layer, and the groups that weight decay acts on."""

import numpy as np
import pytest
import torch
from torch import nn

from bnutils.networks.mlp import mlp
from bnutils.surgery.conventions import CONVENTIONS, convention, convert_momentum, variance_factor
from bnutils.surgery.parameter_groups import decay_groups


def moving_average(old_weight, batches, statistic, start):
    """old_weight · old + (1 - old_weight) · new, as Keras writes it, in NumPy."""
    average = np.full(batches.shape[2], start)
    for batch in batches:
        average = old_weight * average + (1 - old_weight) * statistic(batch)
    return average


@pytest.mark.parametrize("keras_momentum", [0.99, 0.9, 0.3])
def test_pytorch_with_a_converted_momentum_follows_keras(keras_momentum):
    batches = np.random.default_rng(0).normal(3, 2, size=(10, 8, 5))
    momentum = convert_momentum(keras_momentum, "Keras", "PyTorch")
    layer = nn.BatchNorm1d(5, momentum=momentum, dtype=torch.float64)
    for batch in batches:
        layer(torch.from_numpy(batch))
    mean = moving_average(keras_momentum, batches, lambda b: b.mean(0), 0.0)
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
    # The starting value 1 is no variance of a batch and has no factor.
    start = keras_momentum ** len(batches)
    variance = moving_average(keras_momentum, batches, lambda b: b.var(0), 1.0)
    found = (layer.running_var.numpy() - start) / variance_factor(8, "Keras", "PyTorch") + start
    np.testing.assert_allclose(found, variance, rtol=1e-12)


def test_pytorch_defaults_are_as_recorded():
    layer, ours = nn.BatchNorm1d(3), CONVENTIONS["PyTorch"]
    assert (layer.momentum, layer.eps) == (ours.momentum, ours.eps)
    assert all(name == each.name for name, each in CONVENTIONS.items())


def test_momentum_is_converted_there_and_back():
    assert convert_momentum(0.99, "Keras", "PyTorch") == 0.01
    assert convert_momentum(0.1, "PyTorch", "Keras") == 0.9
    assert convert_momentum(0.99, "Keras", "Flax") == 0.99
    assert variance_factor(2, "Keras", "PyTorch") == 2
    assert variance_factor(2, "PyTorch", "Flax") == 0.5
    assert variance_factor(2, "Keras", "Flax") == 1


def test_the_fused_kernel_of_keras_2_stores_the_unbiased_variance():
    assert variance_factor(4, "tf.keras 2, images", "PyTorch") == 1
    assert variance_factor(4, "tf.keras 2, images", "Keras") == 3 / 4
    assert variance_factor(4, "tf.keras 2, vectors", "PyTorch") == 4 / 3


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match=r"momentum is 1.5.*0 to 1"):
        convert_momentum(1.5, "Keras", "PyTorch")
    with pytest.raises(ValueError, match=r"'Torch'; there are PyTorch, Keras, tf.keras 2, images"):
        convention("Torch")
    with pytest.raises(ValueError, match="at least 2"):
        variance_factor(1, "Keras", "PyTorch")


def test_only_matrices_and_kernels_decay():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), mlp([8, 4, 3], norm=nn.LayerNorm))
    matrices, vectors = decay_groups(net, 0.01)
    assert matrices["weight_decay"] == 0.01
    assert vectors["weight_decay"] == 0
    assert {p.dim() for p in matrices["params"]} == {2, 4}
    assert {p.dim() for p in vectors["params"]} == {1}
    assert len(matrices["params"]) + len(vectors["params"]) == len(list(net.parameters()))


def test_an_optimizer_with_the_groups_shrinks_matrices_only():
    net = mlp([3, 4, 2], norm=nn.BatchNorm1d)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1.0)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    torch.optim.SGD(decay_groups(net, 0.1), lr=1.0).step()
    values = {name: p.detach().mean().item() for name, p in net.named_parameters()}
    assert values["2.weight"] == values["2.bias"] == 1
    assert values["1.weight"] == pytest.approx(0.9)


def test_frozen_parameters_and_wrong_decay():
    net = mlp([3, 4, 2], norm=nn.BatchNorm1d).requires_grad_(False)
    assert [group["params"] for group in decay_groups(net, 0.1)] == [[], []]
    with pytest.raises(ValueError, match="0 or more"):
        decay_groups(net, -0.1)
