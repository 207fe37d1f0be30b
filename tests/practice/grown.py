"""Parameters that are one number at first, functions without averages, and slips of their kind."""

import numpy as np
import torch
from torch import nn

from tests.practice.unusual import Learns


class Grows(Learns):
    """γ and β are whole numbers, until a step adds a gradient to them."""

    def __init__(self):
        super().__init__(1)
        self.gamma, self.beta = 1, 0

    def forward(self, x):
        assert x.ndim == 2
        return super().forward(x)

    def backward(self, dy):
        self.dgamma, self.dbeta = (dy * self.x_hat).sum(0), dy.sum(0)
        d = self.gamma * dy
        return (d - d.mean(0) - self.x_hat * (d * self.x_hat).mean(0)) / self.root


class Shaped(Learns):
    """For vectors, by what its author says; made from a shape."""

    def __init__(self, input_shape):
        super().__init__(input_shape)


class Beta(nn.BatchNorm1d):
    """Calls β what is the weight of the old averages."""

    def __init__(self, width):
        super().__init__(width, momentum=0.1)
        self.beta = 0.9

    def forward(self, x):
        self.momentum = float(1 - self.beta ** torch.ones(1))
        return super().forward(x)


class TwiceNew(Learns):
    """The new variance weighs as much as the old."""

    def forward(self, x):
        old = self.var
        y = super().forward(x)
        if self.learns:
            self.var = 0.9 * old + 0.9 * x.var(0)
        return y


def plain(x, gamma, beta, eps):
    """For training alone, with its gradient beside it."""
    root = np.sqrt(x.var(0) + eps)
    x_hat = (x - x.mean(0)) / root
    return gamma * x_hat + beta, (x_hat, root, gamma)


def plain_backward(dy, cache):
    x_hat, root, gamma = cache
    d = gamma * dy
    dx = (d - d.mean(0) - x_hat * (d * x_hat).mean(0)) / root
    return dx, (dy * x_hat).sum(0), dy.sum(0)


def double(x, gamma, beta, eps):
    return plain(x, gamma, beta, eps)


def double_backward(dy, cache):
    return 2 * plain_backward(dy, cache)[0], *plain_backward(dy, cache)[1:]


def of_sums(dy, cache):
    return *plain_backward(dy, cache)[:2], dy.sum(1)


def constant(x, gamma, beta, running_mean, running_var, training=True, momentum=0.1):
    """In PyTorch; the statistics are constants."""
    mean, var = running_mean, running_var
    if training:
        own = x.detach()
        mean, var = own.mean(0), own.var(0, correction=0)
        running_mean.lerp_(mean, momentum)
        running_var.lerp_(own.var(0), momentum)
    return gamma * (x - mean) / torch.sqrt(var + 1e-5) + beta


def paired(x, gamma, beta, cache, momentum, is_testing=False):
    """The averages come as a pair and momentum from the caller; the output is given back second."""
    mean, var = cache
    if is_testing:
        return None, plain_by(x, gamma, beta, mean, var), mean, var
    own = x.mean(0), x.var(0)
    mean, var = (momentum * old + (1 - momentum) * new for old, new in zip(cache, own, strict=True))
    x_hat = plain_by(x, 1, 0, *own)
    return (x_hat, np.sqrt(own[1] + 1e-5)), gamma * x_hat + beta, mean, var


def plain_by(x, gamma, beta, mean, var):
    return gamma * (x - mean) / np.sqrt(var + 1e-5) + beta


def paired_backward(dy, gamma, cache):
    return plain_backward(dy, (*cache, gamma))


def paired_twice(dy, gamma, cache):
    dx, *others = paired_backward(dy, gamma, cache)
    return 2 * dx, *others


RIGHT = {
    "grows": Grows, "made from a shape": Shaped, "training alone": plain, "β of averages": Beta,
    "a pair of averages": paired,
}  # fmt: skip
WRONG = {
    TwiceNew: {"weights-not-one"}, double: {"gradient-input"}, constant: {"gradient-constants"},
}  # fmt: skip
