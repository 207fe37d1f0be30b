"""Wrong layers that pass all twelve checks of `bnutils.mistakes`, and a few of their kind."""

import torch
from torch import nn

from bnutils.mistakes import ShortBatchNorm


class Short(ShortBatchNorm):
    """What the wrong layers change: where a statistic is kept, and how it is put along x."""

    def forward(self, x):
        mean, var = self.moments(x) if self.training else (self.running_mean, self.running_var)
        if self.training:
            self.update(x)
        return self.affine((x - self.along(mean, x)) / torch.sqrt(self.along(var, x) + self.eps), x)

    def affine(self, x_hat, x):
        return x_hat * self.along(self.weight, x) + self.along(self.bias, x)

    def along(self, values, x):
        return values if values.dim() == x.dim() else super().along(values, x)


class PerPixel(Short):
    over = (0,)

    def moments(self, x):
        over = self.over if x.dim() == 4 else (0,)
        return x.mean(over, keepdim=True), x.var(over, keepdim=True, correction=0)


class PerRow(PerPixel):
    over = (0, 3)


class PerSample(PerPixel):
    over = (2, 3)


class EvaluationAlongWidth(Short):
    def along(self, values, x):
        if not self.training and x.dim() == 4 and x.shape[3] == len(values):
            return values
        return super().along(values, x)


class BesselByBatch(Short):
    def update(self, x):
        over = self.averaged(x)
        var = x.detach().var(over, correction=0) * len(x) / (len(x) - 1)
        self.running_mean = self.mixed(self.running_mean, x.detach().mean(over))
        self.running_var = self.mixed(self.running_var, var)


class BareEvaluation(Short):
    def affine(self, x_hat, x):
        return super().affine(x_hat, x) if self.training else x_hat


class BetaScaled(Short):
    def affine(self, x_hat, x):
        return (x_hat + self.along(self.bias, x)) * self.along(self.weight, x)


class NoEpsInEvaluation(Short):
    def forward(self, x):
        if self.training:
            return super().forward(x)
        x_hat = (x - self.along(self.running_mean, x)) / self.along(self.running_var, x).sqrt()
        return self.affine(x_hat, x)


class NotParameters(Short):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        weight, bias = self.weight.data, self.bias.data
        del self.weight, self.bias
        self.weight, self.bias = weight.requires_grad_(), bias.requires_grad_()


class NoBeta(Short):
    def affine(self, x_hat, x):
        return x_hat * self.along(self.weight, x)


class MomentumIgnored(Short):
    def mixed(self, old, new):
        return 0.9 * old + 0.1 * new


class WrongGamma(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, x_hat, gamma):
        ctx.save_for_backward(x, gamma)
        return x_hat * gamma

    @staticmethod
    def backward(ctx, dy):
        x, gamma = ctx.saved_tensors
        over = [d for d in range(x.dim()) if d != 1]
        return None, dy * gamma, (dy * x).sum(over).view_as(gamma)


class GammaGradient(Short):
    def affine(self, x_hat, x):
        return WrongGamma.apply(x, x_hat, self.along(self.weight, x)) + self.along(self.bias, x)


class OneMoment(Short):
    """The statistics of the whole batch, the same for all channels."""

    def moments(self, x):
        return x.mean().expand(x.shape[1]), x.var(correction=0).expand(x.shape[1])


class TwiceUpdated(Short):
    def update(self, x):
        super().update(x)
        super().update(x)


class VarianceByOldMean(Short):
    def update(self, x):
        old = self.running_mean
        super().update(x)
        square = (x.detach() - self.along(old, x)) ** 2
        self.running_var = self.mixed(self.running_var, square.mean(self.averaged(x)))


class HalfDetached(Short):
    def moments(self, x):
        mean, var = super().moments(x)
        return mean.detach(), var


class EvaluationByBatchMean(Short):
    def forward(self, x):
        if self.training:
            return super().forward(x)
        mean = x.mean(self.averaged(x))
        scale = torch.sqrt(self.along(self.running_var, x) + self.eps)
        return self.affine((x - self.along(mean, x)) / scale, x)


class Unregistered(Short):
    def remember(self, name, value):
        self.register_buffer(name, value, persistent=False)


class LearnedStatistics(Short):
    def remember(self, name, value):
        setattr(self, name, nn.Parameter(value))

    def update(self, x):
        over = self.averaged(x)
        with torch.no_grad():
            self.running_mean.copy_(self.mixed(self.running_mean, x.mean(over)))
            self.running_var.copy_(self.mixed(self.running_var, x.var(over)))


class VarianceOne(Short):
    def update(self, x):
        var = self.running_var
        super().update(x)
        self.running_var = var


class DoubleEps(Short):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, var = self.moments(x)
        self.update(x)
        x_hat = (x - self.along(mean, x)) / (self.along(var + self.eps, x).sqrt() + self.eps)
        return self.affine(x_hat, x)


WRONG = {
    PerPixel: {"axes-pixel"}, PerRow: {"axes-row"}, PerSample: {"axes-sample"},
    EvaluationAlongWidth: {"evaluation-axes"}, BesselByBatch: {"running-variance-factor"},
    BareEvaluation: {"evaluation-gamma", "evaluation-beta"}, BetaScaled: {"beta-scaled"},
    NoEpsInEvaluation: {"evaluation-eps"}, NotParameters: {"not-parameters"},
    NoBeta: {"beta-missing"}, MomentumIgnored: {"momentum-ignored"},
    GammaGradient: {"gradient-gamma"}, OneMoment: {"axes-all"}, TwiceUpdated: {"momentum-other"},
    VarianceByOldMean: {"running-variance-wrong"}, HalfDetached: {"gradient-mean"},
    EvaluationByBatchMean: {"evaluation-uses-batch"}, Unregistered: {"not-saved"},
    LearnedStatistics: {"statistics-trained"}, VarianceOne: {"never-updated"},
    DoubleEps: {"eps-other"},
}  # fmt: skip
