"""Which layers of a network are batch normalization, and which of them a tool may convert."""

from __future__ import annotations

from collections.abc import Container

from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d

AnyBatchNorm = nn.modules.batchnorm._BatchNorm
BATCH_NORMS: frozenset[type[AnyBatchNorm]] = frozenset(
    {BatchNorm1d, BatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm}
)
OF_A_NORM = frozenset({"weight", "bias", "running_mean", "running_var", "num_batches_tracked"})


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


def extras(layer: nn.Module) -> str:
    """What a layer carries besides what its type says, in words; empty where it is plain.

    Hooks, a replaced method, further tensors or layers, and weights that are no parameters, as
    pruning leaves them: a layer made anew from the settings would lack them.
    """
    hooks = [name for name, value in vars(layer).items() if name.endswith("_hooks") and value]
    methods = [name for name in vars(layer) if callable(getattr(type(layer), name, None))]
    tensors = {*layer._parameters, *layer._buffers} - OF_A_NORM
    replaced = [name for name in ("weight", "bias") if name in vars(layer)]
    inner = [] if type(layer) is nn.Sequential else layer._modules
    groups = {"hooks": hooks, "methods": methods, "tensors": tensors, "layers": inner,
              "replaced weights": replaced}  # fmt: skip
    return "; ".join(
        f"{what} {', '.join(sorted(names))}" for what, names in groups.items() if names
    )
