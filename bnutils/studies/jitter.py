"""Is it steady inputs that help? Batch normalization whose output is made to jump about."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.wide import stack_layer
from bnutils.wide.layout import merge, split
from bnutils.wide.rules.drawing import Drawing


class Jitter(nn.Module):
    """Noise whose own distribution is new at every pass.

    For each unit and pass a mean from U(-1/2, 1/2) and a scale from U(1, 1.25) are drawn; each
    sample is multiplied and shifted by numbers that scatter around them with the standard
    deviation ``SPREAD``. In both modes. Source: after Santurkar et al. (2018), section 2.1.
    """

    SPREAD = 0.1

    def forward(self, x: Tensor, chance: torch.Generator | None = None) -> Tensor:  # [B, C]
        unit = [1, x.shape[1], *[1] * (x.dim() - 2)]  # one number a unit
        shift = torch.rand(unit, generator=chance) - 0.5  # [1, C]
        shift = shift + self.SPREAD * torch.randn(x.shape, generator=chance)  # as x
        scale = 1 + 0.25 * torch.rand(unit, generator=chance)  # [1, C]
        scale = scale + self.SPREAD * torch.randn(x.shape, generator=chance)  # as x
        return scale * x + shift


class StackedJitter(Drawing):
    """The noise of S networks, each with its own source of chance: [S, C, B] or [B, S·C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        own = split(x, len(self.generators))  # [S, B, C, ...]
        parts = zip(own, self.generators, strict=True)
        return merge(torch.stack([Jitter()(part, chance) for part, chance in parts]))


stack_layer.register(Jitter, lambda _, layers: StackedJitter(len(layers)))


def jittered_batchnorm(num_features: int) -> nn.Sequential:
    """Batch normalization of [B, C] with `Jitter` behind it."""
    return nn.Sequential(BatchNorm1d(num_features), Jitter())
