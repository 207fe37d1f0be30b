"""Layers called in ways of their own, and slips that images alone show."""

from typing import ClassVar

import numpy as np
import torch
from torch import nn

from tests.practice.thirteen import Short
from tests.practice.unusual import Learns


class LeavesResults(Learns):
    """Gives nothing back: output and gradient are left in the layer."""

    def forward(self, inputs, training):
        self.learns = training
        self.output = super().forward(inputs)

    def backward(self, dvalues):
        self.dinputs = super().backward(dvalues)


class LeavesTwice(LeavesResults):
    def backward(self, dvalues):
        super().backward(dvalues)
        self.dinputs = 2 * self.dinputs


class Inner:
    def __init__(self, dim):
        self.inner = Learns(dim)


def told_by_a_word(self, x, mode):
    if mode not in ("train", "test"):
        raise ValueError(mode)
    self.inner.learns = mode == "train"
    return self.inner.forward(x)


def handed_on(self, dy):
    return self.inner.backward(dy)


METHODS = {"batch_norm_forward": told_by_a_word, "batch_norm_backward": handed_on}
OtherNames = type("OtherNames", (Inner,), METHODS)


class Shared(Learns):
    """All layers of the class have the same averages."""

    averages: ClassVar = [np.zeros(4), np.ones(4)]

    def forward(self, x):
        self.mean, self.var = self.averages
        y = super().forward(x)
        self.averages[:] = self.mean, self.var
        del self.mean, self.var
        return y


class OwnBackward:
    """In PyTorch, no module, and not recorded beyond the layer."""

    def __init__(self, dim):
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.mean, self.var = torch.zeros(dim), torch.ones(dim)

    def forward(self, x, training=True):
        self.x = x.detach().requires_grad_()
        self.norm = nn.BatchNorm1d(x.shape[1], affine=False, dtype=x.dtype).train(training)
        self.norm.running_mean, self.norm.running_var = self.mean, self.var
        self.own = nn.Parameter(self.gamma), nn.Parameter(self.beta)
        self.y = self.own[0] * self.norm(self.x) + self.own[1]
        return self.y

    def backward(self, dy):
        dx, self.dgamma, self.dbeta = torch.autograd.grad(self.y, (self.x, *self.own), dy)
        return dx


class Logarithm(Short):
    """γ is kept as its logarithm."""

    def __init__(self, channels):
        super().__init__(channels)
        nn.init.zeros_(self.weight)

    def affine(self, x_hat, x):
        return x_hat * torch.exp(self.along(self.weight, x)) + self.along(self.bias, x)


class Images(nn.BatchNorm2d):
    """For images alone: the deviations and what they are divided by are put together by hand."""

    def forward(self, x):
        super().forward(x)  # which updates
        if self.training:
            var, mean = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
        else:
            mean, var = self.running_mean[:, None, None], self.running_var[:, None, None]
        return self.put_together(x, mean, var)

    def put_together(self, x, mean, var):
        x_hat = (x - mean) / torch.sqrt(var + self.eps)
        return self.weight[:, None, None] * x_hat + self.bias[:, None, None]


class AlongWidth(Images):
    def put_together(self, x, mean, var):
        return self.weight * ((x - mean) / torch.sqrt(var + self.eps)) + self.bias


class AlongWidthOfBatch(AlongWidth):
    """And evaluation does not differ."""

    def forward(self, x):
        self.training = True
        return super().forward(x)


class SumOfPixels(Images):
    def put_together(self, x, mean, var):
        count = x[0, 0].numel() if self.training else 1
        return super().put_together(x, mean, count * var)


class VarianceFirst(Images):
    def put_together(self, x, mean, var):
        return super().put_together(x, var, mean)


class RunningAlone(nn.Module):
    """Has no γ and β, and takes the averages in training too."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, x):
        y = (x - self.mean) / torch.sqrt(self.var + 1e-5)
        if self.training:
            self.mean = torch.lerp(self.mean, x.detach().mean(0), 0.1)
            self.var = torch.lerp(self.var, x.detach().var(0), 0.1)
        return y


class OneNumber:
    """γ and β are one number each, and no arrays."""

    def __init__(self):
        self.gamma, self.beta = 1.0, 0.0
        self.mean, self.var = np.zeros(1), np.ones(1)

    def forward(self, x, training=True):
        assert x.ndim == 2
        mean, var = (x.mean(0), x.var(0)) if training else (self.mean, self.var)
        if training:
            self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        return self.gamma * (x - mean) / np.sqrt(var + 1e-5) + self.beta


def planes(x, gamma, beta, bn_param):
    """For images, in the manner of CS231n."""
    axes, along = (0, 2, 3), (1, -1, 1, 1)
    mean, var = bn_param["running_mean"], bn_param["running_var"]
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = 0.9 * mean + 0.1 * x.mean(axes)
        bn_param["running_var"] = 0.9 * var + 0.1 * x.var(axes)
        mean, var = x.mean(axes), x.var(axes)
    root = np.sqrt(var + bn_param["eps"]).reshape(along)
    x_hat = (x - mean.reshape(along)) / root
    return gamma.reshape(along) * x_hat + beta.reshape(along), (x_hat, root, gamma)


def of_planes(dy, cache):
    x_hat, root, gamma = cache
    d, axes = gamma.reshape(1, -1, 1, 1) * dy, (0, 2, 3)
    by_mean, by_var = (v.mean(axes, keepdims=True) for v in (d, d * x_hat))
    dx = (d - by_mean - x_hat * by_var) / root
    return dx, (dy * x_hat).sum(axes), dy.sum(axes)


def of_planes_twice(dy, cache):
    dx, *others = of_planes(dy, cache)
    return 2 * dx, *others


WITHOUT_SOURCE = """
def plane(x, weight, bias, rm, rv, training, eps=1e-5, momentum=0.1):
    mean, var = rm, rv
    if training:
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        m = x.numel() / len(mean)
        rm.mul_(1 - momentum).add_(momentum * mean.detach())
        rv.mul_(1 - momentum).add_(momentum * var.detach() * m / (m - 1))
    mean, var = mean[:, None, None], var[:, None, None]
    return weight[:, None, None] * (x - mean) / (var + eps).sqrt() + bias[:, None, None]
"""


def without_source():
    """A function in PyTorch whose text is not to be had and names no library."""
    names = {}
    exec(WITHOUT_SOURCE, names)
    return names["plane"]


RIGHT = {
    "results left in the layer": LeavesResults, "methods of other names": OtherNames,
    "a backward in PyTorch": OwnBackward, "the logarithm of γ": Logarithm, "images": Images,
    "without a source": without_source(),
}  # fmt: skip
WRONG = {
    LeavesTwice: {"gradient-input"}, AlongWidth: {"affine-axis"},
    AlongWidthOfBatch: {"affine-axis", "evaluation-uses-batch"},
    SumOfPixels: {"batch-variance-factor"}, VarianceFirst: {"statistics-exchanged"},
    OneNumber: {"affine-shared"}, Shared: {"state-shared"},
    RunningAlone: {"training-ignores-batch", "gamma-missing", "beta-missing"},
}  # fmt: skip
