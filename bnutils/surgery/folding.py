"""Folding: batch normalization in evaluation mode becomes part of the layer before it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.layers.normalize import inverse_std
from bnutils.surgery.extras import extras
from bnutils.surgery.frozen import FrozenBatchNorm
from bnutils.surgery.norm_layers import is_norm

NORMS_AFTER: dict[type[nn.Module], tuple[type[nn.Module], ...]] = {
    nn.Linear: (BatchNorm1d, nn.BatchNorm1d, FrozenBatchNorm),
    nn.Conv2d: (BatchNorm2d, nn.BatchNorm2d, FrozenBatchNorm),
}


class FoldError(ValueError):
    """A batch normalization that cannot be folded; the message says which, why and what to do."""


def fold(net: nn.Sequential) -> nn.Sequential:
    """A copy of ``net``, in evaluation mode, with every batch normalization folded away.

    Folds pairs of Linear and BatchNorm1d over vectors [B, C], and of Conv2d and BatchNorm2d, the
    book's layers and PyTorch's, also within nested ``nn.Sequential``. The result maps the same
    inputs to the same outputs up to rounding, shares no memory with ``net``, and its layers are
    numbered anew.
    Raises FoldError for a batch normalization in training mode, without running statistics, or
    not directly after a layer that it fits; TypeError where ``net`` is not an ``nn.Sequential``.
    """
    if type(net) is not nn.Sequential:
        raise TypeError(
            f"fold needs an nn.Sequential, whose layers follow one another, got "
            f"{type(net).__name__}; fold its pairs of layers with fold_pair"
        )
    return nn.Sequential(*_fold_layers(net, "")).eval()


def _fold_layers(net: nn.Sequential, prefix: str) -> list[nn.Module]:
    if more := "; ".join(extras(net)):
        raise FoldError(f"the network carries {more}, which its folded copy would lack; remove it")
    folded: list[nn.Module] = []
    previous: nn.Module | None = None
    for index, layer in enumerate(net):
        name = f"layer {prefix}{index}, {type(layer).__name__},"
        if type(layer) is nn.Sequential:
            folded.append(nn.Sequential(*_fold_layers(layer, f"{prefix}{index}.")))
        elif not is_norm(layer):
            if any(is_norm(part) for part in layer.modules()):
                raise FoldError(
                    f"{name} holds batch normalization in an order that only its forward() knows; "
                    f"fold its pairs of layers with fold_pair"
                )
            folded.append(deepcopy(layer))
        elif isinstance(previous, (nn.Linear, nn.Conv2d)) and type(layer) in NORMS_AFTER.get(
            type(previous), ()
        ):
            folded[-1] = fold_pair(previous, layer, name)
        else:
            before = "nothing" if previous is None else f"{type(previous).__name__}"
            raise FoldError(
                f"{name} follows {before}; only BatchNorm1d directly after Linear and BatchNorm2d "
                f"directly after Conv2d can be folded, and no subclasses of them: move it there, "
                f"or leave this network as it is"
            )
        previous = layer
    return folded


@torch.no_grad()
def fold_pair(
    layer: nn.Linear | nn.Conv2d, norm: nn.Module, name: str = "the batch normalization"
) -> nn.Linear | nn.Conv2d:
    """One layer that computes ``norm(layer(x))`` in evaluation mode, up to rounding.

    Computed in float64 and rounded once, to the dtype of ``layer``. ``name`` is for messages.
    Raises FoldError for a norm in training mode or without running statistics, of another number
    of channels or dimensions, for subclasses, and for hooks or tensors that folding would lose.
    Source: Ioffe and Szegedy (2015), Algorithm 2, lines 10 and 11.
    """
    _check_pair(layer, norm, name)
    mean, var = norm.running_mean, norm.running_var
    assert isinstance(mean, Tensor) and isinstance(var, Tensor)  # for mypy
    gamma, beta = norm.weight, norm.bias
    scale = inverse_std(var.double(), float(norm.eps))  # type: ignore[arg-type]  # [C]
    scale = scale if gamma is None else scale * gamma.double()  # type: ignore[operator]
    shift = -mean.double() if layer.bias is None else layer.bias.double() - mean.double()  # [C]
    offset = scale * shift if beta is None else scale * shift + beta.double()  # type: ignore
    folded = deepcopy(layer).eval()
    weight = layer.weight.double() * scale.view(-1, *[1] * (layer.weight.dim() - 1))  # [C, ...]
    trains = layer.weight.requires_grad
    folded.weight = nn.Parameter(weight.to(layer.weight.dtype), requires_grad=trains)
    folded.bias = nn.Parameter(offset.to(layer.weight.dtype), requires_grad=trains)
    return folded


def _check_pair(layer: nn.Linear | nn.Conv2d, norm: Any, name: str) -> None:
    kind, after = type(layer), type(norm)
    if after not in NORMS_AFTER.get(kind, ()):
        raise FoldError(
            f"{name} is {after.__name__} after {kind.__name__}; only BatchNorm1d after Linear and "
            f"BatchNorm2d after Conv2d can be folded, and no subclasses of them"
        )
    if more := "; ".join([*extras(layer), *extras(norm)]):
        raise FoldError(
            f"{name} or the layer before it carries more than its settings, {more}, which a "
            f"folded layer would lack; make it permanent or remove it first"
        )
    if norm.running_mean is None or norm.running_var is None:
        raise FoldError(
            f"{name} has no running statistics: it uses those of the batch in both modes, and "
            f"only constants can be folded; train it with track_running_stats=True"
        )
    if norm.training:
        raise FoldError(
            f"{name} is in training mode, in which it uses the statistics of the batch, and only "
            f"constants can be folded; call net.eval() first"
        )
    channels, there = len(norm.running_mean), len(layer.weight)
    if channels != there:
        raise FoldError(
            f"{name} normalizes {channels} channels, but the layer before it has {there}; "
            f"expected as many"
        )
