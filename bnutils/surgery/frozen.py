"""Frozen batch normalization: fixed statistics in both modes, for fine-tuning."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.normalize import inverse_std, wide_dtype
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.surgery.extras import extras
from bnutils.surgery.norm_layers import BATCH_NORMS, AnyBatchNorm, norm_layers

# In evaluation mode all of them are batch normalization by constants.
FREEZABLE_NORMS = BATCH_NORMS | {GhostBatchNorm1d, BatchRenorm1d, SyncBatchNorm1d}


class FrozenBatchNorm(nn.Module):
    """Batch normalization by constants, the same in both modes: no call to train() wakes it up.

    Maps [B, C, ...] to the same shape. The ``state_dict`` has the names and shapes of the layer
    it replaces, so checkpoints fit both ways. gamma and beta stay parameters, which train unless
    ``requires_grad_(False)`` is called; the statistics change only when others are loaded.
    """

    weight: nn.Parameter | None
    bias: nn.Parameter | None
    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, num_features: int, eps: float = 1e-5, *, affine: bool = True, bias: bool = True
    ) -> None:
        super().__init__()
        self.num_features, self.eps = num_features, eps
        gamma = nn.Parameter(torch.ones(num_features)) if affine else None
        beta = nn.Parameter(torch.zeros(num_features)) if affine and bias else None
        self.register_parameter("weight", gamma)
        self.register_parameter("bias", beta)
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.long))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize ``x`` [B, C, ...] by the stored statistics, whatever the mode."""
        if x.shape[1] != len(self.running_mean):
            raise RuntimeError(
                f"running_mean should contain {x.shape[1]} elements not {len(self.running_mean)}"
            )
        wide = wide_dtype(x.dtype)
        channel = [1, -1] + [1] * (x.dim() - 2)
        scale = inverse_std(self.running_var.to(wide), self.eps)  # [C]
        scale = scale if self.weight is None else scale * self.weight  # [C]
        y = (x.to(wide) - self.running_mean.view(channel)) * scale.view(channel)  # [B, C, ...]
        y = y if self.bias is None else y + self.bias.view(channel)  # [B, C, ...]
        return y.to(x.dtype)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}"


def frozen(net: nn.Module, *, freeze_affine: bool = False) -> nn.Module:
    """A copy of ``net`` whose batch normalization layers are frozen; ``net`` may be one itself.

    Freezes the layers of PyTorch and of this book, wherever they stand; with ``freeze_affine``
    gamma and beta too. The copy has the mode and the ``state_dict`` of ``net``, and shares
    parameters where ``net`` does.
    Raises ValueError for a layer without running statistics, of an unknown type that has some, or
    with hooks or other things that its copy would lack.
    """
    copies: dict[int, object] = {}  # of layers and parameters, by their place in memory
    for name, norm in norm_layers(net, FREEZABLE_NORMS, other={FrozenBatchNorm}).items():
        copies[id(norm)] = _frozen_layer(norm, name or "itself", copies, freeze_affine)
    return deepcopy(net, copies)


def _frozen_layer(
    norm: AnyBatchNorm, name: str, copies: dict[int, object], freeze_affine: bool
) -> FrozenBatchNorm:
    if norm.running_mean is None:
        raise ValueError(
            f"layer {name!r}, {norm}, has no running statistics that could be frozen; "
            f"train it with track_running_stats=True"
        )
    if more := "; ".join(extras(norm)):
        raise ValueError(
            f"layer {name!r} carries what a frozen layer would lack: {more}; remove it first, or "
            f"call eval() on this layer after each train()"
        )
    layer = FrozenBatchNorm(norm.num_features, norm.eps, affine=False)
    for part in layer._parameters | layer._buffers:
        setattr(layer, part, deepcopy(getattr(norm, part), copies))
    for parameter in layer.parameters() if freeze_affine else ():
        parameter.requires_grad_(False)
    return layer.train(norm.training)
