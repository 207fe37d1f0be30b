"""Which layers of a network are batch normalization, and of a kind that a tool knows."""

from __future__ import annotations

from collections.abc import Container

from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d

AnyBatchNorm = nn.modules.batchnorm._BatchNorm
BATCH_NORMS: frozenset[type[AnyBatchNorm]] = frozenset(
    {BatchNorm1d, BatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm}
)


def is_norm(layer: nn.Module) -> bool:
    """Whether a layer inherits from batch normalization or has running statistics like it."""
    return isinstance(layer, AnyBatchNorm) or getattr(layer, "running_mean", None) is not None


def norm_layers(
    net: nn.Module, known: Container[type[nn.Module]], other: Container[type[nn.Module]] = ()
) -> dict[str, AnyBatchNorm]:
    """The layers of ``net``, itself included, that are batch normalization, by their names.

    A layer that stands at several places is there once. Raises ValueError for a layer that has
    running statistics or inherits from batch normalization, and whose very type is not in
    ``known``; types in ``other`` are passed over.
    """
    found = {}
    for name, layer in net.named_modules():
        kind = type(layer)
        if kind in other or not is_norm(layer):
            continue
        if kind not in known:
            raise ValueError(
                f"layer {name or 'itself'!r} is {kind.__module__}.{kind.__qualname__}, of which "
                f"nothing is known but that it has running statistics or inherits from batch "
                f"normalization: convert this layer by hand, or leave the network as it is"
            )
        found[name] = layer
    return found
