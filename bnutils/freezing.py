"""Frozen batch normalization: fixed statistics in both modes, for fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from bnutils.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.replicas.stacking import stack_layer
from bnutils.replicas.wide import WideLayer

FREEZABLE_NORMS = (BatchNorm1d, BatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d)


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
        wide = torch.promote_types(x.dtype, torch.float32)
        channel = [1, -1] + [1] * (x.dim() - 2)
        scale = torch.rsqrt(self.running_var.to(wide) + self.eps)  # [C]
        scale = scale if self.weight is None else scale * self.weight  # [C]
        y = (x.to(wide) - self.running_mean.view(channel)) * scale.view(channel)  # [B, C, ...]
        y = y if self.bias is None else y + self.bias.view(channel)  # [B, C, ...]
        return y.to(x.dtype)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}"


def frozen(net: nn.Module, *, affine: bool = False) -> nn.Module:
    """A copy of ``net`` whose batch normalization layers are frozen; ``net`` may be one itself.

    gamma and beta are frozen too where ``affine`` is set. The copy has the mode and the
    ``state_dict`` of ``net``. Raises ValueError for a layer without running statistics.
    """
    if not isinstance(net, FREEZABLE_NORMS):
        copy = deepcopy(net)
        for name, part in list(copy.named_modules()):
            if isinstance(part, FREEZABLE_NORMS):
                parent, _, attribute = name.rpartition(".")
                setattr(copy.get_submodule(parent), attribute, frozen(part, affine=affine))
        return copy
    if net.running_mean is None:
        raise ValueError(
            f"{net} has no running statistics that could be frozen; "
            f"train it with track_running_stats=True"
        )
    layer = FrozenBatchNorm(
        net.num_features, net.eps, affine=net.weight is not None, bias=net.bias is not None
    )
    layer.to(net.running_mean.device, net.running_mean.dtype).load_state_dict(net.state_dict())
    for name, parameter in layer.named_parameters():
        trains = getattr(net, name).requires_grad
        parameter.requires_grad_(trains and not affine)
    return layer.train(net.training)


@stack_layer.register
def _(first: FrozenBatchNorm, layers: Sequence[FrozenBatchNorm]) -> nn.Module:
    wide = FrozenBatchNorm(
        len(layers) * first.num_features,
        first.eps,
        affine=first.weight is not None,
        bias=first.bias is not None,
    )
    return WideLayer(wide, layers)
