"""Is it steady inputs that help? Batch normalization whose output is made to jump about."""

from __future__ import annotations

import torch
from torch import Tensor

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.wide import stack_apart, stack_layer


class JitteredBatchNorm(BatchNorm1d):
    """Batch normalization, then noise whose own distribution is new at every pass.

    For each unit and pass a mean from U(-1/2, 1/2) and a scale from U(1, 1.25) are drawn; each
    sample is multiplied and shifted by numbers that scatter around them with the standard
    deviation ``SPREAD``. In both modes. Source: after Santurkar et al. (2018), section 2.1.
    """

    SPREAD = 0.1

    def forward(self, x: Tensor) -> Tensor:  # [B, C]
        unit = [1, x.shape[1], *[1] * (x.dim() - 2)]  # one number a unit
        shift = torch.rand(unit) - 0.5 + self.SPREAD * torch.randn(x.shape)  # as x
        scale = 1 + 0.25 * torch.rand(unit) + self.SPREAD * torch.randn(x.shape)  # as x
        y: Tensor = super().forward(x)  # as x
        return scale * y + shift


stack_layer.register(JitteredBatchNorm, stack_apart)
