"""Splits into parts, the same on every run."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

SPLIT_SEED = 20150211


def drawing_seed(seed: int) -> int:
    """The seed of a split that a training with ``seed`` uses: of its own, as that draws too.

    Raises ValueError for a negative seed, TypeError for what is no whole number.
    """
    return int(np.random.SeedSequence((SPLIT_SEED, seed)).generate_state(1)[0])


def random_split_indices(
    total: int, held_out: int, kept: int | None = None, seed: int = SPLIT_SEED
) -> tuple[Tensor, Tensor]:
    """Indices [kept] to keep and [held_out] to hold out, disjoint, in random order.

    Without ``kept`` all that are not held out are kept.
    """
    order = torch.randperm(total, generator=torch.Generator().manual_seed(seed))
    return order[held_out:][:kept], order[:held_out]


def stratified_split_indices(
    labels: Tensor, held_out: int, kept: int | None = None, seed: int = SPLIT_SEED
) -> tuple[Tensor, Tensor]:
    """As random_split_indices, with each class in both sides in proportion to its frequency."""
    from sklearn.model_selection import train_test_split  # imported here, as it takes a second

    ours, out = train_test_split(
        torch.arange(len(labels)).numpy(),
        test_size=held_out,
        train_size=kept,
        stratify=labels.numpy(),
        random_state=seed,
    )
    return torch.from_numpy(ours), torch.from_numpy(out)
