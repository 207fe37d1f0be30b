"""S layers that normalize every sample alone: LayerNorm and GroupNorm."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class StackedSampleNorm(nn.Module):
    """S layers that normalize each sample by the statistics of its ``groups`` of channels.

    A LayerNorm has no groups but its last dimensions. Vectors are [S, C, B], images
    [B, S·C, H, W].
    """

    def __init__(self, layers: Sequence[nn.LayerNorm | nn.GroupNorm]) -> None:
        super().__init__()
        first = layers[0]
        self.groups = first.num_groups if isinstance(first, nn.GroupNorm) else None
        self.shape = first.normalized_shape if isinstance(first, nn.LayerNorm) else None
        self.eps = first.eps
        # One value a channel, or for a LayerNorm one for each value it takes: [S, 1, ...].
        for name in ("weight", "bias"):
            given = getattr(first, name)
            value = None
            if given is not None:
                values = torch.stack([getattr(layer, name).detach()[None] for layer in layers])
                value = nn.Parameter(values, requires_grad=given.requires_grad)
            setattr(self, name, value)
        self.replicas = len(layers)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 3:
            y = self._normalize(x.mT)  # [S, B, C]
            return y.mT
        own = x.unflatten(1, (self.replicas, -1)).transpose(0, 1)  # [S, B, C, H, W]
        return self._normalize(own).transpose(0, 1).flatten(1, 2)

    def _normalize(self, x: Tensor) -> Tensor:
        if self.shape is not None:
            x_hat = F.layer_norm(x, self.shape, eps=self.eps)
        else:
            grouped = x.unflatten(2, (self.groups, -1))  # [S, B, G, C / G, ...]
            x_hat = F.layer_norm(grouped, grouped.shape[3:], eps=self.eps).flatten(2, 3)
        for name, apply in (("weight", torch.mul), ("bias", torch.add)):
            value = getattr(self, name)
            if value is not None:
                missing = [None] * (x_hat.dim() - value.dim())
                aligned = (slice(None), *missing) if self.shape is not None else (..., *missing)
                x_hat = apply(x_hat, value[aligned])  # [S, B, C, ...]
        return x_hat

    def write_back(self, layers: Sequence[nn.LayerNorm | nn.GroupNorm]) -> None:
        """Copy the weights into the layers this one was made of."""
        for name in ("weight", "bias"):
            value = getattr(self, name)
            if value is not None:
                for index, layer in enumerate(layers):
                    getattr(layer, name).data.copy_(value[index, 0])
