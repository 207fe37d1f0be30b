"""The normalization step and its gradient: one formula each way, derived by hand.

Shapes: B samples, C channels, and for images H rows and W columns. A statistic of a channel is
taken over the m values that the batch holds of it: m = B for vectors, m = B·H·W for images.
"""

from __future__ import annotations

from math import inf
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad


def wide_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype in which numbers of ``dtype`` are normalized: float32 for half precision.

    Raises NotImplementedError, as PyTorch does, for what is no floating-point number.
    """
    if not dtype.is_floating_point:
        raise NotImplementedError(
            f"batch normalization takes floating-point numbers, got {dtype}; convert the input "
            f"first, whole numbers with .float()"
        )
    return torch.float64 if dtype == torch.float64 else torch.float32


def inverse_std(var: Tensor, eps: float) -> Tensor:
    """1 / √(``var`` + ``eps``), the same shape; 0 where both are 0, as in PyTorch's kernels.

    Raises ValueError for a negative ``eps``.
    """
    if eps < 0:
        raise ValueError(f"eps is {eps}: it keeps a root away from zero; give 0 or more")
    spread = var + eps
    return torch.rsqrt(spread if eps > 0 else spread.masked_fill(spread == 0, inf))


def batch_moments(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Centre a batch and return ``(centred, mean, var)``, the statistics per channel.

    Shapes: ``x`` and ``centred`` [B, C, ...], ``mean`` and ``var`` [1, C, 1, ...]. ``var`` is the
    biased estimate, divided by m. The mean is taken twice: the second pass removes the rounding
    error of the first, which matters in float32 when the mean is large beside the spread.
    Source: Ioffe and Szegedy (2015), Algorithm 1, lines 1 and 2.
    """
    dims = [0, *range(2, x.dim())]
    rough = x.mean(dims, keepdim=True)  # [1, C, 1, ...]
    centred = x - rough  # [B, C, ...]
    rest = centred.mean(dims, keepdim=True)  # [1, C, 1, ...]
    centred = centred - rest  # [B, C, ...]
    var = centred.square().mean(dims, keepdim=True)  # [1, C, 1, ...]
    return centred, rough + rest, var


def normalize(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Normalize a batch by its own statistics, scale by gamma and shift by beta.

    Shapes: ``x`` [B, C, ...], ``weight`` (gamma) and ``bias`` (beta) [C] or None. Returns ``y``
    like ``x``, the centred values [B, C, ...], and ``mean`` and biased ``var`` [1, C, 1, ...].
    Half precision is computed in float32. Raises what `wide_dtype` and `inverse_std` raise.
    Source: Ioffe and Szegedy (2015), Algorithm 1.
    """
    channel = [1, -1] + [1] * (x.dim() - 2)
    wide = x.to(wide_dtype(x.dtype))  # [B, C, ...]
    centred, mean, var = batch_moments(wide)  # [B, C, ...], [1, C, 1, ...], [1, C, 1, ...]
    scale = inverse_std(var, eps)  # [1, C, 1, ...]
    scale = scale if weight is None else scale * weight.view(channel)  # [1, C, 1, ...]
    y = centred * scale  # [B, C, ...]
    y = y if bias is None else y + bias.view(channel)  # [B, C, ...]
    return y.to(x.dtype), centred, mean, var


class BatchNormFunction(torch.autograd.Function):
    """`normalize` with its gradient; returns ``y``, ``mean`` [C] and ``var`` [C].

    No gradient flows through the statistics.
    Source: the chain rule of Ioffe and Szegedy (2015), section 3, gathered into one formula.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        y, centred, mean, var = normalize(x, weight, bias, eps)
        # Nothing that is y for some settings: what follows may overwrite y.
        ctx.save_for_backward(x, weight, centred, var)
        ctx.eps = eps
        mean, var = mean.flatten(), var.flatten()  # [C], [C]
        ctx.mark_non_differentiable(mean, var)
        return y, mean, var

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, centred, var = ctx.saved_tensors
        dy = grads[0].to(centred.dtype)  # [B, C, ...]
        dims, channel = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
        if torch.is_grad_enabled():
            # A second derivative is wanted: these must be functions of x again.
            centred, _, var = batch_moments(x.to(centred.dtype))  # [B, C, ...], -, [1, C, 1, ...]
        inv_std = inverse_std(var, ctx.eps)  # [1, C, 1, ...]
        x_hat = centred * inv_std  # [B, C, ...]
        m = x.numel() // x.shape[1]  # values per channel
        dbias = dy.sum(dims)  # [C]
        dweight = (dy * x_hat).sum(dims)  # [C]
        along_one = dbias.view(channel) / m  # [1, C, 1, ...]
        along_x_hat = dweight.view(channel) / m  # [1, C, 1, ...]
        dx = dy - along_one - x_hat * along_x_hat  # [B, C, ...]
        scale = inv_std if weight is None else inv_std * weight.view(channel)  # [1, C, 1, ...]
        _, needs_weight, needs_bias, _ = ctx.needs_input_grad
        return dx * scale, dweight if needs_weight else None, dbias if needs_bias else None, None


def normalize_batch(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """``y`` like ``x`` and the batch's ``mean`` and ``var`` [C], which are constants to gradients.

    By `BatchNormFunction`; in forward mode and within ``torch.func`` by the operations themselves,
    which PyTorch can transform. A function with rules for both would cost every call more, and
    ``torch.compile`` refuses one with a forward derivative.
    """
    if forward_ad._current_level >= 0 or torch._C._are_functorch_transforms_active():
        y, _, mean, var = normalize(x, weight, bias, eps)
        return y, mean.detach().flatten(), var.detach().flatten()
    return BatchNormFunction.apply(x, weight, bias, eps)  # type: ignore[no-any-return]
