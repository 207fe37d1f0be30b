"""Products of stacks of matrices, by the faster of the two libraries that PyTorch contains.

``torch.bmm`` takes one call for all S products, which is best while they are small. It uses MKL,
which has no AVX-512 kernels for processors of other makers than Intel. oneDNN has them, takes one
product a call, and there is about twice as fast once a product is large.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

LARGE = 2_000_000  # multiplications in one product, from which a call of its own pays
THIN = 8  # columns up to which MKL is several times slower than for as many rows
WIDE = 80_000  # values in a stack of matrices, from which turning such a product round pays
LONG = 200  # multiplications for one value, from which it pays to copy it into the stack


@cache
def has_fast_product() -> bool:
    """Whether this processor and this build of PyTorch offer oneDNN's product with AVX-512."""
    return (
        torch.backends.mkldnn.is_available()
        and "AVX512" in torch.backends.cpu.get_cpu_capability()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """Products [S, m, n] of ``a`` [S, m, k] and ``b`` [S, k, n]; no gradient."""
    replicas, m, k = a.shape
    if b.shape[2] <= THIN:
        return torch.bmm(b.mT, a.mT).mT.contiguous()
    pays = m * k * b.shape[2] >= LARGE and (replicas == 1 or k >= LONG)
    if not (pays and a.dtype == torch.float32 and a.device.type == "cpu" and has_fast_product()):
        return torch.bmm(a, b)
    one = torch.ops.mkldnn._linear_pointwise  # (x, w) to x w^T
    rows = [one(x, w.T, None, "none", [], "") for x, w in zip(a, b, strict=True)]
    return rows[0][None] if len(rows) == 1 else torch.stack(rows)


class Product(torch.autograd.Function):
    """The product y = a b with its gradients dy b^T and a^T dy."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return multiply(a, b)  # [S, m, n]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        a, b = ctx.saved_tensors
        (dy,) = grads  # [S, m, n]
        needs_a, needs_b = ctx.needs_input_grad
        da = multiply(dy, b.mT) if needs_a else None  # [S, m, k]
        db = multiply(a.mT, dy) if needs_b else None  # [S, k, n]
        return da, db


def product(a: Tensor, b: Tensor) -> Tensor:
    """Differentiable products [S, m, n] of ``a`` [S, m, k] and ``b`` [S, k, n]."""
    thin = b.shape[2] <= THIN and a.numel() >= WIDE
    if a.shape[1] * a.shape[2] * b.shape[2] < LARGE and not thin:
        return torch.bmm(a, b)
    y: Tensor = Product.apply(a, b)
    return y
