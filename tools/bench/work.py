"""The work that is measured: one network, one data set of MNIST's size, five batch sizes."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from bnutils.data import from_arrays
from bnutils.data.dataset import Dataset
from bnutils.networks.mlp import mlp

BATCH_SIZES = (4, 16, 60, 256, 1024)
SEEDS = 5
SIZES = (784, 100, 100, 100, 10)
LR = 0.05
IMAGES = 60_200
HELD_OUT = 100 / IMAGES  # which leaves 60,000 to train on, as many as MNIST has


def build(seed: int) -> nn.Sequential:
    """The network 784-100-100-100-10 with PyTorch's batch normalization."""
    return mlp(SIZES, norm=nn.BatchNorm1d, seed=seed)


def make_data() -> Dataset:
    """Images of noise, as many and as large as MNIST's: what they show does not change the time."""
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(IMAGES, 28, 28), dtype=np.uint8)
    return from_arrays(images, generator.integers(10, size=IMAGES), name="noise", held_out=HELD_OUT)


def floating(data: Dataset) -> tuple[Tensor, Tensor]:
    """All training images, normalised, float32 [N, 784], and labels [N]."""
    return data.normalise(data.train.images).flatten(1), data.train.labels
