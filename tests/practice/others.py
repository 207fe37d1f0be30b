"""Layers as they are written elsewhere, each with what is wrong in it; most with nothing."""

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.mistakes import ShortBatchNorm


class Wrapped(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.inner = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.inner(x)


class Functional(nn.Module):
    def __init__(self, in_features, eps=1e-6, momentum=0.05):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.w = nn.Parameter(torch.ones(in_features))
        self.b = nn.Parameter(torch.zeros(in_features))
        self.m = nn.Parameter(torch.zeros(in_features), requires_grad=False)
        self.v = nn.Parameter(torch.ones(in_features), requires_grad=False)

    def forward(self, x, train=True):
        return F.batch_norm(x, self.m, self.v, self.w, self.b, train, self.momentum, self.eps)


class CountsFromOne(ShortBatchNorm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, eps, momentum)
        self.weight = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        weight, self.weight = self.weight, nn.Parameter(self.weight.detach() + 1)
        self.weight = weight
        mean, var = self.moments(x) if self.training else (self.running_mean, self.running_var)
        if self.training:
            self.update(x)
        scale = self.along((1 + self.weight) / torch.sqrt(var + self.eps), x)
        return (x - self.along(mean, x)) * scale + self.along(self.bias, x)


class ManyChannels(nn.Module):
    """One channel after the other, in a loop."""

    def __init__(self, C):
        super().__init__()
        self.gammas = nn.ParameterList([nn.Parameter(torch.ones(())) for _ in range(C)])
        self.betas = nn.ParameterList([nn.Parameter(torch.zeros(())) for _ in range(C)])
        self.register_buffer("means", torch.zeros(C))
        self.register_buffer("variances", torch.ones(C))

    def forward(self, x):
        out = []
        for c in range(x.shape[1]):
            v = x[:, c]
            if self.training:
                mean = v.sum() / v.numel()
                var = ((v - mean) ** 2).sum() / v.numel()
                with torch.no_grad():
                    self.means[c] += 0.1 * (mean - self.means[c])
                    unbiased = var * v.numel() / (v.numel() - 1)
                    self.variances[c] += 0.1 * (unbiased - self.variances[c])
            else:
                mean, var = self.means[c].clone(), self.variances[c].clone()
            out.append((v - mean) / (var + 1e-5) ** 0.5 * self.gammas[c] + self.betas[c])
        return torch.stack(out, 1)


class Dragon(nn.Module):
    """As a book has it for learners: gradients tell the mode, plain attributes, biased."""

    def __init__(self, num_features, num_dims):
        super().__init__()
        shape = (1, num_features) if num_dims == 2 else (1, num_features, 1, 1)
        self.gamma = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))
        self.moving_mean = torch.zeros(shape)
        self.moving_var = torch.ones(shape)

    def forward(self, X):
        if self.moving_mean.device != X.device:
            self.moving_mean = self.moving_mean.to(X.device)
            self.moving_var = self.moving_var.to(X.device)
        if not torch.is_grad_enabled():
            X_hat = (X - self.moving_mean) / torch.sqrt(self.moving_var + 1e-5)
        else:
            over = 0 if X.dim() == 2 else (0, 2, 3)
            mean = X.mean(dim=over, keepdim=True)
            var = ((X - mean) ** 2).mean(dim=over, keepdim=True)
            X_hat = (X - mean) / torch.sqrt(var + 1e-5)
            self.moving_mean = ((1.0 - 0.1) * self.moving_mean + 0.1 * mean).data
            self.moving_var = ((1.0 - 0.1) * self.moving_var + 0.1 * var).data
        return self.gamma * X_hat + self.beta


class NoGradStatistics(nn.Module):
    def __init__(self, nf, mom=0.1, eps=1e-5):
        super().__init__()
        self.mom, self.eps = mom, eps
        self.mults = nn.Parameter(torch.ones(nf, 1, 1))
        self.adds = nn.Parameter(torch.zeros(nf, 1, 1))
        self.register_buffer("vars", torch.ones(1, nf, 1, 1))
        self.register_buffer("means", torch.zeros(1, nf, 1, 1))

    def update_stats(self, x):
        m = x.mean((0, 2, 3), keepdim=True)
        v = x.var((0, 2, 3), keepdim=True)
        self.means.lerp_(m, self.mom)
        self.vars.lerp_(v, self.mom)
        return m, v

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                m, v = self.update_stats(x)
        else:
            m, v = self.means, self.vars
        x = (x - m) / (v + self.eps).sqrt()
        return x * self.mults + self.adds


