"""Mistakes in the statistics of the batch, by which training normalizes."""

from __future__ import annotations

import torch
from torch import Tensor

from bnutils.mistakes.short import ShortBatchNorm
from bnutils.wide import stack_layer
from bnutils.wide.rules.channelwise import stack_channels


class UnbiasedBatchNorm(ShortBatchNorm):
    """Normalizes the batch by the unbiased variance."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        over = self.averaged(x)
        # `var` divides by m - 1 unless told otherwise.
        return x.mean(over), x.var(over)  # [C], [C]


class ShortcutBatchNorm(ShortBatchNorm):
    """Computes the variance as the mean square minus the squared mean."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        over = self.averaged(x)
        mean, mean_square = x.mean(over), x.square().mean(over)  # [C], [C]
        return mean, (mean_square - mean.square()).clamp(min=0)  # [C], [C]


class ConstantStatsBatchNorm(ShortBatchNorm):
    """Takes the statistics for constants, under ``no_grad``."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            return super().moments(x)  # [C], [C]


class TinyEpsBatchNorm(ShortBatchNorm):
    """Has an epsilon that protects from no more than the division by zero."""

    def __init__(
        self,
        channels: int,
        eps: float = 1e-12,
        momentum: float = 0.1,
    ) -> None:
        super().__init__(channels, eps, momentum)


class LastAxisBatchNorm(ShortBatchNorm):
    """Takes the last dimension for the channels: right for [B, H, W, C] only."""

    channel = -1


for kind in (UnbiasedBatchNorm, ShortcutBatchNorm, ConstantStatsBatchNorm, TinyEpsBatchNorm):
    stack_layer.register(kind, stack_channels)
