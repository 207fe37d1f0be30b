"""A base class with one subclass for each rank; the parts of the formula are functions."""

import torch
from torch import nn


class _Norm(nn.Module):
    rank = None

    def __init__(self, num_features, *, eps=1e-5, momentum=0.1, affine=True):
        super().__init__()
        self.num_features, self.affine = num_features, affine
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.empty(num_features)) if affine else None
        self.bias = nn.Parameter(torch.empty(num_features)) if affine else None
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.long))
        self.reset_parameters()

    def reset_parameters(self):
        if self.affine:
            nn.init.ones_(self.weight)
            nn.init.zeros_(self.bias)

    def statistics(self, x):
        flat = x.transpose(0, 1).flatten(1)
        return flat.mean(1), flat.var(1, unbiased=False), flat.shape[1]

    def standardize(self, x, mean, var):
        inverse = torch.rsqrt(var + self.eps)
        return (x - self.column(mean, x)) * self.column(inverse, x)

    def column(self, values, x):
        return values.view(1, -1, *[1] * (x.dim() - 2))

    def average(self, mean, var, n):
        self.num_batches_tracked += 1
        a = self.momentum
        with torch.no_grad():
            self.running_mean.copy_((1 - a) * self.running_mean + a * mean)
            self.running_var.copy_((1 - a) * self.running_var + a * var * n / (n - 1))

    def forward(self, x):
        if x.dim() != self.rank:
            raise ValueError(f"expected {self.rank} dimensions, got {x.dim()}")
        if self.training:
            mean, var, n = self.statistics(x)
            self.average(mean, var, n)
        else:
            mean, var = self.running_mean, self.running_var
        y = self.standardize(x, mean, var)
        if self.affine:
            y = y * self.column(self.weight, x) + self.column(self.bias, x)
        return y


class Norm1d(_Norm):
    rank = 2


class Norm2d(_Norm):
    rank = 4
