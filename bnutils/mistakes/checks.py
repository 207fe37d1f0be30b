"""A check for every mistake: it raises AssertionError for the wrong layer, for a right one not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.testing import assert_close


@dataclass(frozen=True)
class LayerKind:
    """A layer to check, for [B, C] and [B, C, H, W]: C in, a layer out.

    The checks read ``running_mean``, ``running_var``, ``weight``, ``bias``.
    A convention that is declared is no mistake: ``new_weight`` is what a new
    value weighs, ``eps`` epsilon, and ``unbiased`` says that the running
    variance is divided by m - 1. Keras 3 has 0.01, 1e-3 and False.
    """

    vectors: Callable[[int], nn.Module]
    images: Callable[[int], nn.Module]
    new_weight: float = 0.1
    eps: float = 1e-5
    unbiased: bool = True


def random_numbers(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator)


def fill(layer: nn.Module, **numbers: float) -> None:
    """Set weights or statistics, by name, to one number for all channels."""
    for name, number in numbers.items():
        getattr(layer, name).data.fill_(number)


def check_running_variance(kind: LayerKind) -> None:
    x = torch.tensor([[1.0], [3.0], [5.0], [7.0]])  # [4, 1]
    expected = torch.tensor([20 / 3 if kind.unbiased else 5.0])  # [1]
    cases = [(kind.vectors(1), x), (kind.images(1), x.view(2, 1, 2, 1))]
    for layer, batch in cases:  # m = 4 in both: images have B·H·W values
        for _ in range(int(20 / kind.new_weight)):
            layer(batch)
        assert_close(layer.running_var, expected, rtol=1e-4, atol=0.0)


def check_mode(kind: LayerKind) -> None:
    layer, x = kind.vectors(3), 2 + random_numbers(8, 3)  # [8, 3]
    layer(x)
    layer.eval()
    together, alone = layer(x)[:2], layer(x[:2])  # [2, 3] each
    assert_close(together, alone)
    with torch.no_grad():
        means = layer.train()(x).mean(0)  # [3]
    assert_close(means, torch.zeros(3), rtol=0, atol=1e-5)


def check_checkpoint(kind: LayerKind) -> None:
    layer, loaded = kind.vectors(3), kind.vectors(3)
    x = 2 + random_numbers(8, 3)  # [8, 3]
    layer(x)
    loaded.load_state_dict(layer.state_dict())
    with torch.no_grad():
        assert_close(loaded.eval()(x), layer.eval()(x))


def check_no_history(kind: LayerKind) -> None:
    layer = kind.vectors(3)
    layer(random_numbers(8, 3).requires_grad_())
    assert not layer.running_mean.requires_grad
    assert not layer.running_var.requires_grad


def check_large_mean(kind: LayerKind) -> None:
    x = 10_000 + random_numbers(256, 8)  # [256, 8], float32
    assert_close(kind.vectors(8)(x).std(0), torch.ones(8), rtol=0.01, atol=0.0)


def check_forward(kind: LayerKind) -> None:
    x = torch.tensor([[1.0], [3.0], [5.0], [7.0]])  # [4, 1]: mean 4, variance 5
    x_hat = (x - 4) / (5 + kind.eps) ** 0.5  # [4, 1]
    layer = kind.vectors(1)
    fill(layer, weight=2, bias=0.5)
    assert_close(layer(x), 2 * x_hat + 0.5, rtol=1e-4, atol=0.0)


def check_gradient(kind: LayerKind) -> None:
    layer = kind.vectors(3).double()
    numbers = 2 + random_numbers(6, 3), random_numbers(3), torch.zeros(3)
    inputs = [each.double().requires_grad_() for each in numbers]

    def output(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        parameters = {"weight": weight, "bias": bias}  # [3] each
        y: Tensor = torch.func.functional_call(layer, parameters, (x,))
        return y  # [6, 3]

    assert torch.autograd.gradcheck(output, inputs, raise_exception=False)


def check_momentum(kind: LayerKind) -> None:
    layer = kind.vectors(1)
    layer(torch.tensor([[9.0], [11.0]]))  # [2, 1]: mean 10
    assert_close(layer.running_mean, torch.tensor([10 * kind.new_weight]))


def check_fresh_evaluation(kind: LayerKind) -> None:
    layer, x = kind.vectors(3).eval(), random_numbers(8, 3)  # [8, 3]
    fill(layer, weight=2, bias=0.5)
    with torch.no_grad():
        expected = 2 * x / (1 + kind.eps) ** 0.5 + 0.5  # [8, 3]
        assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


def check_channels(kind: LayerKind) -> None:
    scale = torch.tensor([1.0, 10.0, 100.0, 1000.0]).view(4, 1, 1)  # [4, 1, 1]
    layer, x = kind.images(4), scale * (1 + random_numbers(16, 4, 3, 4))
    values = x.transpose(0, 1).reshape(4, -1)  # [4, 192], those of each channel
    mean, std = (part.view(4, 1, 1) for part in (values.mean(1), values.std(1)))
    assert_close(layer(x), (x - mean) / std, rtol=0, atol=0.02)
    with torch.no_grad():
        mean, var = (getattr(layer, f"running_{it}") for it in ("mean", "var"))
        std = (var + kind.eps).sqrt().view(4, 1, 1)
        expected = (x - mean.view(4, 1, 1)) / std
        assert_close(layer.eval()(x), expected, rtol=1e-3, atol=1e-3)


def check_constant_channel(kind: LayerKind) -> None:
    x = torch.full((64, 1), 100.1).requires_grad_()  # [64, 1], inexact
    layer = kind.vectors(1)
    y = layer(x)
    assert y.abs().max() < 0.1
    (gradient,) = torch.autograd.grad((y * random_numbers(64, 1)).sum(), x)
    assert gradient.abs().max() < 1e4
    fill(layer, running_mean=0, running_var=0)
    with torch.no_grad():
        assert layer.eval()(torch.zeros(4, 1)).isfinite().all()


def check_no_idle_parameter(kind: LayerKind) -> None:
    layer, x = kind.vectors(3).double(), random_numbers(8, 3).double()
    parameters = dict(layer.named_parameters())
    assert {"weight", "bias"} <= parameters.keys()
    (layer(x) * random_numbers(8, 3, seed=1)).sum().backward()
    for name, parameter in parameters.items():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 1e-9, name
