"""How does the size of the batch change what batch normalization gives?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from bnutils.data.dataset import Dataset, Part
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps.tuning import Tuning, tuned
from bnutils.training.recipe import Recipe


@dataclass(frozen=True)
class BatchSizeStudy:
    """Networks with and without batch normalization, tuned at every one of ``batch_sizes``.

    Either all sizes see the same samples, ``epochs`` times, or all take the same number of
    ``updates``. Curves have several points at the sizes in ``watched``, and in ``followed``.
    """

    dataset: Dataset
    images: int
    epochs: int
    updates: int
    hidden: tuple[int, ...] = (100, 100, 100)
    batch_sizes: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
    watched: tuple[int, ...] = (2, 16, 128, 1024)
    followed: tuple[int, ...] = (4, 32, 256)
    evaluate_on: int = 1000

    @classmethod
    def on(cls, dataset: Dataset, images: int = 2_048) -> BatchSizeStudy:
        """The study on ``images`` training images, as long as suits the data.

        It is tested on 2,500 images from all over the test set, or on all where there are fewer.
        """
        images = min(images, len(dataset.train))
        spread = slice(None, None, max(1, len(dataset.test) // 2_500))
        test = Part(dataset.test.images[spread], dataset.test.labels[spread])
        tested = replace(dataset, test=test)
        if dataset.name == "digits":  # little time for little data
            return cls(tested, images, epochs=1, updates=16, evaluate_on=300)
        return cls(tested, images, epochs=2, updates=40)

    def drawn(self, seed: int) -> Dataset:
        """The data set of a seed: training and validation images drawn anew."""
        return self.dataset.resampled(seed, train=self.images, validation=self.evaluate_on)

    @property
    def arms(self) -> dict[str, Callable[[int], nn.Sequential]]:
        """Functions from a seed to a network, without and with batch normalization."""
        sizes = (self.dataset.features, *self.hidden, len(self.dataset.classes))
        norms = {"no BN": None, "BN": BatchNorm1d}
        return {arm: partial(study_network, sizes=sizes, norm=norm) for arm, norm in norms.items()}

    def lrs(self, arm: str, recipe: Recipe) -> tuple[float, ...]:
        """Three learning rates, half a decade apart, around a centre found in trial runs."""
        ratio = recipe.batch_size / 64
        centre = 0.3 * ratio**0.75 if arm == "BN" else 0.1 * ratio**0.5
        return tuple(float(f"{centre * factor:.2g}") for factor in (0.32, 1.0, 3.2))

    def equal_epochs(self) -> Tuning:
        """The runs in which every batch size sees the same samples."""
        return self._tuned(
            lambda size: self.epochs * (self.images // size), dict.fromkeys(self.watched, 4)
        )

    def equal_updates(self) -> Tuning:
        """The runs in which every batch size takes the same number of updates."""
        return self._tuned(lambda size: self.updates, dict.fromkeys(self.followed, 15))

    def _tuned(self, steps: Callable[[int], int], points: Mapping[int, int]) -> Tuning:
        last = Recipe(points=1, evaluate_on=self.evaluate_on, test=True)
        recipes = [
            replace(last, batch_size=size, steps=steps(size), points=points.get(size, 1))
            for size in self.batch_sizes
        ]
        return tuned(self.arms, self.drawn, recipes, lrs=self.lrs)


def study_network(
    seed: int, sizes: Sequence[int], norm: Callable[[int], nn.Module] | None
) -> nn.Sequential:
    """The network of `BatchSizeStudy`: see `mlp`."""
    return mlp(sizes, norm=norm, seed=seed)
