"""Ghost batch normalization: the statistics of small groups inside a large batch."""

from __future__ import annotations

import torch
from torch import Tensor

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.normalize import normalize_batch


class GhostBatchNorm1d(BatchNorm1d):
    """Batch normalization in which every ``group_size`` samples of a batch form a group.

    In training each group is normalized by its own mean and variance; the running statistics
    move, once a batch, towards the averages over its groups. Evaluation, weights, state and the
    other arguments are those of ``BatchNorm1d``, which this layer equals where the group is the
    batch. Raises ValueError for a ``group_size`` below 1.
    Source: Hoffer, Hubara and Soudry (2017), Algorithm 1; there every group moves the running
    statistics by itself, one after another.
    """

    def __init__(
        self,
        num_features: int,
        group_size: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        if group_size < 1:
            raise ValueError(f"group_size is {group_size}: give the number of samples in a group")
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.group_size = group_size

    def normalize_by_batch(self, x: Tensor) -> Tensor:
        """Normalize ``x`` [B, C] or [B, C, L] per channel and group; returns the same shape.

        Raises ValueError where B is no multiple of ``group_size`` or a group has one value per
        channel.
        """
        batch, channels, size = x.shape[0], x.shape[1], self.group_size
        groups = batch // size
        m = size * (x[0, 0].numel() if batch else 1)  # values of a channel in a group
        if batch % size:
            raise ValueError(
                f"a batch of {batch} samples does not divide into groups of {size}: "
                f"choose a batch size that is a multiple of {size}, and drop the last batch"
            )
        if m == 1:
            raise ValueError(
                f"Expected more than 1 value per channel in a group, got input size {x.shape} "
                f"in groups of {size}"
            )
        # A channel of one group is a channel of its own to the normalization.
        apart = x.unflatten(0, (groups, size)).transpose(0, 1).flatten(1, 2)  # [g, G·C, ...]
        gamma, beta = (None if p is None else p.repeat(groups) for p in (self.weight, self.bias))
        y, mean, var = normalize_batch(apart, gamma, beta, self.eps)  # [g, G·C, ...]
        if self.training and self.track_running_stats and groups:
            means, variances = mean.view(groups, channels), var.view(groups, channels)  # [G, C]
            self._update_running_stats(means.mean(0), variances.mean(0), m)
        y = y.unflatten(1, (groups, channels)).transpose(0, 1)  # [G, g, C, ...]
        return y.reshape(x.shape)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        settings = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{settings}, group_size={self.group_size}"
