"""Batch renormalization: batch normalization that is led back towards its running statistics."""

from __future__ import annotations

import torch
from torch import Tensor

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.normalize import inverse_std, normalize_batch


class BatchRenorm1d(BatchNorm1d):
    """Batch normalization, then a scale r and a shift d towards the running statistics.

    With r = σ_B / σ within [1/``r_max``, ``r_max``] and d = (μ_B - μ) / σ within ±``d_max``, both
    constants to the gradient, training returns γ (x̂ r + d) + β. Where neither limit is reached
    that is what evaluation returns; with ``r_max`` 1 and ``d_max`` 0 it is batch normalization.
    Both limits are plain attributes, which a schedule may change between steps. Arguments, state
    and errors are otherwise those of ``BatchNorm1d``, and so is the running variance: σ² is the
    average of unbiased variances, where the paper averages σ_B itself.
    Raises ValueError for limits that exclude r = 1 or d = 0.
    Source: Ioffe (2017), Algorithm 1.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        num_features: int,
        r_max: float = 3.0,
        d_max: float = 5.0,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        if not (r_max >= 1 and d_max >= 0):
            raise ValueError(f"r_max is {r_max}, d_max {d_max}: give at least 1 and at least 0")
        super().__init__(num_features, eps, momentum, affine, True, device, dtype, bias=bias)
        self.r_max, self.d_max = r_max, d_max

    def normalize_by_batch(self, x: Tensor) -> Tensor:
        """Normalize ``x`` [B, C] or [B, C, L] per channel; returns the same shape.

        The running statistics move after they were used.
        """
        if x.numel() == x.shape[1]:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got input size {x.shape}"
            )
        x_hat, mean, var = normalize_batch(x, None, None, self.eps)  # [B, C, ...], [C], [C]
        r, d = self.correction(mean, var)  # [C], [C]
        scale = r if self.weight is None else r * self.weight  # [C]
        shift = d if self.weight is None else d * self.weight  # [C]
        shift = shift if self.bias is None else shift + self.bias  # [C]
        self._update_running_stats(mean, var, m=x.numel() // max(x.shape[1], 1))
        channel = [1, -1] + [1] * (x.dim() - 2)
        y = x_hat * scale.view(channel) + shift.view(channel)  # [B, C, ...]
        return y.to(x.dtype)

    @torch.no_grad()
    def correction(self, mean: Tensor, var: Tensor) -> tuple[Tensor, Tensor]:
        """The scale r and shift d, each [C], for a batch with ``mean`` and biased ``var`` [C]."""
        inv_sigma = inverse_std(self.running_var.to(var.dtype), self.eps)  # [C]
        r = torch.sqrt(var + self.eps) * inv_sigma  # [C]
        d = (mean - self.running_mean.to(mean.dtype)) * inv_sigma  # [C]
        return r.clamp(1 / self.r_max, self.r_max), d.clamp(-self.d_max, self.d_max)

    def extra_repr(self) -> str:
        settings = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{settings}, r_max={self.r_max}, d_max={self.d_max}"
