"""Layers that treat every sample alone, with weights for its channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.layers.dyt import DyT
from bnutils.wide.layout import merge, split
from bnutils.wide.rules.parameters import StackedParameters
from bnutils.wide.stacking import stack_layer


class StackedSampleNorm(StackedParameters):
    """S layers that normalize each sample by the statistics of its ``groups`` of channels.

    A LayerNorm has no groups but its last dimensions. Vectors are [S, C, B], images
    [B, S·C, H, W].
    """

    weight: nn.Parameter | None  # [S, C], or for a LayerNorm [S, *shape]
    bias: nn.Parameter | None  # like weight

    def __init__(self, layers: Sequence[nn.LayerNorm | nn.GroupNorm]) -> None:
        super().__init__(layers, weight=0, bias=0)
        first = layers[0]
        self.groups = first.num_groups if isinstance(first, nn.GroupNorm) else None
        self.shape = first.normalized_shape if isinstance(first, nn.LayerNorm) else None
        self.eps = first.eps
        self.replicas = len(layers)

    def forward(self, x: Tensor) -> Tensor:
        own = split(x, self.replicas)  # [S, B, C, ...]
        if self.shape is not None:
            x_hat = F.layer_norm(own, self.shape, eps=self.eps)
        else:
            grouped = own.unflatten(2, (self.groups, -1))  # [S, B, G, C / G, ...]
            x_hat = F.layer_norm(grouped, grouped.shape[3:], eps=self.eps).flatten(2, 3)
        for value, apply in ((self.weight, torch.mul), (self.bias, torch.add)):
            if value is not None:
                x_hat = apply(x_hat, self._aligned(value, x_hat.dim()))  # [S, B, C, ...]
        return merge(x_hat)

    def _aligned(self, value: Tensor, dims: int) -> Tensor:
        """One value per channel, or for a LayerNorm one per value that it takes: [S, 1, ...]."""
        missing = [None] * (dims - value.dim() - 1)
        return value[:, None, *missing] if self.shape is not None else value[:, None, ..., *missing]


class StackedRMSNorm(StackedParameters):
    """S RMSNorms of one dimension on vectors [S, C, B]."""

    weight: nn.Parameter | None  # [S, C, 1]

    def __init__(self, layers: Sequence[nn.RMSNorm]) -> None:
        super().__init__(layers, weight=1)
        self.eps = layers[0].eps

    def forward(self, x: Tensor) -> Tensor:
        eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        x_hat = x * (x.square().mean(1, keepdim=True) + eps).rsqrt()  # [S, C, B]
        return x_hat if self.weight is None else x_hat * self.weight


class StackedDyT(StackedParameters):
    """S dynamic tanhs on vectors [S, C, B]."""

    alpha: nn.Parameter  # [S, 1, 1]
    weight: nn.Parameter  # [S, C, 1]
    bias: nn.Parameter  # [S, C, 1]

    def __init__(self, layers: Sequence[DyT]) -> None:
        super().__init__(layers, alpha=1, weight=1, bias=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.bias, torch.tanh(self.alpha * x), self.weight)


def stack_rms(first: nn.RMSNorm, layers: Sequence[nn.RMSNorm]) -> nn.Module:
    """Raises TypeError for an RMSNorm over several dimensions."""
    if len(first.normalized_shape) > 1:
        raise TypeError("no rule to stack an RMSNorm over several dimensions; use one")
    return StackedRMSNorm(layers)


stack_layer.register(nn.LayerNorm, lambda first, layers: StackedSampleNorm(layers))
stack_layer.register(nn.GroupNorm, lambda first, layers: StackedSampleNorm(layers))
stack_layer.register(nn.RMSNorm, stack_rms)
stack_layer.register(DyT, lambda first, layers: StackedDyT(layers))
