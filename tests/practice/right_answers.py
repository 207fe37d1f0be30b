"""Right answers as students write them: loops, NumPy, float32, other functions of PyTorch."""

import math
import statistics as plain

import numpy as np
import pandas as pd
import scipy.stats
import torch
import torch.nn.functional as F
from torch import nn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.mistakes import ShortBatchNorm
from tests.practice.mutants import layers
from tests.practice.others import Functional, Homework


def by_loops(x):
    m, units = x.shape
    means, variances = [], []
    for j in range(units):
        total = 0.0
        for i in range(m):
            total += float(x[i, j])
        mean = total / m
        means.append(mean)
        variances.append(sum((float(x[i, j]) - mean) ** 2 for i in range(m)) / m)
    return means, variances


def normalized_by_loops(x, eps):
    y = torch.zeros_like(x)
    for j in range(x.shape[1]):
        column = x[:, j].double()
        mean = column.sum() / len(column)
        spread = ((column - mean) ** 2).sum() / len(column)
        for i in range(len(column)):
            y[i, j] = (column[i] - mean) / math.sqrt(spread + eps)
    return y


def nine_steps(dout, x, gamma, eps):
    N = x.shape[0]
    mu = 1.0 / N * x.sum(0)
    xmu = x - mu
    var = 1.0 / N * (xmu**2).sum(0)
    sqrtvar = (var + eps) ** 0.5
    ivar = 1.0 / sqrtvar
    dbeta = dout.sum(0)
    dgamma = (dout * xmu * ivar).sum(0)
    dxhat = dout * gamma
    divar = (dxhat * xmu).sum(0)
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 / sqrtvar * dsqrtvar
    dxmu1 = dxhat * ivar
    dxmu2 = 2 * xmu / N * dvar
    dmu = -(dxmu1 + dxmu2).sum(0)
    return dxmu1 + dxmu2 + dmu / N, dgamma, dbeta


def jacobian(dy, x, gamma, eps):
    m, s = len(x), (x.var(0, correction=0) + eps).sqrt()
    x_hat, eye = (x - x.mean(0)) / s, torch.eye(len(x), dtype=x.dtype)
    J = (eye - 1 / m)[:, :, None] - x_hat[:, None] * x_hat[None] / m  # [m, m, units]
    return gamma / s * torch.einsum("iju,ju->iu", J, dy), (dy * x_hat).sum(0), dy.sum(0)


def simplified(dy, x, gamma, eps):
    x, dy, gamma = (value.numpy() for value in (x, dy, gamma))
    m, inv = len(x), (x.var(0) + eps) ** -0.5
    xn = (x - x.mean(0)) * inv
    dx = gamma * inv / m * (m * dy - dy.sum(0) - xn * (dy * xn).sum(0))
    return dx, (dy * xn).sum(axis=0), dy.sum(axis=0)


def in_autograd(dy, x, gamma, eps):
    x, gamma = x.clone().requires_grad_(), gamma.clone().requires_grad_()
    beta = torch.zeros_like(gamma, requires_grad=True)
    var, mean = torch.var_mean(x, 0, correction=0)
    (gamma * (x - mean) / (var + eps).sqrt() + beta).backward(dy)
    return x.grad, gamma.grad, beta.grad


def in_place(running_mean, running_var, x, momentum):
    mean, var = running_mean.clone(), running_var.clone()
    mean += momentum * (x.mean(0) - mean)
    var += momentum * (x.var(0, unbiased=True) - var)
    return mean, var


def with_factor(running_mean, running_var, x, momentum):
    n = x.size(0)
    keep = 1 - momentum
    biased = ((x - x.mean(0)) ** 2).mean(0)
    var = keep * running_var + momentum * biased * n / (n - 1)
    return keep * running_mean + momentum * x.mean(0), var


def by_layer(running_mean, running_var, x, momentum):
    mean, var = running_mean.clone(), running_var.clone()
    F.batch_norm(x, mean, var, training=True, momentum=momentum)
    return mean, var


def in_numpy(running_mean, running_var, x, momentum):
    mean, var, x = running_mean.numpy(), running_var.numpy(), x.numpy()
    new = x.mean(axis=0), x.var(axis=0, ddof=1)
    return tuple((1 - momentum) * o + momentum * n for o, n in zip((mean, var), new, strict=True))


def moved(x, gamma, beta, eps):
    rows = x.movedim(1, -1).reshape(-1, x.shape[1])
    y = F.batch_norm(rows, None, None, gamma, beta, training=True, eps=eps)
    return y.view(x.shape[0], *x.shape[2:], x.shape[1]).movedim(-1, 1)


