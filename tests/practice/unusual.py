"""Layers with switches, stores and slips of their own that the diagnosis had once got wrong."""

import numpy as np
import torch
from torch import nn

from tests.practice.thirteen import BetaScaled, Short


class Rows(nn.BatchNorm3d):
    """Takes [B, C, D, H, W] alone; one mean for each row of a plane."""

    def forward(self, x):
        y = super().forward(x)  # which updates
        if not self.training:
            return y
        over = (0, 3, 4)
        mean, var = x.mean(over, keepdim=True), x.var(over, keepdim=True, correction=0)
        weight, bias = (v.view(-1, 1, 1, 1) for v in (self.weight, self.bias))
        return weight * (x - mean) / torch.sqrt(var + self.eps) + bias


class Learns:
    """NumPy, for vectors; the mode is an attribute with a name of its own."""

    def __init__(self, dim):
        self.gamma, self.beta, self.learns = np.ones(dim), np.zeros(dim), True
        self.mean, self.var = np.zeros(dim), np.ones(dim)
        self.gradients = {"gamma": np.zeros(dim), "beta": np.zeros(dim)}

    def forward(self, x):
        mean, var = (x.mean(0), x.var(0)) if self.learns else (self.mean, self.var)
        if self.learns:
            self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        self.root = np.sqrt(var + 1e-5)
        self.x_hat = (x - mean) / self.root
        return self.gamma * self.x_hat + self.beta

    def backward(self, dy):
        self.gradients["gamma"] += (dy * self.x_hat).sum(0)
        self.gradients["beta"] += dy.sum(0)
        d = self.gamma * dy
        return (d - d.mean(0) - self.x_hat * (d * self.x_hat).mean(0)) / self.root


class Keeps(Learns):
    """The mode is an argument with a name of its own."""

    def forward(self, x, keep=True):
        self.learns = keep
        return super().forward(x)


class ClassTrains(Learns):
    """The mode is an attribute of the class, with a usual name."""

    training = True

    def forward(self, x):
        self.learns = self.training
        return super().forward(x)


class BetaTwice(Keeps):
    def backward(self, dy):
        self.gradients["beta"] += dy.sum(0)
        return super().backward(dy)


class Phase(Learns):
    """The mode is one of two words, and no other."""

    def __init__(self, dim):
        super().__init__(dim)
        self.phase = "training"

    def forward(self, x):
        self.learns = {"training": True, "inference": False}[self.phase]
        return super().forward(x)


class PhaseUnheard(Phase):
    def forward(self, x):
        mean, var = self.mean, self.var
        y = super().forward(x)
        if not self.learns:
            self.learns = True
            y = Learns.forward(self, x)
            self.mean, self.var = mean, var
        return y


class InLists(Learns):
    """Parameters and gradients in lists; the gradient of β is scaled."""

    def __init__(self, dim):
        super().__init__(dim)
        self.params, self.grads = [self.gamma, self.beta], [np.zeros(dim), np.zeros(dim)]

    def forward(self, x, train=True):
        self.gamma, self.beta = self.params
        self.learns = train
        y = super().forward(x)
        del self.gamma, self.beta
        return y

    def backward(self, dy):
        self.gamma = self.params[0]
        self.gradients = {"gamma": 0.0, "beta": 0.0}
        dx = super().backward(dy)
        self.grads = [self.gradients["gamma"], self.gamma * self.gradients["beta"]]
        return dx


class Rounds(Short):
    """Computes in float32, and gives what it got."""

    def forward(self, x):
        return super().forward(x.float()).to(x.dtype)


class Stored(Short):
    """Averages are kept as `store` likes, and come back by `averages`."""

    def __init__(self, channels):
        super().__init__(channels)
        self.store(self.running_mean, self.running_var)
        del self.running_mean, self.running_var

    def forward(self, x):
        mean, var = self.averages()
        if self.training:
            over, fixed = self.averaged(x), x.detach()
            self.store(mean.lerp(fixed.mean(over), 0.1), var.lerp(fixed.var(over), 0.1))
            mean, var = self.moments(x)
        return self.normalized(x, mean, var)

    def normalized(self, x, mean, var):
        root = torch.sqrt(self.along(var, x) + self.eps)
        return self.affine((x - self.along(mean, x)) / root, x)


