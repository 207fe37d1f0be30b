"""Splits into parts, the same on every run."""

import torch
from torch import Tensor

SPLIT_SEED = 20150211


def random_split_indices(total: int, held_out: int) -> tuple[Tensor, Tensor]:
    """Indices [total - held_out] to keep and [held_out] to hold out, disjoint, in random order."""
    order = torch.randperm(total, generator=torch.Generator().manual_seed(SPLIT_SEED))
    return order[held_out:], order[:held_out]


def stratified_split_indices(labels: Tensor, held_out: int) -> tuple[Tensor, Tensor]:
    """As random_split_indices, with each class in both sides in proportion to its frequency."""
    from sklearn.model_selection import train_test_split  # imported here, as it takes a second

    kept, out = train_test_split(
        torch.arange(len(labels)).numpy(),
        test_size=held_out,
        stratify=labels.numpy(),
        random_state=SPLIT_SEED,
    )
    return torch.from_numpy(kept), torch.from_numpy(out)
