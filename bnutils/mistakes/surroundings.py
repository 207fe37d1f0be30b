"""Mistakes in how the layer sits in a program: its mode, and what stands before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnutils.mistakes.short import ShortBatchNorm


class GradModeBatchNorm(ShortBatchNorm):
    """Takes recorded gradients for training."""

    def uses_batch(self) -> bool:
        return torch.is_grad_enabled()


class KeptBiasBatchNorm(ShortBatchNorm):
    """Holds the bias of the linear layer that stands before it."""

    def __init__(
        self,
        channels: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__(channels, eps, momentum)
        self.linear_bias = nn.Parameter(torch.zeros(channels))  # [C]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + self.along(self.linear_bias, x))
