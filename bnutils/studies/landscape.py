"""Is the loss smoother along the gradient? It and its gradient there, at points of a training."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset
from bnutils.training.batches import batches
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack

OTHER_SEED = 1_000_000  # batches to probe with are drawn apart from those to train on


@dataclass(frozen=True)
class Landscape:
    """What S networks would meet on steps of A lengths along minus the gradient.

    ``loss`` [S, T, A] is the mean cross-entropy after each step, ``change`` [S, T, A] the
    Euclidean distance of the gradient there from the one before, ``norm`` [S, T] the length of
    the one before. The step moves the weights by ``lengths`` [A] times ``norm``. ``seconds`` is
    processor time, probing included.
    """

    steps: tuple[int, ...]
    lengths: tuple[float, ...]
    loss: np.ndarray
    change: np.ndarray
    norm: np.ndarray
    seconds: float = 0.0

    def loss_range(self) -> np.ndarray:
        """How much the loss varies over the lengths [S, T]."""
        return np.asarray(np.ptp(self.loss, axis=2))

    def gradient_change(self) -> np.ndarray:
        """How far the gradient turns away at most [S, T]."""
        return np.asarray(self.change.max(axis=2))

    def smoothness(self) -> np.ndarray:
        """The effective smoothness [S, T]: most change of the gradient for the distance moved.

        Source: Santurkar et al. (2018), section 3.1, "effective" β-smoothness.
        """
        moved = np.array(self.lengths) * self.norm[:, :, None]  # [S, T, A]
        return np.asarray((self.change / moved).max(axis=2))


def probe(
    stacked: nn.Module, images: Tensor, labels: Tensor, lengths: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loss [S, A], change of the gradient [S, A] and gradient norm [S] of S stacked networks.

    ``images`` [S, B, C, H, W] and ``labels`` [S, B] are one batch for each. Weights and
    statistics of the networks stay as they are.
    """
    twin = copy.deepcopy(stacked)
    parameters = [p for p in twin.parameters() if p.requires_grad]
    start = [p.detach().clone() for p in parameters]
    replicas = len(images)

    def look() -> tuple[Tensor, list[Tensor]]:
        logits: Tensor = twin(images)  # [S, B, classes]
        losses = F.cross_entropy(logits.mT, labels, reduction="none").mean(1)  # [S]
        # One network's loss depends on no other's weights: the sum has all their gradients.
        return losses.detach(), list(torch.autograd.grad(losses.sum(), parameters))

    def norms(tensors: Sequence[Tensor]) -> Tensor:
        """Euclidean norm of all tensors of each network together, [S]."""
        parts = [t.reshape(replicas, -1).norm(dim=1) for t in tensors]  # each [S]
        total: Tensor = torch.stack(parts).norm(dim=0)
        return total

    _, gradient = look()
    rows = []
    for length in lengths:
        with torch.no_grad():
            for p, origin, g in zip(parameters, start, gradient, strict=True):
                p.copy_(origin - length * g)
        loss, there = look()
        change = norms([a - b for a, b in zip(there, gradient, strict=True)])  # [S]
        rows.append(torch.stack([loss, change]))
    loss, change = torch.stack(rows, dim=2)  # each [S, A]
    return loss.numpy(), change.numpy(), norms(gradient).numpy()


def survey(
    build: Callable[[int], nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    *,
    lr: float,
    seeds: Sequence[int],
    multiples: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
) -> Landscape:
    """Train ``build(seed)`` for every seed and probe at each evaluation step, from the untrained.

    The lengths are ``multiples`` of the learning rate. Batches are in training mode, and not
    those the networks train on at that step.
    """
    since = time.process_time()
    stacked = stack([build(seed) for seed in seeds])
    lengths = tuple(lr * multiple for multiple in multiples)
    stream = batches(dataset, recipe.batch_size, [seed + OTHER_SEED for seed in seeds])
    steps, found = [], []
    for step in descend(stacked, dataset, recipe, lrs=[lr] * len(seeds), seeds=seeds):
        steps.append(step)
        found.append(probe(stacked, *next(stream), lengths))
    loss, change, norm = (np.stack(values, axis=1) for values in zip(*found, strict=True))
    seconds = time.process_time() - since
    return Landscape(tuple(steps), lengths, loss, change, norm, seconds)
