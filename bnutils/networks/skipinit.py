"""SkipInit: a residual block that starts as the identity, by one scalar."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnutils.networks.residual import Residual


class SkipInit(Residual):
    """A residual block whose branch is multiplied by a learnable scalar, x + α f(x).

    ``alpha`` [] starts at ``alpha_init``, by default 0, so that the block starts as the identity.
    Source: De and Smith (2020), section 4.
    """

    def __init__(self, *layers: nn.Module, alpha_init: float = 0.0) -> None:
        super().__init__(*layers)
        self.alpha_init = alpha_init
        self.alpha = nn.Parameter(torch.tensor(float(alpha_init)))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return x + self.alpha * change

    def extra_repr(self) -> str:
        return f"alpha_init={self.alpha_init}"
