"""Does the first experiment of Ioffe and Szegedy (2015) come out again?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from bnutils.data.dataset import Dataset, Part
from bnutils.data.statistics import pixel_statistics
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps.tuning import EVIDENCE, MORE_EVIDENCE, Tuning, tuned
from bnutils.training.recipe import Recipe

SIGMOID_GAIN = 8**0.5  # with it `mlp` draws from N(0, (4 / √fan_in)²): 4 undoes the slope 1/4


@dataclass(frozen=True)
class FigureOne:
    """Three hidden layers of sigmoids on black and white images, in batches of 60.

    Weights come from N(0, ``narrow``²), or in the arm ``wide`` from N(0, 16 / fan_in).
    ``steps`` is the length of the figure's trainings, ``short`` that of those that compare
    learning rates, ``level`` the accuracy in question. Source: Ioffe and Szegedy (2015), sec. 4.1.
    """

    dataset: Dataset
    steps: int
    short: int
    level: float
    hidden: tuple[int, ...] = (100, 100, 100)
    narrow: float = 0.05
    batch_size: int = 60
    points: int = 40
    seeds: tuple[int, ...] = EVIDENCE

    @classmethod
    def on(cls, dataset: Dataset, factor: int = 1) -> FigureOne:
        """The experiment with ``factor`` times the usual numbers of steps, which suit the data."""
        short, level = (100, 0.8) if dataset.name == "digits" else (200, 0.9)
        points = min(200, factor * cls.points)
        images = black_and_white(dataset)
        return cls(images, factor * 2000, factor * short, level, points=points)

    @property
    def arms(self) -> dict[str, Callable[[int], nn.Sequential]]:
        """Functions from a seed to a network: the two of the figure, and one that starts wider."""
        sizes = (self.dataset.features, *self.hidden, len(self.dataset.classes))
        build = partial(sigmoid_network, sizes=sizes)
        return {
            "no BN": partial(build, std=self.narrow),
            "BN": partial(build, norm=BatchNorm1d, std=self.narrow),
            "wide": partial(build),
        }

    @property
    def recipe(self) -> Recipe:
        """How the networks of the figure are trained, with the points at which to look."""
        return Recipe(batch_size=self.batch_size, steps=self.steps, points=self.points)

    def drawn(self, seed: int) -> Dataset:
        """A data set for each seed: training and validation images drawn anew."""
        train, validation = len(self.dataset.train), len(self.dataset.validation)
        return self.dataset.resampled(seed, min(train, 12_000), min(validation, 1000))

    def rates(self, lrs: Sequence[float], seeds: Sequence[int] = MORE_EVIDENCE) -> Tuning:
        """All arms at the best of ``lrs``, for the shorter time, each seed with its own images."""
        recipe = replace(self.recipe, steps=self.short, points=1, evaluate_on=1000, test=True)
        return tuned(self.arms, self.drawn, recipe, lrs=lrs, seeds=seeds)


def sigmoid_network(
    seed: int,
    sizes: Sequence[int],
    norm: Callable[[int], nn.Module] | None = None,
    std: float | None = None,
) -> nn.Sequential:
    """The network of `FigureOne`; without ``std`` the gradient keeps its size from layer to layer.

    Source: Glorot and Bengio (2010), for the scale, with the slope 1/4 of the sigmoid at 0.
    """
    return mlp(sizes, norm=norm, activation=nn.Sigmoid, std=std, gain=SIGMOID_GAIN, seed=seed)


def black_and_white(dataset: Dataset) -> Dataset:
    """The data set with every pixel of at least half the brightness white, the others black."""

    def threshold(part: Part) -> Part:
        white = part.images >= dataset.scale / 2  # [N, C, H, W]
        return Part(white * torch.tensor(round(dataset.scale), dtype=torch.uint8), part.labels)

    train = threshold(dataset.train)
    mean, std = pixel_statistics(train.images, dataset.scale)
    validation, test = threshold(dataset.validation), threshold(dataset.test)
    return replace(dataset, train=train, validation=validation, test=test, mean=mean, std=std)
