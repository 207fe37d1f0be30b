"""How does the size of the batch change what batch normalization gives?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from torch import nn

from bnutils.data.dataset import Dataset, Part
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps.sweep import Rates, Sweep, grid
from bnutils.training.recipe import Recipe


@dataclass(frozen=True)
class BatchSizeStudy:
    """Networks with and without batch normalization, trained at every one of ``batch_sizes``.

    Either all sizes see the same samples, ``epochs`` times, or all take the same number of
    ``updates``. Curves are followed at the sizes in ``watched``.
    """

    dataset: Dataset
    epochs: int
    updates: int
    hidden: tuple[int, ...] = (100, 100, 100)
    batch_sizes: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
    watched: tuple[int, ...] = (2, 16, 128, 1024)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    evaluate_on: int = 1000

    @classmethod
    def on(cls, dataset: Dataset, images: int = 2_500) -> BatchSizeStudy:
        """The study on the first ``images`` training images, as long as suits the data.

        It is tested on 2,500 images from all over the test set, or on all where there are fewer.
        """
        spread = slice(None, None, max(1, len(dataset.test) // 2_500))
        test = Part(dataset.test.images[spread], dataset.test.labels[spread])
        first = replace(dataset, train=dataset.train.take(images), test=test)
        if dataset.name == "digits":  # little time for little data
            return cls(first, epochs=1, updates=16, evaluate_on=300)
        return cls(first, epochs=2, updates=40)

    @property
    def arms(self) -> dict[str, Callable[[int], nn.Sequential]]:
        """Functions from a seed to a network, without and with batch normalization."""
        sizes = (self.dataset.features, *self.hidden, len(self.dataset.classes))
        norms = {"no BN": None, "BN": BatchNorm1d}
        return {arm: partial(study_network, sizes=sizes, norm=norm) for arm, norm in norms.items()}

    def lrs(self, arm: str, recipe: Recipe) -> tuple[float, ...]:
        """Four learning rates, half a decade apart, around a centre found in trial runs."""
        ratio = recipe.batch_size / 64
        centre = 0.3 * ratio**0.75 if arm == "BN" else 0.1 * ratio**0.5
        return tuple(float(f"{centre * factor:.2g}") for factor in (0.1, 0.32, 1.0, 3.2))

    def equal_epochs(self) -> Sweep:
        """The runs in which every batch size sees the same samples."""
        return self.sweep(
            Recipe(
                batch_size=size,
                steps=self.epochs * (len(self.dataset.train) // size),
                points=4 if size in self.watched else 1,
                evaluate_on=self.evaluate_on,
                test=True,
            )
            for size in self.batch_sizes
        )

    def equal_updates(self) -> Sweep:
        """The runs in which every batch size takes the same number of updates."""
        last = Recipe(steps=self.updates, points=1, evaluate_on=self.evaluate_on, test=True)
        return self.sweep(replace(last, batch_size=size) for size in self.batch_sizes)

    def sweep(self, recipes: Iterable[Recipe], lrs: Rates | None = None) -> Sweep:
        """Both arms and all seeds with ``recipes``, by default at the learning rates of `lrs`."""
        return grid(self.arms, self.dataset, list(recipes), lrs=lrs or self.lrs, seeds=self.seeds)


def study_network(
    seed: int, sizes: Sequence[int], norm: Callable[[int], nn.Module] | None
) -> nn.Sequential:
    """The network of `BatchSizeStudy`: see `mlp`."""
    return mlp(sizes, norm=norm, seed=seed)
