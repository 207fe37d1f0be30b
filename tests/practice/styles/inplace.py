"""A module that updates its buffers in place, for inputs of any rank."""

import torch
from torch import nn


class Norm(nn.Module):
    def __init__(self, n, eps=1e-5, momentum=0.1):
        super().__init__()
        self.n, self.eps, self.mom = n, eps, momentum
        self.gain = nn.Parameter(torch.ones(n))
        self.shift = nn.Parameter(torch.zeros(n))
        self.register_buffer("avg_mean", torch.zeros(n))
        self.register_buffer("avg_var", torch.ones(n))

    def forward(self, inp):
        shape = (1, self.n) + (1,) * (inp.dim() - 2)
        if self.training:
            over = tuple(d for d in range(inp.dim()) if d != 1)
            mu = inp.mean(dim=over)
            sq = ((inp - mu.reshape(shape)) ** 2).mean(dim=over)
            count = inp.numel() / self.n
            with torch.no_grad():
                self.avg_mean.mul_(1 - self.mom).add_(self.mom * mu)
                self.avg_var.mul_(1 - self.mom).add_(self.mom * sq * count / (count - 1))
        else:
            mu, sq = self.avg_mean, self.avg_var
        normed = (inp - mu.reshape(shape)) / (sq.reshape(shape) + self.eps).sqrt()
        return normed * self.gain.reshape(shape) + self.shift.reshape(shape)
