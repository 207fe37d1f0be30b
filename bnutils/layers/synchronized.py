"""Synchronised batch normalization: the statistics of a batch that lies on several devices."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.normalize import inverse_std, wide_dtype


def combine_moments(counts: Tensor, means: Tensor, squares: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [C] and biased variance [C] of all values, from those of K parts.

    ``counts`` [K] says how many values a part has, ``means`` [K, C] and ``squares`` [K, C] are
    its means and its sums of squared deviations from them. No two large numbers are subtracted,
    as E[x²] - E[x]² would do.
    Source: Chan, Golub and LeVeque (1983), for K parts instead of two.
    """
    share = (counts / counts.sum())[:, None]  # [K, 1]
    mean = (share * means).sum(0)  # [C]
    between = (share * (means - mean).square()).sum(0)  # [C], of the parts' means
    within = squares.sum(0) / counts.sum()  # [C], inside the parts
    return mean, within + between


class SyncBatchNormFunction(torch.autograd.Function):
    """Normalize the rows of a batch that this process holds by the statistics of all rows.

    Shapes: ``x`` [B_k, C, ...], where B_k may differ between processes and be 0; ``weight``
    (gamma) and ``bias`` (beta) [C] or None. Returns ``y`` like ``x``, and of the whole batch the
    ``mean`` [C], biased ``var`` [C] and number of values ``m`` [], without gradients. The
    gradient of ``x`` is that of the sum of all processes' losses; those of gamma and beta are
    this process's share, to be added up over the processes as for any other parameter.
    Raises: ValueError for one value per channel in all processes together.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        dims, channel = [0, *range(2, x.dim())], [1, -1] + [1] * (x.dim() - 2)
        wide = x.to(wide_dtype(x.dtype))  # [B_k, C, ...]
        count = x.numel() // x.shape[1]  # m_k, values per channel in this process
        pivot = wide.sum(dims) / max(count, 1)  # [C], the own mean but for its rounding error
        shifted = wide - pivot.view(channel)  # [B_k, C, ...]
        rest = shifted.sum(dims) / max(count, 1)  # [C]
        squares = (shifted - rest.view(channel)).square().sum(dims)  # [C]
        # The numbers that travel are few, so that double precision costs nothing.
        own_mean = pivot.double() + rest.double()  # [C]
        own = torch.cat([own_mean.new_tensor([count]), own_mean, squares.double()])  # [1 + 2C]
        gathered = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(gathered, own)
        everyone = torch.stack(gathered)  # [K, 1 + 2C]
        counts, moments = everyone[:, 0], everyone[:, 1:]  # [K], [K, 2C]
        if counts.sum() == 1:
            raise ValueError(
                "Expected more than 1 value per channel when training, got 1 in all "
                f"{len(counts)} processes together; leave incomplete batches out"
            )
        mean, var = combine_moments(counts, *moments.chunk(2, dim=1))  # [C], [C]
        inv_std = inverse_std(var, eps).to(wide.dtype)  # [C]
        shift = (mean - pivot.double()).to(wide.dtype)  # [C]
        x_hat = (shifted - shift.view(channel)) * inv_std.view(channel)  # [B_k, C, ...]
        y = x_hat if weight is None else x_hat * weight.view(channel)  # [B_k, C, ...]
        y = y if bias is None else y + bias.view(channel)  # [B_k, C, ...]
        y = y.clone() if y is x_hat else y  # what is saved must outlive an overwritten output
        m = counts.sum()  # [], the values of all processes
        ctx.save_for_backward(x_hat, inv_std, weight, m)
        ctx.mark_non_differentiable(mean, var, m)
        return y.to(x.dtype), mean, var, m

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x_hat, inv_std, weight, m = ctx.saved_tensors
        dy = grads[0].to(x_hat.dtype)  # [B_k, C, ...]
        dims, channel = [0, *range(2, dy.dim())], [1, -1] + [1] * (dy.dim() - 2)
        dbias = dy.sum(dims)  # [C], this process's share
        dweight = (dy * x_hat).sum(dims)  # [C], this process's share
        sums = torch.cat([dbias, dweight]).double()  # [2C]
        dist.all_reduce(sums)
        along_one, along_x_hat = (sums / m).to(dy.dtype).chunk(2)  # [C], [C], of all processes
        dx = dy - along_one.view(channel) - x_hat * along_x_hat.view(channel)  # [B_k, C, ...]
        scale = inv_std if weight is None else inv_std * weight  # [C]
        dx = dx * scale.view(channel)  # [B_k, C, ...]
        _, needs_weight, needs_bias, _ = ctx.needs_input_grad
        return dx, dweight if needs_weight else None, dbias if needs_bias else None, None


class SyncBatchNorm1d(BatchNorm1d):
    """`BatchNorm1d` whose batch is that of all processes of ``torch.distributed`` together.

    Takes what `BatchNorm1d` takes, on the CPU, where ``torch.nn.SyncBatchNorm`` refuses. All
    processes must call it, forward and backward, the same number of times. In evaluation mode,
    and without a process group, it is `BatchNorm1d`.
    """

    def normalize_by_batch(self, x: Tensor) -> Tensor:
        """Normalize ``x`` [B_k, C] or [B_k, C, L], this process's rows; returns the same shape.

        Raises: ValueError for one value per channel in all processes together.
        """
        if not (self.training and dist.is_available() and dist.is_initialized()):
            return super().normalize_by_batch(x)
        y, mean, var, m = SyncBatchNormFunction.apply(x, self.weight, self.bias, self.eps)
        if self.track_running_stats:
            self._update_running_stats(mean, var, m=int(m))
        return y  # type: ignore[no-any-return]
