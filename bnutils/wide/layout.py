"""How the values of S networks lie in memory, and the layers that only change that.

Inside a stack vectors travel as [S, C, B] and images as [B, S·C, H, W]: in both, the channels of
all replicas lie as PyTorch's kernels expect the channels of one network, so nothing is copied.
"""

from __future__ import annotations

from torch import Tensor, nn


class Enter(nn.Module):
    """From [S, B, C] to [S, C, B], and from [S, B, C, H, W] to [B, S·C, H, W].

    With ``flat`` the network begins by flattening, and images become vectors [S, C·H·W, B] here,
    where that needs no copy.
    """

    def __init__(self, flat: bool) -> None:
        super().__init__()
        self.flat = flat

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 3 or self.flat:
            return x.flatten(2).mT
        return x.transpose(0, 1).flatten(1, 2)


class StackedFlatten(nn.Module):
    """From images [B, S·C, H, W] to vectors [S, C·H·W, B]; vectors stay as they are."""

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.replicas = replicas

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 3:
            return x
        own: Tensor = x.unflatten(1, (self.replicas, -1))  # [B, S, C, H, W]
        return own.flatten(2).permute(1, 2, 0)


class Leave(nn.Module):
    """From [S, C, B] to [S, B, C], and from [B, S·C, H, W] to [S, B, C, H, W]."""

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.replicas = replicas

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 3:
            return x.mT
        own: Tensor = x.unflatten(1, (self.replicas, -1))  # [B, S, C, H, W]
        return own.transpose(0, 1)
