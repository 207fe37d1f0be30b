"""Batch normalization of vectors in the fewest lines, with the gradient left to autograd."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TextbookBatchNorm(nn.Module):
    """Batch normalization of vectors [B, C], equal to `torch.nn.BatchNorm1d`."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.eps, self.momentum = 1e-5, 0.1
        self.weight = nn.Parameter(torch.ones(channels))  # [C], gamma
        self.bias = nn.Parameter(torch.zeros(channels))  # [C], beta
        self.register_buffer("running_mean", torch.zeros(channels))  # [C]
        self.register_buffer("running_var", torch.ones(channels))  # [C]

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            mean, var = x.mean(0), x.var(0, correction=0)  # [C], [C], by B
            with torch.no_grad():
                unbiased = x.var(0, correction=1)  # [C], by B - 1
                self.running_mean.lerp_(mean, self.momentum)  # [C]
                self.running_var.lerp_(unbiased, self.momentum)  # [C]
        else:
            mean, var = self.running_mean, self.running_var  # [C], [C]
        x_hat = (x - mean) / torch.sqrt(var + self.eps)  # [B, C]
        return self.weight * x_hat + self.bias  # [B, C]
