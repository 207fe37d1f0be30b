"""More wrong layers, written after the diagnosis was."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.practice.thirteen import Short


class AlwaysTraining(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.w, self.b = nn.Parameter(torch.ones(n)), nn.Parameter(torch.zeros(n))
        self.register_buffer("m", torch.zeros(n))
        self.register_buffer("v", torch.ones(n))

    def forward(self, x):
        return F.batch_norm(x, self.m, self.v, self.w, self.b, True, 0.1, 1e-5)


class FastMomentum(AlwaysTraining):
    def forward(self, x):
        return F.batch_norm(x, self.m, self.v, self.w, self.b, self.training, 0.9, 1e-5)


class NeverTraining(AlwaysTraining):
    def forward(self, x):
        return F.batch_norm(x, self.m, self.v, self.w, self.b, False, 0.1, 1e-5)


class FirstBatch(nn.Module):
    """Averages that start with the first batch, in plain attributes."""

    def __init__(self, in_features, decay=0.9):
        super().__init__()
        self.decay = decay
        self.scale = nn.Parameter(torch.ones(in_features))
        self.shift = nn.Parameter(torch.zeros(in_features))
        self.mean = None
        self.var = None

    def forward(self, inputs):
        if self.training:
            mean, var = inputs.mean(0), inputs.var(0, unbiased=False)
            with torch.no_grad():
                n = len(inputs)
                if self.mean is None:
                    self.mean, self.var = mean.clone(), var * n / (n - 1)
                else:
                    self.mean = self.decay * self.mean + (1 - self.decay) * mean
                    self.var = self.decay * self.var + (1 - self.decay) * var * n / (n - 1)
        else:
            mean, var = self.mean, self.var
        return self.scale * (inputs - mean) / torch.sqrt(var + 1e-5) + self.shift


class ByStd(nn.Module):
    def __init__(self, num_channels, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(1, num_channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, num_channels, 1, 1))
        self.register_buffer("running_mean", torch.zeros(1, num_channels, 1, 1))
        self.register_buffer("running_var", torch.ones(1, num_channels, 1, 1))

    def forward(self, x):
        if self.training:
            mean, std = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True)
            self.running_mean.copy_(0.9 * self.running_mean + 0.1 * mean.detach())
            self.running_var.copy_(0.9 * self.running_var + 0.1 * std.detach() ** 2)
        else:
            mean, std = self.running_mean, self.running_var.sqrt()
        return self.gamma * (x - mean) / (std + self.eps) + self.beta


class DrawnGamma(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.bn = nn.BatchNorm2d(ch)
        nn.init.normal_(self.bn.weight, 1.0, 0.02)

    def forward(self, x):
        return self.bn(x)


class Squeezed(nn.Module):
    """The mean is averaged with history, the variance of the whole image is biased."""

    def __init__(self, size, momentum=0.9):
        super().__init__()
        self.momentum = momentum
        self.gamma, self.beta = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))
        self.register_buffer("moving_mean", torch.zeros(size))
        self.register_buffer("moving_var", torch.ones(size))

    def forward(self, x):
        axes = tuple(i for i in range(x.ndim) if i != 1)
        shape = [1 if i != 1 else -1 for i in range(x.ndim)]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, unbiased=False)
            self.moving_mean = self.momentum * self.moving_mean + (1 - self.momentum) * mean
            self.moving_var = self.momentum * self.moving_var + (1 - self.momentum) * var
        else:
            mean, var = self.moving_mean, self.moving_var
        x = (x - mean.reshape(shape)) / (var.reshape(shape) + 1e-5) ** 0.5
        return self.gamma.reshape(shape) * x + self.beta.reshape(shape)


class ModeByName:
    """NumPy, the mode is a word; evaluation forgets the root."""

    def __init__(self, D, eps=1e-5, momentum=0.9):
        self.params = {"gamma": np.ones(D), "beta": np.zeros(D)}
        self.state = {"mean": np.zeros(D), "var": np.ones(D)}
        self.eps, self.momentum = eps, momentum

    def forward(self, x, mode="train"):
        g, b = self.params["gamma"], self.params["beta"]
        if mode == "train":
            mu, var = x.mean(0), x.var(0)
            for key, new in (("mean", mu), ("var", var)):
                self.state[key] = self.momentum * self.state[key] + (1 - self.momentum) * new
            return g * (x - mu) / np.sqrt(var + self.eps) + b
        return g * (x - self.state["mean"]) / (self.state["var"] + self.eps) + b


class Backwards:
    """NumPy; the gradient lacks the path through the mean, and sums γ's gradient of x."""

    def __init__(self, features):
        self.gamma, self.beta = np.ones(features), np.zeros(features)
        self.rm, self.rv = np.zeros(features), np.ones(features)
        self.is_training = True

    def forward(self, x):
        if not self.is_training:
            return (x - self.rm) / np.sqrt(self.rv + 1e-5) * self.gamma + self.beta
        mu, var = x.mean(0), x.var(0)
        self.rm = 0.9 * self.rm + 0.1 * mu
        self.rv = 0.9 * self.rv + 0.1 * var
        self.inv = 1 / np.sqrt(var + 1e-5)
        self.x, self.xh = x, (x - mu) * self.inv
        return self.xh * self.gamma + self.beta

    def backward(self, dy):
        dxh = dy * self.gamma
        dx = self.inv * (dxh - self.xh * (dxh * self.xh).mean(0))
        return dx, (dy * self.x).sum(0), dy.sum(0)