class Lecture:
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma = torch.ones(dim)
        self.beta = torch.zeros(dim)
        self.running_mean = torch.zeros(dim)
        self.running_var = torch.ones(dim)

    def __call__(self, x):
        if self.training:
            dim = 0 if x.ndim == 2 else (0, 1)
            xmean = x.mean(dim, keepdim=True)
            xvar = x.var(dim, keepdim=True)
        else:
            xmean, xvar = self.running_mean, self.running_var
        xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
        self.out = self.gamma * xhat + self.beta
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * xmean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * xvar
        return self.out

    def parameters(self):
        return [self.gamma, self.beta]


class Annotated(nn.Module):
    def __init__(self, channels, *, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        self.channels, self.eps, self.momentum = channels, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        if affine:
            self.scale = nn.Parameter(torch.ones(channels))
            self.shift = nn.Parameter(torch.zeros(channels))
        if track_running_stats:
            self.register_buffer("exp_mean", torch.zeros(channels))
            self.register_buffer("exp_var", torch.ones(channels))

    def forward(self, x):
        shape = x.shape
        x = x.view(shape[0], self.channels, -1)
        if self.training or not self.track_running_stats:
            mean = x.mean(dim=[0, 2])
            mean_x2 = (x**2).mean(dim=[0, 2])
            var = mean_x2 - mean**2
            if self.training and self.track_running_stats:
                self.exp_mean = (1 - self.momentum) * self.exp_mean + self.momentum * mean
                self.exp_var = (1 - self.momentum) * self.exp_var + self.momentum * var
        else:
            mean, var = self.exp_mean, self.exp_var
        x_norm = (x - mean.view(1, -1, 1)) / torch.sqrt(var + self.eps).view(1, -1, 1)
        if self.affine:
            x_norm = self.scale.view(1, -1, 1) * x_norm + self.shift.view(1, -1, 1)
        return x_norm.view(shape)


class Homework:
    """NumPy, rows [1, C], mode by an argument that says evaluation."""

    def __init__(self, num_features, alpha=0.9):
        self.alpha = alpha
        self.eps = 1e-8
        self.BW = np.ones((1, num_features))
        self.Bb = np.zeros((1, num_features))
        self.running_M = np.zeros((1, num_features))
        self.running_V = np.ones((1, num_features))

    def forward(self, Z, eval=False):
        self.Z, self.N = Z, Z.shape[0]
        self.M = np.sum(Z, axis=0, keepdims=True) / self.N
        self.V = np.sum((Z - self.M) ** 2, axis=0, keepdims=True) / self.N
        if eval is False:
            self.NZ = (Z - self.M) / np.sqrt(self.V + self.eps)
            self.running_M = self.alpha * self.running_M + (1 - self.alpha) * self.M
            self.running_V = self.alpha * self.running_V + (1 - self.alpha) * self.V
        else:
            self.NZ = (Z - self.running_M) / np.sqrt(self.running_V + self.eps)
        return self.BW * self.NZ + self.Bb

    def backward(self, dLdBZ):
        dLdNZ = dLdBZ * self.BW
        inv = (self.V + self.eps) ** -0.5
        dLdV = -0.5 * np.sum(dLdNZ * (self.Z - self.M) * inv**3, axis=0, keepdims=True)
        dLdM = -np.sum(dLdNZ * inv, axis=0, keepdims=True)
        dLdM = dLdM - 2 / self.N * dLdV * np.sum(self.Z - self.M, axis=0, keepdims=True)
        return dLdNZ * inv + dLdV * (2 / self.N) * (self.Z - self.M) + dLdM / self.N


class FromScratch:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None, running_var=None):
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.running_mean, self.running_var = running_mean, running_var

    def forward(self, x, train_flg=True):
        if self.running_mean is None:
            D = x.shape[1]
            self.running_mean = np.zeros(D)
            self.running_var = np.zeros(D)
        if train_flg:
            mu = x.mean(axis=0)
            xc = x - mu
            var = np.mean(xc**2, axis=0)
            std = np.sqrt(var + 10e-7)
            xn = xc / std
            self.xn, self.xc, self.std, self.batch_size = xn, xc, std, x.shape[0]
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            xn = (x - self.running_mean) / np.sqrt(self.running_var + 10e-7)
        return self.gamma * xn + self.beta

    def backward(self, dout):
        dbeta = dout.sum(axis=0)
        dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        self.dgamma, self.dbeta = dgamma, dbeta
        return dxc - dmu / self.batch_size


