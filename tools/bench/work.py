"""The work that is measured: one network, one data set of MNIST's size, five batch sizes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset, Part
from bnutils.data.statistics import pixel_statistics
from bnutils.networks.mlp import mlp

BATCH_SIZES = (4, 16, 60, 256, 1024)
SEEDS = 5
SIZES = (784, 100, 100, 100, 10)
LR = 0.05
IMAGES = 60_000


def build(seed: int) -> nn.Sequential:
    """The network 784-100-100-100-10 with PyTorch's batch normalization."""
    return mlp(SIZES, norm=nn.BatchNorm1d, seed=seed)


def make_data() -> Dataset:
    """Images of noise, as many and as large as MNIST's: what they show does not change the time."""
    generator = torch.Generator().manual_seed(0)

    def part(n: int) -> Part:
        images = torch.randint(256, (n, 1, 28, 28), dtype=torch.uint8, generator=generator)
        return Part(images, torch.randint(10, (n,), generator=generator))

    train = part(IMAGES)
    mean, std = pixel_statistics(train.images, 255.0)
    return Dataset(
        name="noise",
        train=train,
        validation=part(100),
        test=part(100),
        classes=tuple("0123456789"),
        scale=255.0,
        mean=mean,
        std=std,
    )


def floating(data: Dataset) -> tuple[Tensor, Tensor]:
    """All training images, normalised, float32 [N, 784], and labels [N]."""
    return data.normalise(data.train.images).flatten(1), data.train.labels
