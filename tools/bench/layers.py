"""Forward and backward pass of one normalization layer, written in three ways."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from bnutils import BatchNorm1d, BatchNorm2d

SHAPES = ((1024, 100), (64, 64, 28, 28))


def composition(x: Tensor, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Batch normalization of ``x`` [B, C, ...] as textbooks write it; autograd does the rest."""
    dims, channel = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
    mean = x.mean(dims, keepdim=True)  # [1, C, 1, ...]
    var = ((x - mean) ** 2).mean(dims, keepdim=True)  # [1, C, 1, ...]
    x_hat = (x - mean) / torch.sqrt(var + eps)  # [B, C, ...]
    return x_hat * weight.view(channel) + bias.view(channel)  # [B, C, ...]


def ways(shape: tuple[int, ...]) -> dict[str, Callable[[Tensor], Tensor]]:
    """The three ways to normalize a batch of ``shape``."""
    channels = shape[1]
    images = len(shape) == 4
    weight, bias = torch.ones(channels, requires_grad=True), torch.zeros(channels)
    bias.requires_grad_()
    return {
        "PyTorch's layer": nn.BatchNorm2d(channels) if images else nn.BatchNorm1d(channels),
        "book's layer": BatchNorm2d(channels) if images else BatchNorm1d(channels),
        "textbook composition": lambda x: composition(x, weight, bias),
    }


def microseconds(
    layer: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The time of one forward and backward pass, the mean of ``repeats``."""
    x, dy = torch.randn(shape, requires_grad=True), torch.randn(shape)
    layer(x).backward(dy)
    since = clock()
    for _ in range(repeats):
        x.grad = None
        layer(x).backward(dy)
    return (clock() - since) / repeats * 1e6