class Course2d(nn.Module):
    def __init__(self, num_features: int, eps=1e-05, momentum=0.1):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if self.training:
            mean = x.mean(dim=(0, 2, 3), keepdim=True)
            var = x.var(dim=(0, 2, 3), unbiased=False, keepdim=True)
            m = self.momentum
            self.running_mean = (1 - m) * self.running_mean + m * mean.squeeze()
            self.running_var = (1 - m) * self.running_var + m * var.squeeze()
            self.num_batches_tracked += 1
        else:
            mean = self.running_mean.reshape(1, -1, 1, 1)
            var = self.running_var.reshape(1, -1, 1, 1)
        weight, bias = (p.reshape(1, -1, 1, 1) for p in (self.weight, self.bias))
        return ((x - mean) / torch.sqrt(var + self.eps)) * weight + bias


class FromZero(nn.Module):
    """Running statistics are the number 0 at first, and the variance's root is averaged."""

    def __init__(self, dim):
        super().__init__()
        self.g, self.b = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))
        self.running_mean, self.running_var = 0, 0

    def forward(self, x):
        if self.training:
            mean, var = x.mean(0), x.var(0, unbiased=False)
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean.detach()
            self.running_var = 0.9 * self.running_var + 0.1 * x.detach().var(0)
        else:
            mean, var = self.running_mean, self.running_var
        return self.g * (x - mean) / torch.sqrt(torch.as_tensor(var) + 1e-5) + self.b


class Deviations(nn.Module):
    """Averages standard deviations and divides by them."""

    def __init__(self, dim):
        super().__init__()
        self.bngain = nn.Parameter(torch.ones((1, dim)))
        self.bnbias = nn.Parameter(torch.zeros((1, dim)))
        self.register_buffer("bnmean_running", torch.zeros((1, dim)))
        self.register_buffer("bnstd_running", torch.ones((1, dim)))

    def forward(self, hpreact):
        if self.training:
            mean, std = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True, correction=0)
            with torch.no_grad():
                unbiased = hpreact.std(0, keepdim=True)
                self.bnmean_running = 0.999 * self.bnmean_running + 0.001 * mean
                self.bnstd_running = 0.999 * self.bnstd_running + 0.001 * unbiased
        else:
            mean, std = self.bnmean_running, self.bnstd_running
        return self.bngain * (hpreact - mean) / (std + 1e-5) + self.bnbias


RIGHT = {
    "torch": (nn.BatchNorm1d, nn.BatchNorm2d),
    "ours": (BatchNorm1d, BatchNorm2d),
    "short": (ShortBatchNorm,),
    "torch, images": (nn.BatchNorm2d,),
    "torch, lazy": (nn.LazyBatchNorm1d,),
    "torch, synchronized": (nn.SyncBatchNorm,),
    "ours, an instance": (BatchNorm1d(5),),
    "torch, an instance": (nn.BatchNorm2d(6, eps=1e-4, momentum=0.3),),
    "torch, plain mean": (partial(nn.BatchNorm1d, momentum=None),),
    "torch, no affine": (partial(nn.BatchNorm1d, affine=False),),
    "torch, batch alone": (partial(nn.BatchNorm1d, track_running_stats=False),),
    "torch, float32": (lambda channels: nn.BatchNorm1d(channels, dtype=torch.float32),),
    "torch, float64": (partial(nn.BatchNorm2d, dtype=torch.float64),),
    "wrapped": (Wrapped,), "functional": (Functional,), "from one": (CountsFromOne,),
    "loop": (ManyChannels,), "homework": (Homework,),
} | {
    f"{name}, eps {eps:g}, momentum {momentum}": (
        partial(one, eps=eps, momentum=momentum), partial(two, eps=eps, momentum=momentum),
    )
    for name, one, two in (
        ("torch", nn.BatchNorm1d, nn.BatchNorm2d), ("ours", BatchNorm1d, BatchNorm2d),
        ("short", ShortBatchNorm, ShortBatchNorm),
    )
    for eps, momentum in ((1e-3, 0.01), (1e-4, 0.5), (1e-6, 0.9), (1e-8, 0.003), (1e-12, 0.2))
}  # fmt: skip
WRONG = {
    Dragon: {"mode-from-gradients", "not-saved", "running-variance-biased"},
    NoGradStatistics: {"gradient-constants", "batch-variance-unbiased"},
    Lecture: {"batch-variance-unbiased"},
    Annotated: {"running-variance-biased", "shortcut", "not-detached"},
    FromScratch: {"variance-start"},
    Course2d: {"running-variance-biased", "not-detached"},
    FromZero: {"variance-start", "not-saved"},
    Deviations: {"eps-outside"},
}
