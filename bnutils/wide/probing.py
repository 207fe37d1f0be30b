"""What a network makes of a few images: enough to tell whether it is the one that was meant."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.networks.building import evaluating
from bnutils.networks.chance import chance
from bnutils.wide.rules.drawing import seed_draws

MOST_IMAGES = 64
TOLERANCE = 0.01  # of the largest logit; rounding differs between a stack and a single network


def probe_images(data: Sequence[Dataset], batch_size: int = MOST_IMAGES) -> Tensor:
    """The first training images [K, B, C, H, W] of K data sets, normalised: a batch, or part."""
    count = min(batch_size, MOST_IMAGES)
    return torch.stack([each.normalise(each.train.images[:count]) for each in data])


@torch.no_grad()
def probe_stack(stacked: nn.Module, images: Tensor, seeds: Sequence[int]) -> Tensor:
    """Logits [R, B, classes] of R stacked networks in evaluation mode, drawing from ``seeds``.

    ``images`` are [R, B, C, H, W], or [1, B, C, H, W] for all.
    """
    seed_draws(stacked, seeds)
    with evaluating(stacked), chance(seeds[0]):
        logits: Tensor = stacked(images.expand(len(seeds), *images.shape[1:]))
    return logits


@torch.no_grad()
def probe(net: nn.Module, images: Tensor, seed: int, classes: int) -> Tensor:
    """Logits [B, classes] of one network in evaluation mode.

    Raises ValueError for a network that does not take the images or has too few logits.
    """
    expected = (
        f"  Expected: from images {list(images.shape)} to logits [{len(images)}, {classes}]\n"
        "  What to do: give the first layer the size of the images (dataset.features values after "
        "nn.Flatten()) and the last one a unit for each class"
    )
    try:
        with evaluating(net), chance(seed):
            logits = net(images)
    except Exception as error:
        raise ValueError(
            f"the network does not take the images: {type(error).__name__}: {error}\n{expected}"
        ) from error
    if not isinstance(logits, Tensor) or logits.dim() != 2 or logits.shape[1] < classes:
        shape = list(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(f"the network gives {shape}\n{expected}")
    return logits


def agree(one: Tensor, other: Tensor) -> bool:
    """Whether two arrays of logits are the same up to rounding; those of a diverged network are."""
    if one.shape != other.shape:
        return False
    size = one.abs().max()
    if not size.isfinite():
        return not other.abs().max().isfinite()
    return bool((one - other).abs().max() <= TOLERANCE * size)
