"""How do accuracy, and what arrives at the last sigmoids, move during training?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.networks.building import build_separate, evaluating
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack

LEVELS = (0.15, 0.5, 0.85)


@dataclass(frozen=True)
class Followed:
    """S networks at T points of their training, on images that are always the same.

    ``accuracy`` [S, T] is a share between 0 and 1. ``percentiles`` [S, T, 3, units] are the 15th,
    the 50th and the 85th of what arrives at each sigmoid of the last hidden layer. ``seconds``
    is processor time, measuring included.
    """

    steps: tuple[int, ...]
    accuracy: np.ndarray
    percentiles: np.ndarray
    seconds: float

    def updates_to(self, level: float) -> np.ndarray:
        """Updates [S] until the accuracy first reaches ``level``, see `first_reached`."""
        return first_reached(self.steps, self.accuracy, level)

    def drift(self) -> np.ndarray:
        """How far each unit's median moves [S, units], in units of the spread of its values.

        The spread is half the distance between the outer percentiles, averaged over training.
        """
        low, median, high = np.moveaxis(self.percentiles, 2, 0)  # each [S, T, units]
        return np.asarray(np.ptp(median, axis=1) / ((high - low) / 2).mean(axis=1))


def first_reached(steps: Sequence[int], curves: np.ndarray, level: float) -> np.ndarray:
    """The step [S] at which each curve [S, T] first reaches ``level``, on a line between points.

    Infinite where it never does.
    """
    found = np.full(len(curves), np.inf)
    for s, curve in enumerate(curves):
        for t in np.flatnonzero(curve >= level)[:1]:
            before = max(t - 1, 0)
            # One point is enough where the curve starts above the level.
            found[s] = np.interp(level, curve[[before, t]], [steps[before], steps[t]])
    return found


def follow(
    build: Callable[[int], nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    *,
    lr: float,
    seeds: Sequence[int],
    images: int = 1000,
) -> Followed:
    """Train ``build(seed)`` for every seed; measure on the first ``images`` test images.

    The networks are in evaluation mode while they are measured. Raises TypeError for networks
    that cannot be stacked, ValueError for those that share memory.
    """
    test = dataset.test.take(images)
    x = dataset.normalise(test.images)  # [B, C, H, W]
    stacked = stack(build_separate(build, seeds, x[None]))
    x = x.expand(len(seeds), *x.shape)  # [S, B, C, H, W]
    arriving: list[Tensor] = []  # what the last sigmoid receives, [S, units, B]
    last = [layer for layer in stacked.modules() if isinstance(layer, nn.Sigmoid)][-1]
    steps, accuracy, percentiles = [], [], []
    since = time.process_time()
    for step in descend(stacked, dataset, recipe, lrs=[lr] * len(seeds), seeds=seeds):
        steps.append(step)
        hook = last.register_forward_pre_hook(lambda _, inputs: arriving.append(inputs[0]))
        with hook, torch.no_grad(), evaluating(stacked):
            logits = stacked(x)  # [S, B, classes]
        accuracy.append((logits.argmax(2) == test.labels).double().mean(1).numpy())
        percentiles.append(np.quantile(arriving.pop().numpy(), LEVELS, axis=2))  # [3, S, units]
    return Followed(
        steps=tuple(steps),
        accuracy=np.stack(accuracy, axis=1),
        percentiles=np.stack(percentiles, axis=1).transpose(2, 1, 0, 3),
        seconds=time.process_time() - since,
    )
