"""Gradients that a library makes, in PyTorch's many ways and in others'."""

import scipy.optimize
import torch
import torch.nn.functional as F
from torch.autograd import forward_ad


def normalized(x, gamma, beta, eps):
    return gamma * (x - x.mean(0)) / torch.sqrt(x.var(0, correction=0) + eps) + beta


def weighed(dy, eps):
    return lambda x, gamma, beta: (dy * normalized(x, gamma, beta, eps)).sum()


def by_vjp(dy, x, gamma, eps):
    beta = torch.zeros_like(gamma)
    return torch.func.vjp(lambda *args: normalized(*args, eps), x, gamma, beta)[1](dy)


def by_grad(dy, x, gamma, eps):
    return torch.func.grad(weighed(dy, eps), (0, 1, 2))(x, gamma, torch.zeros_like(gamma))


def by_jacrev(dy, x, gamma, eps):
    return torch.func.jacrev(weighed(dy, eps), (0, 1, 2))(x, gamma, torch.zeros_like(gamma))


def by_jacfwd(dy, x, gamma, eps):
    return torch.func.jacfwd(weighed(dy, eps), (0, 1, 2))(x, gamma, torch.zeros_like(gamma))


def by_functional(dy, x, gamma, eps):
    inputs = (x, gamma, torch.zeros_like(gamma))
    return torch.autograd.functional.jacobian(weighed(dy, eps), inputs)


def by_forward_mode(dy, x, gamma, eps):
    def along(*tangents):
        with forward_ad.dual_level():
            inputs = (x, gamma, torch.zeros_like(gamma))
            duals = map(forward_ad.make_dual, inputs, tangents)
            return forward_ad.unpack_dual(weighed(dy, eps)(*duals)).tangent

    none = torch.zeros_like(x), torch.zeros_like(gamma), torch.zeros_like(gamma)
    made = []
    for place, zeros in enumerate(none):
        moves = torch.eye(zeros.numel(), dtype=x.dtype).view(-1, *zeros.shape)
        values = [along(*none[:place], move, *none[place + 1 :]) for move in moves]
        made.append(torch.stack(values).view(zeros.shape))
    return tuple(made)


def of_the_operation(dy, x, gamma, eps):
    backward = torch.ops.aten.native_batch_norm_backward.default
    inverse = torch.rsqrt(x.var(0, correction=0) + eps)
    return backward(dy, x, gamma, None, None, x.mean(0), inverse, True, eps, [True] * 3)


def of_the_node(dy, x, gamma, eps):
    x, gamma = x.clone().requires_grad_(), gamma.clone().requires_grad_()
    beta = torch.zeros_like(gamma, requires_grad=True)
    y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    return y.grad_fn(dy)


def recorded_all_the_same(dy, x, gamma, eps):
    with torch.inference_mode(False), torch.enable_grad():
        leaves = [v.clone().requires_grad_() for v in (x, gamma, torch.zeros_like(gamma))]
        return torch.autograd.grad(weighed(dy.clone(), eps)(*leaves), leaves)


def by_scipy(dy, x, gamma, eps):
    def loss(row):
        return weighed(dy, eps)(torch.tensor(row).view(x.shape), gamma, 0 * gamma).item()

    dx = scipy.optimize.approx_fprime(x.numpy().ravel(), loss, 1e-7)
    x_hat = normalized(x, 1, 0, eps)
    return dx.reshape(x.shape), (dy * x_hat).sum(0), dy.sum(0)


DIFFERENTIATED = [
    by_vjp, by_grad, by_jacrev, by_jacfwd, by_functional, by_forward_mode, of_the_operation,
    of_the_node, recorded_all_the_same, by_scipy,
]  # fmt: skip