def channels_in_turn(x, gamma, beta, eps):
    y = x.clone()
    for c in range(x.shape[1]):
        values = x[:, c]
        mean = values.mean()
        y[:, c] = (
            gamma[c] * (values - mean) / torch.sqrt(((values - mean) ** 2).mean() + eps) + beta[c]
        )
    return y


def flattened(x, gamma, beta, eps):
    rows = x.transpose(0, 1).flatten(1)
    rows = (rows - rows.mean(1, keepdim=True)) / (
        rows.var(1, keepdim=True, correction=0) + eps
    ).sqrt()
    rows = rows * gamma[:, None] + beta[:, None]
    return rows.view(x.shape[1], x.shape[0], *x.shape[2:]).transpose(0, 1)


def images_in_numpy(x, gamma, beta, eps):
    x = x.numpy()
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    g, b = (value.numpy().reshape(1, -1, 1, 1) for value in (gamma, beta))
    return g * (x - mean) / np.sqrt(var + eps) + b


class Net(nn.Module):
    def __init__(self, norm):
        super().__init__()
        for place, (a, b) in enumerate(((20, 16), (16, 12)), start=1):
            self.add_module(f"fc{place}", nn.Linear(a, b, bias=norm is None))
            self.add_module(f"bn{place}", norm(b) if norm else nn.Identity())
            self.add_module(f"act{place}", nn.ReLU())
        self.add_module("fc3", nn.Linear(12, 5))


def after_relu(norm=None):
    def hidden(a, b):
        extra = [norm(b)] if norm is not None else []
        return [nn.Linear(a, b, bias=not extra), nn.ReLU(), *extra]

    return nn.Sequential(*hidden(20, 16), *hidden(16, 12), nn.Linear(12, 5))


def nested(norm=None):
    blocks = []
    for a, b in ((20, 16), (16, 12)):
        parts = [nn.Linear(a, b, bias=norm is None), norm(b) if norm else None, nn.ReLU()]
        blocks.append(nn.Sequential(*[part for part in parts if part is not None]))
    return nn.Sequential(nn.Flatten(), *blocks, nn.Linear(12, 5))


def in_pandas(rates, train, validation, test):
    best = pd.DataFrame(validation, columns=rates).mean().idxmax()
    return best, best == min(rates) or best == max(rates)


def with_a_loop(rates, train, validation, test):
    best, top = None, -1.0
    for j, rate in enumerate(rates):
        mean = sum(row[j] for row in validation) / len(validation)
        if mean > top:
            best, top = rate, mean
    return float(best), bool(best in [rates[0], rates[-1]])


def pair_by_autograd(a, b, eps):
    x = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    x_hat = (x - x.mean()) / torch.sqrt(x.var(correction=0) + eps)
    x_hat[0].backward()
    return x_hat[0], x.grad[0]


def pair_by_differences(a, b, eps):
    def x_hat(a):
        mean = (a + b) / 2
        return (a - mean) / math.sqrt(((a - mean) ** 2 + (b - mean) ** 2) / 2 + eps)

    step = 1e-5
    return x_hat(a), (x_hat(a + step) - x_hat(a - step)) / (2 * step)


def pair_by_hand(a, b, eps):
    d = 0.5 * (a - b)
    s = np.sqrt(d * d + eps)
    return d / s, 0.5 / s - 0.5 * d * d / s**3


def folded_by_inputs(linear, norm):
    with torch.no_grad():
        new = nn.Linear(linear.in_features, linear.out_features)
        eye = torch.eye(linear.in_features)
        zero = norm(linear(torch.zeros(1, linear.in_features)))[0]
        new.bias.copy_(zero)
        new.weight.copy_((norm(linear(eye)) - zero).T)
    return new


def folded_by_torch(linear, norm):
    return torch.nn.utils.fusion.fuse_linear_bn_eval(linear.eval(), norm.eval())


def folded_by_matrices(linear, norm):
    A = torch.diag(norm.weight / torch.sqrt(norm.running_var + norm.eps))
    b = linear.bias if linear.bias is not None else torch.zeros(linear.out_features)
    new = nn.Linear(linear.in_features, linear.out_features)
    new.weight = nn.Parameter((A @ linear.weight).detach())
    new.bias = nn.Parameter((A @ (b - norm.running_mean) + norm.bias).detach())
    return new