def batch_norm(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """In place; the averages take the shifted output's statistics."""
    if not training:
        return gamma * (x - running_mean) / torch.sqrt(running_var + eps) + beta
    mean = x.mean(dim=0)
    var = ((x - mean) ** 2).mean(dim=0)
    running_mean.mul_(1 - momentum).add_(mean.detach(), alpha=momentum)
    running_var.mul_(1 - momentum).add_(var.detach(), alpha=momentum)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


class GroupLike(nn.Module):
    """Pairs of channels share their statistics."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm1d(channels // 2, affine=False)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        y = self.norm(x.view(len(x), x.shape[1] // 2, 2)).view(x.shape)
        return y * self.weight + self.bias


class Rezero(nn.Module):
    """γ starts at zero in an otherwise right layer."""

    def __init__(self, num_features):
        super().__init__()
        self.norm = nn.BatchNorm2d(num_features)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x):
        return self.norm(x)


class Half(nn.Module):
    """Computes in half precision."""

    def __init__(self, num_features):
        super().__init__()
        self.norm = nn.BatchNorm1d(num_features)

    def forward(self, x):
        return self.norm(x.float()).to(x.dtype)


class EvalOfTraining(nn.Module):
    """Evaluation blends the batch with the running statistics."""

    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))
        self.register_buffer("running_mean", torch.zeros(c))
        self.register_buffer("running_var", torch.ones(c))

    def forward(self, x):
        mean, var = x.mean(0), x.var(0, correction=0)
        if self.training:
            with torch.no_grad():
                self.running_mean.lerp_(mean, 0.1)
                self.running_var.lerp_(x.var(0), 0.1)
        else:
            mean = 0.5 * mean + 0.5 * self.running_mean
            var = 0.5 * var + 0.5 * self.running_var
        return (x - mean) * torch.rsqrt(var + 1e-5) * self.weight + self.bias


class AffineFirst(Short):
    def forward(self, x):
        return super().forward(x * self.along(self.weight, x) + self.along(self.bias, x))

    def affine(self, x_hat, x):
        return x_hat


class Frozen(Short):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        self.weight.requires_grad_(False)


class Detached(Short):
    def forward(self, x):
        return super().forward(x.detach())


class DataGamma(Short):
    def affine(self, x_hat, x):
        return x_hat * self.along(self.weight.data, x) + self.along(self.bias, x)


class Identity(Short):
    def forward(self, x):
        return super().forward(x) if self.training else x


class OnlyAffineEval(Short):
    def forward(self, x):
        return super().forward(x) if self.training else self.affine(x, x)


class CentredEval(Short):
    def forward(self, x):
        return (
            super().forward(x)
            if self.training
            else self.affine(x - self.along(self.running_mean, x), x)
        )


class UpdateWrongMode(Short):
    def forward(self, x):
        if not self.training:
            self.update(x)
        mean, var = self.moments(x) if self.training else (self.running_mean, self.running_var)
        return self.affine((x - self.along(mean, x)) / torch.sqrt(self.along(var, x) + self.eps), x)


class Lost(Short):
    def mixed(self, old, new):
        return 0 * old + self.momentum * new


class WithinSample(Short):
    def moments(self, x):
        mean, var = super().moments(x)
        if x.dim() == 4:
            var = x.var((2, 3), correction=0).mean(0)
        return mean, var


class InPlaceStats(Short):
    def forward(self, x):
        if self.training:
            m, v = self.moments(x)
            self.running_mean = self.running_mean.lerp(m.detach(), 0.1)
            self.running_var = self.running_var.lerp(x.detach().var(self.averaged(x)), 0.1)
            y = (x - self.along(m, x)) / torch.sqrt(self.along(v, x) + self.eps)
            y += 0
            y *= self.along(self.weight, x)
            y += self.along(self.bias, x)
            return y
        return super().forward(x)


class MinusBeta(Short):
    def affine(self, x_hat, x):
        return x_hat * self.along(self.weight, x) - self.along(self.bias, x)


class SigmoidGamma(Short):
    def affine(self, x_hat, x):
        return x_hat * torch.sigmoid(self.along(self.weight, x)) + self.along(self.bias, x)


class NoMeanEver(Short):
    def moments(self, x):
        m, v = super().moments(x)
        return 0 * m, v


class SumVar(Short):
    def moments(self, x):
        m, v = super().moments(x)
        return m, v * x.numel() / x.shape[1]


class HalfEps(Short):
    def forward(self, x):
        self.eps, e = self.eps * 10, self.eps
        y = super().forward(x)
        self.eps = e
        return y


class BiasedBoth(Short):
    def update(self, x):
        m, v = self.moments(x.detach())
        self.running_mean = self.mixed(self.running_mean, m)
        self.running_var = self.mixed(self.running_var, v)


class SwappedStats(Short):
    def update(self, x):
        x = x.detach()
        o = self.averaged(x)
        self.running_mean = self.mixed(self.running_mean, x.var(o))
        self.running_var = self.mixed(self.running_var, x.mean(o))


class OnlyImagesBiased(Short):
    def update(self, x):
        x = x.detach()
        o = self.averaged(x)
        c = 1 if x.dim() == 2 else 0
        self.running_mean = self.mixed(self.running_mean, x.mean(o))
        self.running_var = self.mixed(self.running_var, x.var(o, correction=c))


class OnlyImagesUnbiased(Short):
    def moments(self, x):
        o = self.averaged(x)
        return x.mean(o), x.var(o, correction=int(x.dim() == 4))


class VarDetached(Short):
    def moments(self, x):
        m, v = super().moments(x)
        return m, v.detach()


class TrackAlways(Short):
    def uses_batch(self):
        return True

    def forward(self, x):
        m, v = self.moments(x)
        self.update(x)
        return self.affine((x - self.along(m, x)) / torch.sqrt(self.along(v, x) + self.eps), x)


class NumpyNHWC:
    def __init__(self, C, eps=1e-5, momentum=0.99):
        self.gamma, self.beta, self.rm, self.rv = np.ones(C), np.zeros(C), np.zeros(C), np.ones(C)
        self.eps, self.momentum = eps, momentum

    def __call__(self, x, training=False):
        ax = tuple(range(x.ndim - 1))
        if training:
            m, v = x.mean(ax), x.var(ax)
            self.rm = self.momentum * self.rm + (1 - self.momentum) * m
            self.rv = self.momentum * self.rv + (1 - self.momentum) * v
        else:
            m, v = self.rm, self.rv
        return self.gamma * (x - m) / np.sqrt(v + self.eps) + self.beta


class ImagesNHWC(NumpyNHWC):
    def __call__(self, x, training=False):
        assert x.ndim == 4 and x.shape[-1] == len(self.gamma)
        return super().__call__(x, training)


class ExpGamma(Short):
    def affine(self, x_hat, x):
        return x_hat * torch.exp(self.along(self.weight, x)) + self.along(self.bias, x)

    def moments(self, x):
        return x.mean(self.averaged(x)), x.var(self.averaged(x))


class TrainMethods:
    def __init__(self, nb_features):
        self._g, self._b = (
            torch.nn.Parameter(torch.ones(nb_features)),
            torch.nn.Parameter(torch.zeros(nb_features)),
        )
        self._m, self._v = torch.zeros(nb_features), torch.ones(nb_features)
        self._is_train = True

    def train(self, mode=True):
        self._is_train = mode

    def eval(self):
        self._is_train = False

    def __call__(self, x):
        if self._is_train:
            m, v = x.mean(0), x.var(0, unbiased=False)
            self._m = 0.9 * self._m + 0.1 * m.detach()
            self._v = 0.9 * self._v + 0.1 * x.detach().var(0)
        else:
            m, v = self._m, self._v
        return self._g * (x - m) * (v + 1e-5).rsqrt() + self._b


class RequiredAll(Short):
    def __init__(self, num_features, eps, momentum):
        super().__init__(num_features, eps, momentum)


WRONG = {
    AlwaysTraining: {"evaluation-uses-batch"}, FastMomentum: {"momentum-reversed"},
    NeverTraining: {"training-ignores-batch"}, FirstBatch: {"not-saved"},
    ByStd: {"batch-variance-unbiased", "eps-outside"}, DrawnGamma: {"gamma-start"},
    Squeezed: {"not-detached", "running-variance-biased"}, ModeByName: {"evaluation-variance"},
    Backwards: {"gradient-mean", "gradient-gamma"}, batch_norm: {"running-variance-biased"},
    GroupLike: {"axes-other"}, Rezero: {"gamma-start"}, EvalOfTraining: {"evaluation-uses-batch"},
    AffineFirst: {"gamma-missing", "beta-missing"}, Frozen: {"not-parameters"},
    Detached: {"gradient-input"}, DataGamma: {"gradient-gamma"}, Identity: {"evaluation-wrong"},
    OnlyAffineEval: {"evaluation-mean", "evaluation-variance"},
    CentredEval: {"evaluation-variance"},
    UpdateWrongMode: {"updates-in-evaluation", "never-updated"}, Lost: {"weights-not-one"},
    WithinSample: {"axes-other"}, InPlaceStats: {"momentum-ignored"}, MinusBeta: {"beta-wrong"},
    SigmoidGamma: {"gamma-wrong"}, NoMeanEver: {"not-centred"}, SumVar: {"batch-variance-factor"},
    HalfEps: {"eps-other"}, BiasedBoth: {"running-variance-biased"},
    SwappedStats: {"running-mean-wrong", "running-variance-wrong"},
    OnlyImagesBiased: {"running-variance-biased"},
    OnlyImagesUnbiased: {"batch-variance-unbiased"}, VarDetached: {"gradient-variance"},
    TrackAlways: {"evaluation-uses-batch"}, ExpGamma: {"gamma-wrong", "batch-variance-unbiased"},
}  # fmt: skip
RIGHT = {
    "channels last, NumPy": NumpyNHWC,
    "and images alone": ImagesNHWC,
    "own methods": TrainMethods,
    "all given": RequiredAll,
}
