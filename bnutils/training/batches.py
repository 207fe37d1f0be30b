"""Batches of an in-memory data set for several networks at once, without per-sample work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from bnutils.data.dataset import Dataset

FLOATS_PER_GATHER = 2**18  # so many are fetched at once, 1 MB: few calls, and it fits the cache


def batch_indices(n: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Yield index batches [B] for ever, each pass over the ``n`` samples in a new order.

    The samples that do not fill a last batch wait for the next pass.
    Raises ValueError where not even one batch fits.
    """
    if not 1 <= batch_size <= n:
        raise ValueError(f"batch_size must be between 1 and the {n} samples, got {batch_size}")
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(n, generator=generator)
        yield from order[: n - n % batch_size].split(batch_size)


def own_data(data: Dataset | Mapping[int, Dataset], seeds: Sequence[int]) -> list[Dataset]:
    """The data set of each seed, or the one of all; raises ValueError for different sizes."""
    own = [data if isinstance(data, Dataset) else data[seed] for seed in seeds]
    sizes = [(len(each.train), len(each.validation), len(each.test)) for each in own]
    if len(set(sizes)) > 1:
        raise ValueError(
            "networks train side by side on data sets of one size\n"
            f"  Found: training, validation and test images {sizes} for the seeds {list(seeds)}\n"
            "  What to do: train those of each size by themselves, as a sweep does"
        )
    return own[:1] if all(each is own[0] for each in own) else own


def batches(
    data: Dataset | Sequence[Dataset], batch_size: int, seeds: Sequence[int]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield normalised training images [S, B, C, H, W] and labels [S, B] for ever.

    ``data`` is one set for all, or a list of that or of one for each seed. Each seed has its own
    order, the same in every call; a seed may stand there several times, with the same data.
    """
    own = [data] if isinstance(data, Dataset) else data
    each = zip(seeds, list(own) * (len(seeds) if len(own) == 1 else 1), strict=True)
    orders = {seed: batch_indices(len(d.train), batch_size, seed) for seed, d in each}
    together = max(1, FLOATS_PER_GATHER // (own[0].features * batch_size * len(seeds)))
    while True:
        rows = {
            seed: torch.stack([next(order) for _ in range(together)])
            for seed, order in orders.items()
        }
        index = torch.stack([rows[seed] for seed in seeds], dim=1)  # [batches, S, B]
        if len(own) == 1:
            images, labels = _gathered(own[0], index)
        else:
            found = zip(*map(_gathered, own, index.unbind(1)), strict=True)
            images, labels = (torch.stack(values, dim=1) for values in found)
        yield from zip(images, labels, strict=True)  # of [batches, S, B, ...]


def _gathered(dataset: Dataset, index: Tensor) -> tuple[Tensor, Tensor]:
    """Normalised training images and labels at an ``index`` of any shape, which comes first."""
    # Whole images are copied at once, which indexing by all its dimensions would not do.
    pixels = dataset.train.images.index_select(0, index.flatten())  # [N, C, H, W]
    return dataset.normalise(pixels).unflatten(0, index.shape), dataset.train.labels[index]
