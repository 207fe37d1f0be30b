"""Mistakes in the running statistics, by which evaluation normalizes."""

from __future__ import annotations

import torch
from torch import Tensor

from bnutils.mistakes.short import ShortBatchNorm
from bnutils.wide import stack_layer
from bnutils.wide.rules.channelwise import stack_channels


class BiasedRunningBatchNorm(ShortBatchNorm):
    """Averages the biased variance of the batches."""

    def update(self, x: Tensor) -> None:
        x = x.detach()
        over = self.averaged(x)
        mean, var = x.mean(over), x.var(over, correction=0)  # [C], [C], by m
        self.running_mean = self.mixed(self.running_mean, mean)  # [C]
        self.running_var = self.mixed(self.running_var, var)  # [C]


class AttachedBatchNorm(ShortBatchNorm):
    """Records how the running statistics were computed."""

    def update(self, x: Tensor) -> None:
        over = self.averaged(x)
        mean, var = x.mean(over), x.var(over, correction=1)  # [C], [C]
        self.running_mean = self.mixed(self.running_mean, mean)  # [C]
        self.running_var = self.mixed(self.running_var, var)  # [C]


class PlainAttributeBatchNorm(ShortBatchNorm):
    """Hides the running statistics from ``state_dict`` and ``to``."""

    def remember(self, name: str, value: Tensor) -> None:
        setattr(self, name, value)


class ReversedMomentumBatchNorm(ShortBatchNorm):
    """Gives the weight of the new value to the old one."""

    def mixed(self, old: Tensor, new: Tensor) -> Tensor:
        return self.momentum * old + (1 - self.momentum) * new


class ZeroVarianceBatchNorm(ShortBatchNorm):
    """Lets the running variance start at 0."""

    def __init__(
        self,
        channels: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__(channels, eps, momentum)
        self.running_var = torch.zeros(channels)  # [C]


for kind in (BiasedRunningBatchNorm, ReversedMomentumBatchNorm, ZeroVarianceBatchNorm):
    stack_layer.register(kind, stack_channels)