def by_one_sample(bn, plain):
    d = np.asarray(bn) - np.asarray(plain)
    low, high = scipy.stats.t.interval(0.95, len(d) - 1, d.mean(), scipy.stats.sem(d))
    return low, high, "better" if low > 0 else "worse" if high < 0 else "cannot tell"


def by_formula(bn, plain):
    d = [a - b for a, b in zip(bn, plain, strict=True)]
    n = len(d)
    half = scipy.stats.t.ppf(0.975, n - 1) * plain_std(d) / math.sqrt(n)
    low, high = sum(d) / n - half, sum(d) / n + half
    if low <= 0 <= high:
        return low, high, "cannot tell"
    return low, high, "better" if low > 0 else "worse"


def plain_std(values):
    return plain.stdev(values)


ANSWERS = [
    ("statistics", by_loops),
    ("statistics", lambda x: (x.mean(dim=0), x.var(dim=0, unbiased=False))),
    ("statistics", lambda x: torch.var_mean(x, 0, correction=0)[::-1]),
    ("statistics", lambda x: (np.mean(x.numpy(), 0), np.var(x.numpy(), 0))),
    ("statistics", lambda x: (x.double().mean(0), x.double().std(0, correction=0) ** 2)),
    ("statistics", lambda x: [x.sum(0) / len(x), ((x - x.sum(0) / len(x)) ** 2).sum(0) / len(x)]),
    ("statistics", lambda x: (torch.einsum("mu->u", x) / len(x), x.T.cov(correction=0).diag())),
    ("normalize", normalized_by_loops),
    ("normalize", lambda x, eps: (x - x.mean(0)).numpy() / np.hypot(x.numpy().std(0), eps**0.5)),
    ("normalize", lambda x, eps: F.batch_norm(x, None, None, training=True, eps=eps)),
    ("normalize", lambda x, eps: (x - x.mean(0)) * torch.rsqrt(x.var(0, correction=0) + eps)),
    ("normalize", lambda x, eps: (x.numpy() - x.numpy().mean(0)) / np.sqrt(x.numpy().var(0) + eps)),
    ("normalize", lambda x, eps: F.layer_norm(x.T, (len(x),), eps=eps).T),
    ("normalize", lambda x, eps: F.instance_norm(x.T[None], eps=eps)[0].T),
    ("forward", lambda x, g, b, eps: F.batch_norm(x, None, None, g, b, True, 0.1, eps)),
    ("forward", lambda x, g, b, eps: normalized_by_loops(x, eps) * g + b),
    ("forward", lambda x, g, b, eps: b + g * F.layer_norm(x.T, (len(x),), eps=eps).T),
    ("forward", lambda x, g, b, eps: (x - x.mean(0)) * (g / (x.var(0, False) + eps) ** 0.5) + b),
    ("forward", lambda x, g, b, eps: torch.stack(
        [g[j] * F.batch_norm(x[:, j:j + 1], None, None, training=True, eps=eps)[:, 0] + b[j]
         for j in range(x.shape[1])], 1)),
    ("running", in_place), ("running", with_factor), ("running", by_layer), ("running", in_numpy),
    ("running", lambda rm, rv, x, a: (torch.lerp(rm, x.mean(0), a), torch.lerp(rv, x.var(0), a))),
    ("layer", ShortBatchNorm), ("layer", Functional), ("layer", layers("inplace")[0]),
    ("layer", layers("shaped")[0]), ("layer", layers("flattening")[0]),
    ("layer", layers("own_gradient")[0]),
    ("backward", nine_steps), ("backward", jacobian), ("backward", simplified),
    ("images", moved), ("images", channels_in_turn), ("images", flattened),
    ("images", images_in_numpy),
    ("images", lambda x, g, b, eps: F.batch_norm(x, None, None, g, b, True, 0.0, eps)),
    ("network", Net), ("network", after_relu), ("network", nested),
    ("pick_rates", in_pandas), ("pick_rates", with_a_loop),
    ("pair", pair_by_autograd), ("pair", pair_by_differences), ("pair", pair_by_hand),
    ("fold", folded_by_inputs), ("fold", folded_by_torch), ("fold", folded_by_matrices),
    ("interval", by_one_sample), ("interval", by_formula),
]  # fmt: skip
ONE_KIND = [  # of the two that a layer is to take, the one that it lacks
    ("images", nn.BatchNorm1d), ("vectors", nn.BatchNorm2d), ("images", BatchNorm1d),
    ("vectors", BatchNorm2d), ("images", Homework), ("images", layers("no_module")[0]),
    ("images", layers("numpy_class")[0]),
]  # fmt: skip
