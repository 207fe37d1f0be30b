"""S dropout layers, each with a source of chance of its own."""

from __future__ import annotations

import torch
from torch import Tensor

from bnutils.wide.rules.drawing import Drawing


class StackedDropout(Drawing):
    """S dropouts, with the masks of ``nn.Dropout`` in one network after ``torch.manual_seed``.

    Vectors are [S, C, B], images [B, S·C, H, W].
    """

    def __init__(self, p: float, replicas: int) -> None:
        super().__init__(replicas)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        vectors = x.dim() == 3
        own = x.mT if vectors else x.unflatten(1, (len(self.generators), -1)).transpose(0, 1)
        noise = torch.empty(own.shape, dtype=x.dtype)  # [S, B, C, ...]
        for part, generator in zip(noise, self.generators, strict=True):
            part.bernoulli_(1 - self.p, generator=generator)
        noise = noise.mT if vectors else noise.transpose(0, 1).flatten(1, 2)
        return x * noise / (1 - self.p) if self.p < 1 else x * 0
