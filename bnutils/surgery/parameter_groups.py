"""Which parameters weight decay acts on."""

from __future__ import annotations

from typing import Any

from torch import nn


def decay_groups(net: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for an optimizer: matrices and kernels decay, vectors do not.

    The vectors are the biases and the gamma and beta of normalization layers: whatever has fewer
    than two dimensions. Parameters that do not train are left out.
    Raises ValueError for a negative ``weight_decay``.
    """
    if weight_decay < 0:
        raise ValueError(f"weight_decay is {weight_decay}: expected 0 or more")
    trained = [p for p in net.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
