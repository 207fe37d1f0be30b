"""A check for every mistake: it raises AssertionError for the wrong layer, for a right one not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.testing import assert_close


@dataclass(frozen=True)
class LayerKind:
    """A layer to check, for [B, C] and [B, C, H, W]: C goes in, a layer comes out.

    The checks read ``running_mean`` and ``running_var``, [C]. A convention that is
    declared is no mistake: ``new_weight`` is what a new value weighs, ``eps`` epsilon,
    and ``unbiased`` says that the running variance is divided by m - 1.
    Keras 3 has 0.01, 1e-3 and False.
    """

    vectors: Callable[[int], nn.Module]
    images: Callable[[int], nn.Module]
    new_weight: float = 0.1
    eps: float = 1e-5
    unbiased: bool = True


def random_numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def check_running_variance(kind: LayerKind) -> None:
    layer, x = kind.vectors(1), torch.tensor([[1.0], [3.0], [5.0], [7.0]])
    for _ in range(int(20 / kind.new_weight)):
        layer(x)
    expected = torch.tensor([(9 + 1 + 1 + 9) / (3 if kind.unbiased else 4)])
    assert_close(layer.running_var, expected, rtol=1e-4, atol=0.0)


def check_mode(kind: LayerKind) -> None:
    layer, x = kind.vectors(3), 2 + random_numbers(8, 3)  # [8, 3]
    layer(x)
    layer.eval()
    together, alone = layer(x)[:2], layer(x[:2])  # [2, 3] each
    assert_close(together, alone)
    with torch.no_grad():
        assert_close(layer.train()(x).mean(0), torch.zeros(3), rtol=0, atol=1e-5)


def check_checkpoint(kind: LayerKind) -> None:
    layer, loaded, x = kind.vectors(3), kind.vectors(3), 2 + random_numbers(8, 3)
    layer(x)
    loaded.load_state_dict(layer.state_dict())
    with torch.no_grad():
        assert_close(loaded.eval()(x), layer.eval()(x))


def check_no_history(kind: LayerKind) -> None:
    layer = kind.vectors(3)
    layer(random_numbers(8, 3).requires_grad_())
    assert not layer.running_mean.requires_grad and not layer.running_var.requires_grad


def check_large_mean(kind: LayerKind) -> None:
    x = 10_000 + random_numbers(256, 8)  # [256, 8], float32
    assert_close(kind.vectors(8)(x).std(0), torch.ones(8), rtol=0.01, atol=0.0)


def check_forward(kind: LayerKind) -> None:
    # [4, 1]: mean 4, mean square deviation 5
    x = torch.tensor([[1.0], [3.0], [5.0], [7.0]])
    expected = torch.tensor([[-3.0], [-1.0], [1.0], [3.0]]) / (5 + kind.eps) ** 0.5
    assert_close(kind.vectors(1)(x), expected, rtol=1e-4, atol=0.0)


def check_gradient(kind: LayerKind) -> None:
    x = random_numbers(6, 3).double().requires_grad_()  # [6, 3], float64
    assert torch.autograd.gradcheck(kind.vectors(3).double(), (x,), raise_exception=False)


def check_momentum(kind: LayerKind) -> None:
    layer = kind.vectors(1)
    # [2, 1]: mean 10, of which by default a tenth counts
    layer(torch.tensor([[9.0], [11.0]]))
    assert_close(layer.running_mean, torch.tensor([10 * kind.new_weight]))


def check_fresh_evaluation(kind: LayerKind) -> None:
    x = random_numbers(8, 3)  # [8, 3]
    with torch.no_grad():
        assert_close(kind.vectors(3).eval()(x), x / (1 + kind.eps) ** 0.5, rtol=1e-4, atol=0.0)


def check_channels(kind: LayerKind) -> None:
    scale = torch.tensor([1.0, 10.0, 100.0, 1000.0]).view(4, 1, 1)  # [4, 1, 1]
    y = kind.images(4)(scale * (1 + random_numbers(16, 4, 4, 4)))
    assert_close(y.mean((0, 2, 3)), torch.zeros(4), rtol=0, atol=1e-4)
    assert_close(y.std((0, 2, 3)), torch.ones(4), rtol=0.01, atol=0)


def check_constant_channel(kind: LayerKind) -> None:
    # [64, 1]: one value, not exact in float32
    x = torch.full((64, 1), 100.1).requires_grad_()
    y = kind.vectors(1)(x)
    assert y.abs().max() < 0.1
    (gradient,) = torch.autograd.grad((y * random_numbers(64, 1)).sum(), x)
    assert gradient.abs().max() < 1e4


def check_no_idle_parameter(kind: LayerKind) -> None:
    layer, x = kind.vectors(3).double(), random_numbers(8, 3).double()
    (layer(x) * random_numbers(8, 3, seed=1)).sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 1e-9, name