class Root(Stored):
    def store(self, mean, var):
        self.register_buffer("mean", mean)
        self.register_buffer("root", var.sqrt())

    def averages(self):
        return self.mean, self.root**2


class BothInOne(Stored):
    def store(self, mean, var):
        self.register_buffer("both", torch.stack([mean, var], 1))

    def averages(self):
        return self.both.T


class BothLearned(BothInOne):
    def store(self, mean, var):
        both = torch.stack([mean, var], 1)
        if not hasattr(self, "both"):
            self.both = nn.Parameter(both)
        self.both.data.copy_(both)


class OneAfterTheOther(Stored):
    def store(self, mean, var):
        self.both = torch.cat([mean, var])

    def averages(self):
        return self.both.chunk(2)


class Exchanged(Stored):
    """Evaluation takes the mean for the variance."""

    def store(self, mean, var):
        self.register_buffer("one", mean)
        self.register_buffer("other", var)

    def averages(self):
        return (self.one, self.other) if self.training else (self.other, self.one.abs())


class Outside(Stored):
    """All layers share one dict of averages."""

    def store(self, mean, var):
        STORE.update(mean=mean, var=var)

    def averages(self):
        return STORE["mean"], STORE["var"]


STORE = {}


class Nowhere(Stored):
    def store(self, mean, var):
        pass

    def averages(self):
        zeros = torch.zeros_like(self.weight)
        return zeros, zeros + 1


class Debiased(Short):
    """Averages start at 0 and are divided by the weight of all batches, as in Adam."""

    def __init__(self, channels):
        super().__init__(channels)
        self.running_var.zero_()
        self.register_buffer("power", torch.ones(()))

    def update(self, x):
        super().update(x)
        self.power = self.power * 0.9

    def forward(self, x):
        kept = self.running_mean, self.running_var
        if not self.training:
            self.running_mean, self.running_var = (v / (1 - self.power) for v in kept)
        y = super().forward(x)
        if not self.training:
            self.running_mean, self.running_var = kept
        return y


class MadeAtFirst(nn.Module):
    """Holds nothing before it is called, and then numbers of PyTorch's default type."""

    def __init__(self):
        super().__init__()
        self.norm = None

    def forward(self, x):
        if self.norm is None:
            self.norm = nn.BatchNorm1d(x.shape[1])
        return self.norm(x)


class OverwrittenVariance(Short):
    def update(self, x):
        super().update(x)
        self.running_var = x.detach().var(self.averaged(x))


class Uncentred(Short):
    def forward(self, x):
        self.update(x) if self.training else None
        var = self.moments(x)[1] if self.training else self.running_var
        return self.affine(x / torch.sqrt(self.along(var, x) + self.eps), x)


class SizeOfMean(Short):
    def update(self, x):
        self.running_mean = self.running_mean.lerp(x.detach().mean(self.averaged(x)).abs(), 0.1)
        self.running_var = self.running_var.lerp(x.detach().var(self.averaged(x)), 0.1)


class BetaScaledInTraining(BetaScaled):
    def affine(self, x_hat, x):
        return super().affine(x_hat, x) if self.training else Short.affine(self, x_hat, x)


class ConstantTakenOff(Short):
    def forward(self, x):
        return super().forward(x.sub_(0.5))


class OnePixelRaises(Short):
    """For images alone; each sample by itself, divided by the number of pixels but one."""

    def forward(self, x):
        m = x[0, 0].numel() // (x.shape[2] * x.shape[3] - 1)
        over = (2, 3)
        return self.affine((x - x.mean(over, keepdim=True)) / x.std(over, keepdim=True) * m, x)


class MeanOfVariances(Short):
    """For images alone; the variances within the samples, averaged."""

    def forward(self, x):
        assert x.dim() == 4
        return super().forward(x)

    def moments(self, x):
        return x.mean((0, 2, 3)), x.var((2, 3), correction=0).mean(0)


class Away(Short):
    """A constant is left beside the learned ones."""

    def affine(self, x_hat, x):
        return super().affine(x_hat + 1e-3, x)


