"""The normalization step and its gradient: one formula each way, derived by hand.

Shapes: B samples, C channels, and for images H rows and W columns. A statistic of a channel is
taken over the m values that the batch holds of it: m = B for vectors, m = B·H·W for images.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


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


class BatchNormFunction(torch.autograd.Function):
    """Normalize a batch by its own statistics, scale by gamma and shift by beta.

    Shapes: ``x`` [B, C, ...], ``weight`` (gamma) and ``bias`` (beta) [C] or None. Returns ``y``
    like ``x``, and the batch's ``mean`` and biased ``var`` [C], through which no gradient flows.
    Half precision is computed in float32.
    Source: Ioffe and Szegedy (2015), Algorithm 1; the gradient is the chain rule of section 3
    of that paper, gathered into one formula.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        wide = x.to(torch.promote_types(x.dtype, torch.float32))  # [B, C, ...]
        channel = [1, -1] + [1] * (x.dim() - 2)
        centred, mean, var = batch_moments(wide)  # [B, C, ...], [1, C, 1, ...], [1, C, 1, ...]
        inv_std = torch.rsqrt(var + eps)  # [1, C, 1, ...]
        x_hat = centred * inv_std  # [B, C, ...]
        y = x_hat if weight is None else x_hat * weight.view(channel)  # [B, C, ...]
        y = y if bias is None else y + bias.view(channel)  # [B, C, ...]
        mean, var = mean.flatten(), var.flatten()  # [C], [C]
        ctx.save_for_backward(x, weight, x_hat, inv_std)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, var)
        return y.to(x.dtype), mean, var

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, x_hat, inv_std = ctx.saved_tensors
        dy = grads[0].to(x_hat.dtype)  # [B, C, ...]
        dims, channel = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
        if torch.is_grad_enabled():
            # A second derivative is wanted: x_hat and inv_std must be functions of x again.
            centred, _, var = batch_moments(x.to(x_hat.dtype))  # [B, C, ...], -, [1, C, 1, ...]
            inv_std = torch.rsqrt(var + ctx.eps)  # [1, C, 1, ...]
            x_hat = centred * inv_std  # [B, C, ...]
        m = x.numel() // x.shape[1]  # values per channel
        dbias = dy.sum(dims)  # [C]
        dweight = (dy * x_hat).sum(dims)  # [C]
        along_one = dbias.view(channel) / m  # [1, C, 1, ...]
        along_x_hat = dweight.view(channel) / m  # [1, C, 1, ...]
        dx = (dy - along_one - x_hat * along_x_hat) * inv_std  # [B, C, ...]
        dx = dx if weight is None else dx * weight.view(channel)  # [B, C, ...]
        _, needs_weight, needs_bias, _ = ctx.needs_input_grad
        return (
            dx.to(x.dtype),
            dweight.to(weight.dtype) if needs_weight else None,
            dbias.to(weight.dtype) if needs_bias else None,
            None,
        )
