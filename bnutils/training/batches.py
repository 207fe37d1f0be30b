"""Batches of an in-memory data set for several networks at once, without per-sample work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def batches(
    dataset: Dataset, batch_size: int, seeds: Sequence[int]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield normalised training images [S, B, C, H, W] and labels [S, B] for ever.

    Each seed has its own order, the same in every call; a seed may stand there several times.
    """
    orders = {seed: batch_indices(len(dataset.train), batch_size, seed) for seed in seeds}
    together = max(1, FLOATS_PER_GATHER // (dataset.features * batch_size * len(seeds)))
    while True:
        rows = {
            seed: torch.stack([next(order) for _ in range(together)])
            for seed, order in orders.items()
        }
        index = torch.stack([rows[seed] for seed in seeds], dim=1)  # [batches, S, B]
        # Whole images are copied at once, which indexing by [batches, S, B] would not do.
        pixels = dataset.train.images.index_select(0, index.flatten())  # [batches·S·B, C, H, W]
        images = dataset.normalise(pixels).unflatten(0, index.shape)  # [batches, S, B, C, H, W]
        labels = dataset.train.labels[index]  # [batches, S, B]
        yield from zip(images, labels, strict=True)
