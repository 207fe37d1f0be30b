"""Batch normalization as a layer: learnable scale and shift, running statistics, two modes.

A drop-in for PyTorch's layers: same arguments, same ``state_dict``, same errors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from bnutils.normalize import BatchNormFunction


class _BatchNorm(nn.Module):
    """What ``BatchNorm1d`` and ``BatchNorm2d`` share; they differ in the shapes they accept."""

    _version = 2  # of the state_dict: since this version PyTorch's layer counts its batches
    accepted: str
    accepted_dims: tuple[int, ...]
    weight: nn.Parameter | None
    bias: nn.Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats

        def per_channel() -> Tensor:
            return torch.zeros(num_features, device=device, dtype=dtype)  # [C]

        count = torch.tensor(0, dtype=torch.long, device=device)  # []
        gamma = nn.Parameter(per_channel()) if affine else None
        beta = nn.Parameter(per_channel()) if affine and bias else None
        self.register_parameter("weight", gamma)
        self.register_parameter("bias", beta)
        self.register_buffer("running_mean", per_channel() if track_running_stats else None)
        self.register_buffer("running_var", per_channel() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", count if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1 and the count of batches to 0."""
        if self.track_running_stats:
            assert self.running_mean is not None and self.running_var is not None
            assert self.num_batches_tracked is not None
            self.running_mean.zero_()  # [C]
            self.running_var.fill_(1)  # [C]
            self.num_batches_tracked.zero_()  # []

    def reset_parameters(self) -> None:
        """Start as the bare normalization: gamma 1, beta 0, fresh running statistics."""
        self.reset_running_stats()
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Normalize ``x`` [B, C, ...] per channel; returns the same shape.

        Training uses the batch's statistics and moves the running ones towards them; evaluation
        uses the running ones, or the batch's where none are tracked.
        Raises: ValueError for a wrong number of dimensions or one value per channel in training;
        RuntimeError for a wrong number of channels or mixed dtypes.
        Source: Ioffe and Szegedy (2015), Algorithms 1 and 2.
        """
        self._check(x)
        if not self.training and self.running_mean is not None and self.running_var is not None:
            return self._normalize_by_running_stats(x)
        if x.numel() == x.shape[1]:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got input size {x.shape}"
            )
        y, mean, var = BatchNormFunction.apply(x, self.weight, self.bias, self.eps)
        if self.training and self.track_running_stats:
            self._update_running_stats(mean, var, m=x.numel() // max(x.shape[1], 1))
        return y  # type: ignore[no-any-return]

    def _normalize_by_running_stats(self, x: Tensor) -> Tensor:
        assert self.running_mean is not None and self.running_var is not None
        wide = torch.promote_types(x.dtype, torch.float32)
        channel = [1, -1] + [1] * (x.dim() - 2)
        inv_std = torch.rsqrt(self.running_var.to(wide) + self.eps)  # [C]
        scale = inv_std if self.weight is None else inv_std * self.weight  # [C]
        centred = x.to(wide) - self.running_mean.view(channel)  # [B, C, ...]
        y = centred * scale.view(channel)  # [B, C, ...]
        y = y if self.bias is None else y + self.bias.view(channel)  # [B, C, ...]
        return y.to(x.dtype)

    @torch.no_grad()
    def _update_running_stats(self, mean: Tensor, var: Tensor, m: int) -> None:
        if m == 0 or self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1  # []
        momentum = self.momentum
        if momentum is None:  # the plain average of all batches so far
            momentum = 1 / float(self.num_batches_tracked)
        unbiased = var * (m / (m - 1))  # [C], of which the running variance is an average
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), momentum)  # [C]
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), momentum)  # [C]

    def _check(self, x: Tensor) -> None:
        if x.dim() not in self.accepted_dims:
            raise ValueError(f"expected {self.accepted} input (got {x.dim()}D input)")
        for name in ("running_mean", "running_var", "weight", "bias"):
            values = getattr(self, name)
            if values is None:
                continue
            if len(values) != x.shape[1]:
                raise RuntimeError(f"{name} should contain {x.shape[1]} elements not {len(values)}")
            if values.dtype not in (x.dtype, torch.promote_types(x.dtype, torch.float32)):
                raise RuntimeError(
                    f"mixed dtype: the input is {x.dtype}, {name} is {values.dtype}; "
                    f"convert one of them with .to(dtype)"
                )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: Any, *rest: Any
    ) -> None:
        key = prefix + "num_batches_tracked"
        old = local_metadata.get("version", None)
        if self.track_running_stats and (old is None or old < 2) and key not in state_dict:
            state_dict[key] = torch.tensor(0, dtype=torch.long)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class BatchNorm1d(_BatchNorm):
    """Batch normalization of vectors [B, C] or sequences [B, C, L], per channel.

    Arguments and attributes are those of ``torch.nn.BatchNorm1d``; ``weight`` is the paper's
    gamma and ``bias`` its beta.
    Source: Ioffe and Szegedy (2015), Algorithms 1 and 2.
    """

    accepted, accepted_dims = "2D or 3D", (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalization of images [B, C, H, W]: one mean and variance a channel, over B, H, W.

    Arguments and attributes are those of ``torch.nn.BatchNorm2d``.
    Source: Ioffe and Szegedy (2015), section 3.2.
    """

    accepted, accepted_dims = "4D", (4,)
