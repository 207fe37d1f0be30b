"""How the values of S networks lie in memory.

Inside a stack vectors travel as [S, C, B] and images as [B, S·C, H, W]: in both, the channels of
all replicas lie as PyTorch's kernels expect the channels of one network, so nothing is copied.
"""

from __future__ import annotations

from torch import Tensor, nn


def split(x: Tensor, replicas: int) -> Tensor:
    """From [S, C, B] to [S, B, C], and from [B, S·C, H, W] to [S, B, C, H, W]."""
    return x.mT if x.dim() == 3 else x.unflatten(1, (replicas, -1)).transpose(0, 1)


def merge(x: Tensor) -> Tensor:
    """From [S, B, C] to [S, C, B], and from [S, B, C, H, W] to [B, S·C, H, W]."""
    return x.mT if x.dim() == 3 else x.transpose(0, 1).flatten(1, 2)


class Enter(nn.Module):
    """The layout inside a stack of what comes in, `merge`.

    With ``flat`` the network begins by flattening, and images become vectors [S, C·H·W, B] here,
    where that needs no copy.
    """

    def __init__(self, flat: bool) -> None:
        super().__init__()
        self.flat = flat

    def forward(self, x: Tensor) -> Tensor:
        return merge(x.flatten(2) if self.flat else x)


class Leave(nn.Module):
    """The layout outside of what goes out, `split`."""

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.replicas = replicas

    def forward(self, x: Tensor) -> Tensor:
        return split(x, self.replicas)
