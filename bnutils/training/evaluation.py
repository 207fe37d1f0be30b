"""Loss and accuracy of networks on data they do not train on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset, Part
from bnutils.networks.building import evaluating
from bnutils.wide.probing import probe_images
from bnutils.wide.together import side_by_side

FLOATS_PER_CHUNK = 2**22  # 16 MB of activations at a time, so that memory stays small


@torch.no_grad()
def evaluate(
    stacked: nn.Module, replicas: int, dataset: Dataset, part: Part
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cross-entropy [R] and accuracy [R] of R stacked networks on ``part``.

    Meanwhile they are in evaluation mode. A sample whose logits are not finite counts as wrong.
    Losses are summed in float64.
    """
    loss, hits = torch.zeros(replicas, dtype=torch.float64), torch.zeros(replicas)  # [R], [R]
    chunk = max(1, FLOATS_PER_CHUNK // (replicas * max(dataset.features, 100)))
    with evaluating(stacked):
        for images, labels in zip(part.images.split(chunk), part.labels.split(chunk), strict=True):
            x = dataset.normalise(images)  # [B, C, H, W]
            logits = stacked(x.expand(replicas, *x.shape))  # [R, B, classes]
            targets = labels.expand(replicas, -1)  # [R, B]
            loss += F.cross_entropy(logits.mT, targets, reduction="none").double().sum(1)
            finite = logits.isfinite().all(2)  # [R, B]
            hits += ((logits.argmax(2) == targets) & finite).sum(1)
    return (loss / len(part)).numpy(), (hits.double() / len(part)).numpy()


def evaluate_networks(
    nets: Sequence[nn.Sequential], dataset: Dataset, part: Part
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cross-entropy [R] and accuracy [R] of R separate networks.

    Raises ValueError for networks that do not take the images.
    """
    stacks = side_by_side(nets, range(len(nets)), probe_images(dataset), len(dataset.classes))
    each = [evaluate(stacked, len(nets) // len(stacks), dataset, part) for stacked in stacks]
    loss, accuracy = zip(*each, strict=True)
    return np.concatenate(loss), np.concatenate(accuracy)
