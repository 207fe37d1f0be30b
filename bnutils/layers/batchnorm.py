"""Batch normalization as a layer: learnable scale and shift, running statistics, two modes.

Arguments, ``state_dict`` and errors are those of PyTorch's layers. How far PyTorch's tools take
the one for the other is tried in ``bnutils.studies.drop_in``.
"""

from __future__ import annotations

import torch
from torch import Tensor, fx, nn

from bnutils.layers.normalize import inverse_std, normalize_batch, wide_dtype


class _BatchNorm(nn.modules.batchnorm._BatchNorm):
    """What ``BatchNorm1d`` and ``BatchNorm2d`` share; they differ in the shapes they accept.

    PyTorch's class stands above because its tools look for it. It reads checkpoints and prints the
    settings; all that is computed, and what it is computed with, is written here.
    """

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
        nn.Module.__init__(self)
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
        for value, start in (
            (self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)
        ):  # fmt: skip
            if value is not None:
                value.fill_(start)  # [C], [C], []

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
        RuntimeError for a wrong number of channels, mixed dtypes, or other than floating-point
        numbers. Source: Ioffe and Szegedy (2015), Algorithms 1 and 2.
        """
        # A tool that writes a network down notes the layer as one step, as it does PyTorch's.
        if isinstance(x, fx.Proxy) and x.tracer.root is not self:
            return x.tracer.create_proxy("call_module", x.tracer.path_of_module(self), (x,), {})
        self._check(x)
        if not self.training and self.running_mean is not None and self.running_var is not None:
            return self.normalize_by_running_stats(x)
        return self.normalize_by_batch(x)

    def normalize_by_batch(self, x: Tensor) -> Tensor:
        if x.numel() == x.shape[1]:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got input size {x.shape}"
            )
        y, mean, var = normalize_batch(x, self.weight, self.bias, self.eps)  # [B, C, ...], [C], [C]
        if self.training and self.track_running_stats:
            self._update_running_stats(mean, var, m=x.numel() // max(x.shape[1], 1))
        return y

    def normalize_by_running_stats(self, x: Tensor) -> Tensor:
        assert self.running_mean is not None and self.running_var is not None  # for mypy
        wide = wide_dtype(x.dtype)
        channel = [1, -1] + [1] * (x.dim() - 2)
        scale = inverse_std(self.running_var.to(wide), self.eps)  # [C]
        scale = scale if self.weight is None else scale * self.weight  # [C]
        y = (x.to(wide) - self.running_mean.view(channel)) * scale.view(channel)  # [B, C, ...]
        y = y if self.bias is None else y + self.bias.view(channel)  # [B, C, ...]
        return y.to(x.dtype)

    @torch.no_grad()
    def _update_running_stats(self, mean: Tensor, var: Tensor, m: int) -> None:
        if m == 0 or self.running_mean is None or self.running_var is None:
            return
        weight: float | Tensor | None = self.momentum  # of the new value
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1  # []
        if weight is None:  # the plain average of all batches so far
            count = self.num_batches_tracked
            weight = 0.0 if count is None else count.to(self.running_mean.dtype).reciprocal()  # []
        unbiased = var * (m / (m - 1))  # [C], of which the running variance is an average
        self.running_mean.lerp_(mean.detach().to(self.running_mean.dtype), weight)  # [C]
        self.running_var.lerp_(unbiased.detach().to(self.running_var.dtype), weight)  # [C]

    def _check(self, x: Tensor) -> None:
        self._check_input_dim(x)  # type: ignore[no-untyped-call]
        accepted = (x.dtype, wide_dtype(x.dtype))
        for name in ("running_mean", "running_var", "weight", "bias"):
            values = getattr(self, name)
            if values is None:
                continue
            if len(values) != x.shape[1]:
                raise RuntimeError(f"{name} should contain {x.shape[1]} elements not {len(values)}")
            if values.dtype not in accepted:
                raise RuntimeError(
                    f"mixed dtype: the input is {x.dtype}, {name} is {values.dtype}; "
                    f"convert one of them with .to(dtype)"
                )


class BatchNorm1d(_BatchNorm, nn.BatchNorm1d):
    """Batch normalization of vectors [B, C] or sequences [B, C, L], per channel.

    Arguments and attributes are those of ``torch.nn.BatchNorm1d``; ``weight`` is the paper's
    gamma and ``bias`` its beta.
    Source: Ioffe and Szegedy (2015), Algorithms 1 and 2.
    """


class BatchNorm2d(_BatchNorm, nn.BatchNorm2d):
    """Batch normalization of images [B, C, H, W]: one mean and variance a channel, over B, H, W.

    Arguments and attributes are those of ``torch.nn.BatchNorm2d``.
    Source: Ioffe and Szegedy (2015), section 3.2.
    """
