"""Layers without weights that are alike for every channel, or change the shape alone."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from torch import Tensor, nn

from bnutils.wide.layout import split
from bnutils.wide.stacking import stack_layer

ELEMENTWISE = (
    nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
    nn.Softplus, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
)  # fmt: skip
POOLING = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


class StackedFlatten(nn.Module):
    """From images [B, S·C, H, W] to vectors [S, C·H·W, B]; vectors stay as they are."""

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.replicas = replicas

    def forward(self, x: Tensor) -> Tensor:
        return x if x.dim() == 3 else split(x, self.replicas).flatten(2).mT


def stack_flatten(first: nn.Flatten, layers: Sequence[nn.Flatten]) -> nn.Module:
    """Raises TypeError for a Flatten that keeps dimensions."""
    if (first.start_dim, first.end_dim) != (1, -1):
        raise TypeError("no rule to stack a Flatten that keeps dimensions; use nn.Flatten()")
    return StackedFlatten(len(layers))


for kind in ELEMENTWISE + POOLING:
    stack_layer.register(kind, lambda first, layers: deepcopy(first))
stack_layer.register(nn.Flatten, stack_flatten)
