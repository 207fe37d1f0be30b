"""Dynamic tanh: a bounded function where a normalization would stand."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnutils.wide.stacking import stack_layer


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


class StackedDyT(nn.Module):
    """S dynamic tanhs on vectors [S, C, B]."""

    alpha: nn.Parameter  # [S, 1, 1]
    weight: nn.Parameter  # [S, C, 1]
    bias: nn.Parameter  # [S, C, 1]

    def __init__(self, layers: Sequence[DyT]) -> None:
        super().__init__()
        for name in ("alpha", "weight", "bias"):
            first: Tensor = getattr(layers[0], name)
            values = torch.stack([getattr(layer, name).detach() for layer in layers])[:, :, None]
            setattr(self, name, nn.Parameter(values, requires_grad=first.requires_grad))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.bias, torch.tanh(self.alpha * x), self.weight)

    def write_back(self, layers: Sequence[DyT]) -> None:
        """Copy the parameters into the layers this one was made of."""
        for name, values in self.named_parameters():
            for layer, value in zip(layers, values, strict=True):
                getattr(layer, name).data.copy_(value[:, 0])


@stack_layer.register
def _(first: DyT, layers: Sequence[DyT]) -> nn.Module:
    return StackedDyT(layers)
