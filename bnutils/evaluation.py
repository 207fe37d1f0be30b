"""Loss and accuracy of networks on data they do not train on."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset, Part
from bnutils.replicas import stack

FLOATS_PER_CHUNK = 2**22  # 16 MB of activations at a time, so that memory stays small


@torch.no_grad()
def evaluate(
    stacked: nn.Module, replicas: int, dataset: Dataset, part: Part
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cross-entropy [R] and accuracy [R] of R stacked networks on ``part``.

    The networks are put in evaluation mode and back. A sample whose logits are not finite counts
    as wrong. Losses are summed in float64.
    """
    was_training = stacked.training
    stacked.eval()
    loss, hits = torch.zeros(replicas, dtype=torch.float64), torch.zeros(replicas)  # [R], [R]
    chunk = max(1, FLOATS_PER_CHUNK // (replicas * max(dataset.features, 100)))
    for images, labels in zip(part.images.split(chunk), part.labels.split(chunk), strict=True):
        x = dataset.normalise(images)  # [B, C, H, W]
        logits = stacked(x.expand(replicas, *x.shape))  # [R, B, classes]
        targets = labels.expand(replicas, -1)  # [R, B]
        loss += F.cross_entropy(logits.mT, targets, reduction="none").double().sum(1)
        finite = logits.isfinite().all(2)  # [R, B]
        hits += ((logits.argmax(2) == targets) & finite).sum(1)
    stacked.train(was_training)
    return (loss / len(part)).numpy(), (hits.double() / len(part)).numpy()


def evaluate_networks(
    nets: list[nn.Sequential] | tuple[nn.Sequential, ...], dataset: Dataset, part: Part
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cross-entropy [R] and accuracy [R] of R separate networks of one architecture."""
    return evaluate(stack(nets), len(nets), dataset, part)
