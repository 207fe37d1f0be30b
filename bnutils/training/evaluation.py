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
    stacked: nn.Module,
    replicas: int,
    data: Dataset | Sequence[Dataset],
    part: Part | Sequence[Part],
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cross-entropy [R] and accuracy [R] of R stacked networks on ``part``.

    Data set and part are one for all, or lists of that or of one for each network, the parts of
    one size. Meanwhile the networks are in evaluation mode. A sample whose logits are not finite
    counts as wrong. Losses are summed in float64.
    """
    loss, hits = torch.zeros(replicas, dtype=torch.float64), torch.zeros(replicas)  # [R], [R]
    own = [data] if isinstance(data, Dataset) else data
    parts = [part] if isinstance(part, Part) else part
    chunk = max(1, FLOATS_PER_CHUNK // (replicas * max(own[0].features, 100)))
    with evaluating(stacked):
        for start in range(0, len(parts[0]), chunk):
            some = slice(start, start + chunk)
            images = [d.normalise(p.images[some]) for d, p in zip(own, parts, strict=True)]
            x = images[0][None] if len(own) == 1 else torch.stack(images)  # [1 or R, B, C, H, W]
            logits = stacked(x.expand(replicas, *x.shape[1:]))  # [R, B, classes]
            targets = torch.stack([p.labels[some] for p in parts]).expand(replicas, -1)  # [R, B]
            loss += F.cross_entropy(logits.mT, targets, reduction="none").double().sum(1)
            finite = logits.isfinite().all(2)  # [R, B]
            hits += ((logits.argmax(2) == targets) & finite).sum(1)
    return (loss / len(parts[0])).numpy(), (hits.double() / len(parts[0])).numpy()


def evaluate_networks(
    nets: Sequence[nn.Sequential], dataset: Dataset, part: Part
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cross-entropy [R] and accuracy [R] of R separate networks.

    Raises ValueError for networks that do not take the images.
    """
    images = probe_images([dataset])
    stacks = side_by_side(nets, range(len(nets)), images, len(dataset.classes))
    each = [evaluate(stacked, len(nets) // len(stacks), dataset, part) for stacked in stacks]
    loss, accuracy = zip(*each, strict=True)
    return np.concatenate(loss), np.concatenate(accuracy)
