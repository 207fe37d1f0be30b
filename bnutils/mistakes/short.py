"""Batch normalization in the fewest lines that are right: what the mistakes are made in."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnutils.wide import stack_layer
from bnutils.wide.rules.channelwise import stack_channels


class ShortBatchNorm(nn.Module):
    """Batch normalization of [B, C] or [B, C, H, W], a method for each decision.

    Results, and names of weights and statistics, are those of ``nn.BatchNorm1d``
    and ``nn.BatchNorm2d``. There are no checks of the input, nor other settings.
    Source: Ioffe and Szegedy (2015), Algorithms 1 and 2.
    """

    channel = 1  # the dimension of x that holds the channels
    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        channels: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))  # [C], gamma
        self.bias = nn.Parameter(torch.zeros(channels))  # [C], beta
        self.remember("running_mean", torch.zeros(channels))  # [C]
        self.remember("running_var", torch.ones(channels))  # [C]

    def remember(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value)

    def forward(self, x: Tensor) -> Tensor:
        """Normalize ``x`` [B, C, ...] per channel; returns the same shape."""
        if self.uses_batch():
            mean, var = self.moments(x)  # [C], [C]
            self.update(x)
        else:
            mean, var = self.running_mean, self.running_var  # [C], [C]
        scale = self.weight / torch.sqrt(var + self.eps)  # [C]
        centred = x - self.along(mean, x)  # [B, C, ...]
        return centred * self.along(scale, x) + self.along(self.bias, x)

    def uses_batch(self) -> bool:
        return self.training

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        over = self.averaged(x)
        return x.mean(over), x.var(over, correction=0)  # [C], [C], divided by m

    def update(self, x: Tensor) -> None:
        x = x.detach()
        over = self.averaged(x)
        # Divided by m - 1.
        mean, var = x.mean(over), x.var(over, correction=1)  # [C], [C]
        self.running_mean = self.mixed(self.running_mean, mean)  # [C]
        self.running_var = self.mixed(self.running_var, var)  # [C]

    def mixed(self, old: Tensor, new: Tensor) -> Tensor:
        return (1 - self.momentum) * old + self.momentum * new

    def averaged(self, x: Tensor) -> list[int]:
        """All dimensions of ``x`` but that of the channels."""
        return [d for d in range(x.dim()) if d != self.channel % x.dim()]

    def along(self, values: Tensor, x: Tensor) -> Tensor:
        """``values`` [C] in a shape that fits ``x``: [1, C, 1, ...]."""
        shape = [1] * x.dim()
        shape[self.channel] = -1
        return values.view(shape)


stack_layer.register(ShortBatchNorm, stack_channels)
