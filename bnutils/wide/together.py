"""How many networks side by side are fastest."""

from __future__ import annotations

from torch import nn

from bnutils.wide.stacking import stack

MOST_TOGETHER = 20
PARAMETERS_TOGETHER = 1_000_000  # beyond, the weights leave the cache, 4 MB
SAMPLES_TOGETHER = 2048  # beyond, the activations do, and nothing is left to share
CONVOLUTIONS_TOGETHER = 5
SMALL_BATCH = 8  # grouped convolutions are slow, but for tiny batches calls are slower


def most_together(batch_size: int) -> int:
    """How many networks to train as one stack at a batch size, if all their layers gain by it."""
    return max(1, min(MOST_TOGETHER, SAMPLES_TOGETHER // batch_size))


def replicas_together(net: nn.Sequential, batch_size: int) -> int:
    """How many networks like ``net`` to train as one stack; one where a layer has no rule."""
    try:
        stack([net])
    except TypeError:
        return 1
    if any(isinstance(layer, nn.Conv2d) for layer in net.modules()):
        return CONVOLUTIONS_TOGETHER if batch_size <= SMALL_BATCH else 1
    parameters = sum(parameter.numel() for parameter in net.parameters())
    return max(1, min(most_together(batch_size), PARAMETERS_TOGETHER // max(parameters, 1)))