class Planes(Learns):
    """NumPy, for images alone; its gradient divides by the samples, not by all values."""

    def forward(self, x, training=True):
        self.shape, self.learns = x.shape, training
        y = super().forward(np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]))
        return np.moveaxis(y.reshape(len(x), *x.shape[2:], -1), -1, 1)

    def backward(self, dy):
        m, c = self.shape[:2]
        d = self.gamma * np.moveaxis(dy, 1, -1).reshape(-1, c)
        d = d - d.sum(0) / m - self.x_hat * (d * self.x_hat).sum(0) / m
        return np.moveaxis((d / self.root).reshape(m, *self.shape[2:], c), -1, 1)


class TwoParts(Learns):
    """Made in two parts; gives its input back too, and ``backward`` asks for it."""

    def __init__(self, name=None):
        self.name = name

    def setup(self, input_shape):
        Learns.__init__(self, input_shape[-1])

    def forward(self, x):
        return [super().forward(x), x]

    def backward(self, dy, x):
        assert x.shape == dy.shape
        d = self.gamma * dy
        dx = (d - d.mean(0) - self.x_hat * (d * self.x_hat).mean(0)) / self.root
        return [dx, {"gamma": self.dgamma(dy), "beta": dy.sum(0)}]

    def dgamma(self, dy):
        return (dy * self.x_hat).sum(0)


class TwoPartsOfMeans(TwoParts):
    def dgamma(self, dy):
        return (dy * self.x_hat).mean(0)


def four(x, gamma, beta, mode="train", running_mean=None, running_var=None):
    """What ``backward`` needs comes back second of four."""
    mean, var = running_mean, running_var
    if mode == "train":
        mean, var = x.mean(0), x.var(0)
        running_mean, running_var = 0.9 * running_mean + 0.1 * mean, 0.9 * running_var + 0.1 * var
    root = np.sqrt(var + 1e-5)
    x_hat = (x - mean) / root
    return gamma * x_hat + beta, (x_hat, gamma, root), running_mean, running_var


def of_four(dy, cache):
    x_hat, gamma, root = cache
    d = gamma * dy
    dx = (d - d.mean(0) - x_hat * (d * x_hat).mean(0)) / root
    return dx, (dy * x_hat).sum(0), dy.sum(0)


class StandardDeviation(Root):
    """That of the last batch, for images too."""

    def forward(self, x):
        if self.training:
            fixed, over = x.detach(), self.averaged(x)
            self.store(fixed.mean(over), fixed.var(over))
            return self.normalized(x, *self.moments(x))
        return self.normalized(x, *self.averages())


class Bent(OneAfterTheOther):
    """More than a normalization; what it keeps is lost all the same."""

    def forward(self, x):
        return super().forward(x).relu()


RIGHT = {
    "volumes": nn.BatchNorm3d, "a switch of its own": Learns, "an argument of its own": Keeps,
    "a switch of the class": ClassTrains, "the root": Root, "columns of one array": BothInOne,
    "corrected for the start": Debiased, "made at first": MadeAtFirst,
    "a word of its own": Phase, "in two parts": TwoParts,
}  # fmt: skip
WRONG = {
    Rows: {"axes-row"}, BetaTwice: {"gradient-beta"}, OneAfterTheOther: {"not-saved"},
    Exchanged: {"evaluation-wrong"}, Outside: {"not-saved"}, Nowhere: {"never-updated"},
    OverwrittenVariance: {"overwritten"}, Uncentred: {"not-centred"},
    BetaScaledInTraining: {"beta-scaled"}, ConstantTakenOff: {"changes-input"},
    OnePixelRaises: {"axes-sample"}, MeanOfVariances: {"axes-other"}, Away: {"not-centred"},
    Planes: {"gradient-input"}, PhaseUnheard: {"evaluation-uses-batch"},
    TwoPartsOfMeans: {"gradient-gamma"}, StandardDeviation: {"overwritten"}, Bent: {"not-saved"},
    SizeOfMean: {"running-mean-wrong"},
    InLists: {"gradient-beta"}, BothLearned: {"statistics-trained"},
}  # fmt: skip
