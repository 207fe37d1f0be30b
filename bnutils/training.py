"""Train one architecture with several seeds and learning rates, side by side, by plain SGD."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.batches import batches
from bnutils.data.dataset import Dataset
from bnutils.evaluation import evaluate
from bnutils.replicas import StackedLinear, stack, unstack
from bnutils.runs import Runs


@dataclass(frozen=True)
class Recipe:
    """How to train: ``steps`` updates on batches of ``batch_size``, evaluated ``points`` times.

    The first ``warmup`` share of the steps raises the learning rate linearly from 0; after the
    share ``drop_at`` it is a tenth. Training and validation parts are measured in evaluation
    mode on their first ``evaluate_on`` samples.
    """

    batch_size: int = 60
    steps: int = 1000
    points: int = 10
    warmup: float = 0.0
    drop_at: float = 1.0
    evaluate_on: int = 2000

    def lr_factor(self, step: int) -> float:
        """The factor on the learning rate at ``step``, counted from 1."""
        ramp = min(1.0, step / (self.warmup * self.steps)) if self.warmup else 1.0
        return ramp * (0.1 if step > self.drop_at * self.steps else 1.0)

    def evaluation_steps(self) -> tuple[int, ...]:
        """The steps after which to evaluate, from 0, the untrained network, to the last."""
        return tuple(sorted({round(self.steps * i / self.points) for i in range(self.points + 1)}))


def descend(
    stacked: nn.Sequential,
    dataset: Dataset,
    recipe: Recipe,
    *,
    lrs: Sequence[float],
    seeds: Sequence[int],
) -> Iterator[int]:
    """Train L·S stacked networks in place; yield each evaluation step, so that you can measure.

    Replica l·S + s learns at ``lrs[l]`` from the batches of ``seeds[s]``. At a yield the
    gradients [L·S, ...] are those of the last batch, multiplied by the learning rate: the losses
    enter one sum, each times its learning rate. That gives every replica its own step size, and
    is the same as plain SGD because no replica's loss depends on another's weights.
    """
    rates = torch.tensor(lrs).repeat_interleave(len(seeds))  # [L·S]
    parameters = list(stacked.parameters())
    stream = batches(dataset, recipe.batch_size, seeds)
    pauses = set(recipe.evaluation_steps())
    yield 0
    for step in range(1, recipe.steps + 1):
        images, labels = next(stream)  # [S, B, C, H, W], [S, B]
        logits = stacked(images.repeat(len(lrs), 1, 1, 1, 1))  # [L·S, B, classes]
        targets = labels.repeat(len(lrs), 1)  # [L·S, B]
        losses = F.cross_entropy(logits.mT, targets, reduction="none").mean(1)  # [L·S]
        stacked.zero_grad()
        (losses * rates * recipe.lr_factor(step)).sum().backward()
        with torch.no_grad():
            for parameter in parameters:
                assert parameter.grad is not None
                parameter.sub_(parameter.grad)  # the learning rate is in the gradient already
        if step in pauses:
            yield step


def train(
    build: Callable[[int], nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    *,
    lrs: Sequence[float],
    seeds: Sequence[int] = range(5),
) -> Runs:
    """Train ``build(seed)`` for every learning rate and seed, and return what was measured.

    The same seed means the same initial weights and batches at every learning rate and in every
    architecture that draws its weights alike. Plain SGD on the mean cross-entropy; replicas that
    diverge stay in the result with their infinite or undefined losses.
    Raises TypeError for a layer that ``stack`` does not know.
    """
    nets = [[build(seed) for seed in seeds] for _ in lrs]  # L lists of S networks
    flat = [net for row in nets for net in row]
    stacked = stack(flat)
    shape = (len(lrs), len(seeds))
    curves: dict[str, list[np.ndarray]] = {}
    rates = np.repeat(np.array(lrs), len(seeds))  # [L·S]
    steps: list[int] = []
    seconds, since = 0.0, time.perf_counter()
    for step in descend(stacked, dataset, recipe, lrs=lrs, seeds=seeds):
        seconds += time.perf_counter() - since
        steps.append(step)
        for part in ("train", "validation"):
            samples = getattr(dataset, part).take(recipe.evaluate_on)
            loss, accuracy = evaluate(stacked, len(flat), dataset, samples)
            curves.setdefault(f"{part}_loss", []).append(loss.reshape(shape))
            curves.setdefault(f"{part}_accuracy", []).append(accuracy.reshape(shape))
        norms = gradient_norms(stacked) / (rates * recipe.lr_factor(max(step, 1)))  # [D, L·S]
        curves.setdefault("gradient_norm", []).append(norms.T.reshape(*shape, -1))
        since = time.perf_counter()
    unstack(stacked, flat)
    stacked_curves = {name: np.stack(values, axis=2) for name, values in curves.items()}
    return Runs(
        lrs=tuple(lrs),
        seeds=tuple(seeds),
        steps=tuple(steps),
        batch_size=recipe.batch_size,
        seconds=seconds,
        nets=tuple(tuple(row) for row in nets),
        **stacked_curves,
    )


def gradient_norms(stacked: nn.Sequential) -> np.ndarray:
    """Euclidean norms [D, R] of the gradients of D weight matrices; undefined before a step."""
    weights = [layer.weight for layer in stacked if isinstance(layer, StackedLinear)]
    rows = [
        np.full(len(w), np.nan) if w.grad is None else w.grad.flatten(1).norm(dim=1).numpy()
        for w in weights
    ]
    return np.stack(rows).astype(np.float64)
