"""Which networks train as one stack: as many as is fastest, and none that a stack would change."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from bnutils.wide.probing import agree, probe, probe_stack
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


class Alone(nn.Module):
    """A network as a stack of one: [1, B, ...] to [1, B, classes]; it shares its weights."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x[0])
        return y[None]

    def weights(self) -> list[Tensor]:
        """The matrices of linear layers and the kernels of convolutions.

        Where such a one is made of other parameters, by pruning say, it is those that count.
        """
        kinds = (nn.Linear, nn.Conv2d)
        layers = [layer for layer in self.net.modules() if isinstance(layer, kinds)]
        held = [p for layer in layers for p in layer.parameters() if p.dim() >= 2]
        return list(dict.fromkeys(held))


def side_by_side(
    nets: Sequence[nn.Sequential], seeds: Sequence[int], images: Tensor, classes: int
) -> list[nn.Module]:
    """The stack of all networks; one of each where no stack computes what they do.

    ``images`` are [R, B, C, H, W], or [1, B, C, H, W] for all.
    Raises ValueError for no networks, and for those that do not take the images.
    """
    if not nets:
        raise ValueError("there are no networks; give at least one")
    each = zip(nets, images.expand(len(nets), *images.shape[1:]), seeds, strict=True)
    alone = [probe(net, own, seed, classes) for net, own, seed in each]
    try:
        stacked = stack(nets)
        together = probe_stack(stacked, images, seeds)
    except Exception:  # whatever the reason, each can be trained alone, or tells what is wrong
        return [Alone(net) for net in nets]
    same = all(map(agree, alone, together))
    return [stacked] if same else [Alone(net) for net in nets]
