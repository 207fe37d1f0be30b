"""Layers in styles that the diagnosis had once got wrong, each with what it should say."""

from functools import partial

import numpy as np
import torch
from torch import nn

from tests.practice.thirteen import Short


class Sequences(Short):
    """Takes [B, C, L] alone."""

    over = (0, 2)

    def forward(self, x):
        if x.dim() != 3:
            raise ValueError("expected [B, C, L]")
        return super().forward(x)

    def moments(self, x):
        return x.mean(self.over, keepdim=True), x.var(self.over, keepdim=True, correction=0)


class PlacesOfSequences(Sequences):
    over = (0,)


class SamplesOfSequences(Sequences):
    over = (2,)


class Packed(nn.Module):
    """γ, β and what nobody needs are rows of one array."""

    def __init__(self, channels):
        super().__init__()
        self.rows = nn.Parameter(torch.eye(3)[:, :1].repeat(1, channels))
        self.norm = nn.BatchNorm1d(channels, affine=False)

    def forward(self, x):
        return self.rows[0] * self.norm(x) + self.rows[1]


class Two(nn.Module):
    """γ and β are rows of one array."""

    def __init__(self, channels):
        super().__init__()
        self.both = nn.Parameter(torch.eye(2)[:, :1].repeat(1, channels))
        self.norm = nn.BatchNorm1d(channels, affine=False)

    def forward(self, x):
        return self.both[0] * self.norm(x) + self.both[1]


class Keras(nn.Module):
    """γ and β may be switched off, one by one."""

    def __init__(self, dim, center=True, scale=True):
        super().__init__()
        self.center, self.scale = center, scale
        self.norm = nn.BatchNorm1d(dim, affine=False)
        if scale:
            self.gamma = nn.Parameter(torch.ones(dim))
        if center:
            self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        x = self.norm(x) * self.gamma if self.scale else self.norm(x)
        return x + self.beta if self.center else x


class EpsBuffer(Short):
    """ε is an array too."""

    def __init__(self, channels):
        super().__init__(channels)
        del self.eps
        self.register_buffer("eps", torch.tensor(1e-5))


class ParameterList(nn.Module):
    """A plain list hides its parameters."""

    def __init__(self, dim):
        super().__init__()
        self.norm = nn.BatchNorm1d(dim, affine=False)
        self.own = [nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))]

    def forward(self, x):
        return self.norm(x) * self.own[0] + self.own[1]


