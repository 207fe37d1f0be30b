"""Dynamic tanh: a bounded function where a normalization would stand."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DyT(nn.Module):
    """Dynamic tanh, γ tanh(α x) + β: each value alone, no mean and no variance.

    ``weight`` (γ) and ``bias`` (β) [C] start at 1 and 0, ``alpha`` [1], shared by all values, at
    ``alpha_init``. Training and evaluation are the same.
    Source: Zhu et al. (2025), section 4.
    """

    def __init__(
        self,
        num_features: int,
        alpha_init: float = 0.5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features, self.alpha_init = num_features, alpha_init
        self.alpha = nn.Parameter(torch.empty(1, device=device, dtype=dtype))
        self.weight = nn.Parameter(torch.empty(num_features, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(num_features, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start with alpha at ``alpha_init``, gamma 1 and beta 0."""
        nn.init.constant_(self.alpha, self.alpha_init)
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Squash ``x`` [..., C]; returns the same shape.

        Raises ValueError where the last dimension is not C.
        """
        if x.shape[-1] != self.num_features:
            raise ValueError(f"expected {self.num_features} values a sample, got {tuple(x.shape)}")
        return torch.tanh(self.alpha * x) * self.weight + self.bias

    def extra_repr(self) -> str:
        return f"{self.num_features}, alpha_init={self.alpha_init}"
