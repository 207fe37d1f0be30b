"""A module that flattens its input to [B, C, L], with options to leave parts out."""

import torch
from torch import nn


class BatchNorm(nn.Module):
    def __init__(
        self,
        channels: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ):
        super().__init__()
        self.channels = channels
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        if self.affine:
            self.scale = nn.Parameter(torch.ones(channels))
            self.shift = nn.Parameter(torch.zeros(channels))
        if self.track_running_stats:
            self.register_buffer("exp_mean", torch.zeros(channels))
            self.register_buffer("exp_var", torch.ones(channels))

    def forward(self, x: torch.Tensor):
        x_shape = x.shape
        batch_size = x_shape[0]
        assert self.channels == x.shape[1]
        x = x.view(batch_size, self.channels, -1)
        if self.training or not self.track_running_stats:
            var, mean = torch.var_mean(x, dim=[0, 2], unbiased=False)
            if self.training and self.track_running_stats:
                n = x.numel() / self.channels
                exp_var = var.detach() * n / (n - 1)
                self.exp_mean = (1 - self.momentum) * self.exp_mean + self.momentum * mean.detach()
                self.exp_var = (1 - self.momentum) * self.exp_var + self.momentum * exp_var
        else:
            mean = self.exp_mean
            var = self.exp_var
        x_norm = (x - mean.view(1, -1, 1)) / torch.sqrt(var + self.eps).view(1, -1, 1)
        if self.affine:
            x_norm = self.scale.view(1, -1, 1) * x_norm + self.shift.view(1, -1, 1)
        return x_norm.view(x_shape)
