"""Batches of an in-memory data set for several seeds at once, without per-sample work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from bnutils.data.dataset import Dataset

SAMPLES_PER_GATHER = 1024  # so many a seed are fetched at once: small batches share the call


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

    Seed s has its own order, the same in every call.
    """
    orders = [batch_indices(len(dataset.train), batch_size, seed) for seed in seeds]
    together = max(1, SAMPLES_PER_GATHER // batch_size)
    while True:
        rows = [torch.stack([next(order) for _ in range(together)]) for order in orders]
        index = torch.stack(rows)  # [S, batches, B]
        images = dataset.normalise(dataset.train.images[index])  # [S, batches, B, C, H, W]
        labels = dataset.train.labels[index]  # [S, batches, B]
        yield from zip(images.unbind(1), labels.unbind(1), strict=True)