class Range(Short):
    """Divides by the range of the batch."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        over = self.averaged(x)
        self.update(x)
        spread = self.along(x.amax(over) - x.amin(over) + self.eps, x)
        return self.affine((x - self.along(x.mean(over), x)) / spread, x)


class Tiny(Short):
    def __init__(self, channels, eps=1e-20, momentum=0.1):
        super().__init__(channels, eps, momentum)


def applied(params, state, inputs, use_running_average=False, momentum=0.99):
    """Functional, as JAX has it: the new state is a result. ε stands outside of the root."""
    mean, var = state["mean"], state["var"]
    if not use_running_average:
        mean, var = inputs.mean(0), inputs.var(0)
        old, new = momentum, 1 - momentum
        state = {"mean": old * state["mean"] + new * mean, "var": old * state["var"] + new * var}
    y = (inputs - mean) / (np.sqrt(var) + 1e-5) * params["scale"] + params["bias"]
    return y, state


def handed_back(X, gamma, beta, moving_mean, moving_var, eps=1e-5, momentum=0.9, training=True):
    """NumPy, the averages are results; one of them is that of the normalized values."""
    mean, var = (X.mean(0), X.var(0)) if training else (moving_mean, moving_var)
    X_hat = (X - mean) / np.sqrt(var + eps)
    if training:
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_var = momentum * moving_var + (1 - momentum) * X_hat.var(0)
    return gamma * X_hat + beta, moving_mean, moving_var


class MeanOfAll(Short):
    """The running mean is that of all channels."""

    def update(self, x):
        super().update(x)
        with torch.no_grad():
            own = x.mean(self.averaged(x))
            self.running_mean = self.running_mean + self.momentum * (x.mean() - own)


def on_state(x, params, state, training):
    """PyTorch, the state is changed in place; for vectors alone."""
    mean, var = state["running_mean"], state["running_var"]
    if training:
        mean, var = x.mean(0), x.var(0)
        state["running_mean"] = 0.9 * state["running_mean"] + 0.1 * mean.detach()
        state["running_var"] = 0.9 * state["running_var"] + 0.1 * var.detach()
    return (x - mean) / torch.sqrt(var + 1e-5) * params["weight"] + params["bias"]


class Pooled(Short):
    """The running variance is that of all values seen (Welford)."""

    def __init__(self, channels):
        super().__init__(channels)
        self.register_buffer("count", torch.zeros(()))

    def update(self, x):
        m, v = self.moments(x.detach())
        n = x.numel() / x.shape[1]
        new, away = n / (self.count + n), m - self.running_mean
        self.running_var = (1 - new) * self.running_var + new * (v + (1 - new) * away**2)
        self.running_mean, self.count = self.running_mean + new * away, self.count + n


class OneOfTwoPlain(Short):
    """The running mean weighs all batches alike, the running variance does not."""

    def __init__(self, channels):
        super().__init__(channels)
        self.register_buffer("count", torch.zeros(()))

    def update(self, x):
        before = self.running_mean
        super().update(x)
        self.count = self.count + 1
        self.running_mean = before + (self.moments(x.detach())[0] - before) / self.count


class ClampedInTraining(Short):
    def moments(self, x):
        mean, var = super().moments(x)
        return mean, var.clamp(min=self.eps) - self.eps  # ε is added again


class MeanUnscaled(Short):
    """Right only where the deviation is 1."""

    def forward(self, x):
        mean, var = self.moments(x) if self.training else (self.running_mean, self.running_var)
        if self.training:
            self.update(x)
        scale = self.weight / torch.sqrt(var + self.eps)
        mean = mean if self.training else mean * scale
        return x * self.along(scale, x) + self.along(self.bias - mean, x)


def unstored(x, gamma, beta, bn_param):
    """The running variance is computed, and handed back nowhere."""
    mean, var = bn_param.get("running_mean", 0 * x[0]), bn_param.get("running_var", 1 + 0 * x[0])
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = 0.9 * mean + 0.1 * x.mean(0)
        mean, var = x.mean(0), x.var(0)
    return gamma * (x - mean) / np.sqrt(var + 1e-5) + beta


class Kept:
    """NumPy, for vectors; the gradients are kept, and that of γ is one of the centred x."""

    def __init__(self, dim):
        self.gamma, self.beta, self.training = np.ones(dim), np.zeros(dim), True
        self.mean, self.var = np.zeros(dim), np.ones(dim)

    def forward(self, x):
        mean, var = (x.mean(0), x.var(0)) if self.training else (self.mean, self.var)
        if self.training:
            self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        self.centred, self.root = x - mean, np.sqrt(var + 1e-5)
        return self.gamma * self.centred / self.root + self.beta

    def backward(self, dy):
        x_hat, d = self.centred / self.root, self.gamma * dy
        self.dgamma, self.dbeta = self.gradients(dy)
        return (d - d.mean(0) - x_hat * (d * x_hat).mean(0)) / self.root

    def gradients(self, dy):
        return (dy * self.centred).sum(0), dy.sum(0)


class SumOfAll(Kept):
    """Gives its gradients back; that of β is one number."""

    def backward(self, dy):
        dgamma = (dy * self.centred / self.root).sum(0)
        return super().backward(dy), dgamma, dy.sum()


RIGHT = {
    "sequences": Sequences, "no shift": partial(Keras, center=False),
    "no scale": partial(Keras, scale=False), "an array for ε": EpsBuffer,
    "pooled": Pooled, "rows of one array": Two,
}  # fmt: skip
WRONG = {
    PlacesOfSequences: {"axes-pixel"}, SamplesOfSequences: {"axes-sample"},
    ParameterList: {"not-parameters"}, Range: {"spread-wrong"}, Tiny: {"eps-tiny"},
    handed_back: {"running-variance-wrong"}, MeanOfAll: {"running-mean-wrong"},
    applied: {"eps-outside"}, on_state: {"batch-variance-unbiased"},
    OneOfTwoPlain: {"momentum-differs"}, ClampedInTraining: {"eps-clamped"},
    MeanUnscaled: {"not-centred"}, unstored: {"never-updated"}, Kept: {"gradient-gamma"},
    SumOfAll: {"gradient-beta"},
}  # fmt: skip
