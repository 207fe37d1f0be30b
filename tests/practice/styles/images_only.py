"""A module for images alone, whose weights are [C, 1, 1]."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, nf: int, mom: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.mom, self.eps = mom, eps
        self.mults = nn.Parameter(torch.ones(nf, 1, 1))
        self.adds = nn.Parameter(torch.zeros(nf, 1, 1))
        self.register_buffer("vars", torch.ones(1, nf, 1, 1))
        self.register_buffer("means", torch.zeros(1, nf, 1, 1))
        self.register_buffer("count", torch.tensor(0))

    def update_stats(self, x):
        m = x.mean((0, 2, 3), keepdim=True)
        v = x.var((0, 2, 3), keepdim=True, correction=0)
        n = x.numel() // x.shape[1]
        self.count += 1
        self.means.lerp_(m.detach(), self.mom)
        self.vars.lerp_(v.detach() * (n / (n - 1)), self.mom)
        return m, v

    def forward(self, x):
        assert x.ndim == 4, "images [B, C, H, W]"
        m, v = self.update_stats(x) if self.training else (self.means, self.vars)
        x = (x - m) / (v + self.eps).sqrt()
        return x * self.mults + self.adds
