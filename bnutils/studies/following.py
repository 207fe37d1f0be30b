"""How do accuracy, and what arrives at the last sigmoids, move during training?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.sweeps.fit import fit
from bnutils.training.recipe import Recipe

LEVELS = (0.15, 0.5, 0.85)


@dataclass(frozen=True)
class Followed:
    """S networks at T points of their training, on images that are always the same.

    ``accuracy`` [S, T] is a share between 0 and 1. ``percentiles`` [S, T, 3, units] are the 15th,
    the 50th and the 85th of what arrives at each sigmoid of the last hidden layer. ``seconds``
    is processor time, without measuring.
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


def right(net: nn.Sequential, dataset: Dataset, images: int) -> Tensor:
    """The share of the first ``images`` test images that ``net`` assigns to their class."""
    test = dataset.test.take(images)
    hits: Tensor = net(dataset.normalise(test.images)).argmax(1) == test.labels  # [B]
    return hits.double().mean()


def arriving(net: nn.Sequential, dataset: Dataset, images: int) -> np.ndarray:
    """Percentiles [3, units] of what the last sigmoid of ``net`` receives for test images."""
    last = max(i for i, layer in enumerate(net) if isinstance(layer, nn.Sigmoid))
    x = dataset.normalise(dataset.test.images[:images])  # [B, C, H, W]
    return np.asarray(np.quantile(net[:last](x).numpy(), LEVELS, axis=0))


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

    The networks are in evaluation mode while they are measured. Raises what `fit` does.
    """
    measure = {each.__name__: partial(each, images=images) for each in (right, arriving)}
    runs = fit(build, dataset, recipe, lrs=[lr], seeds=seeds, jobs=1, measure=measure)
    accuracy, percentiles = (runs.measured[name][0] for name in measure)  # [S, T, ...]
    return Followed(runs.steps, accuracy, percentiles, runs.seconds)
