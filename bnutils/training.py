"""Train one architecture with several seeds and learning rates, and measure on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from bnutils.data.dataset import Dataset
from bnutils.descent import descend, gradient_norms
from bnutils.evaluation import evaluate
from bnutils.recipe import Recipe
from bnutils.replicas import stack, unstack
from bnutils.replicas.alone import Alone
from bnutils.replicas.dropout import seed_dropout
from bnutils.replicas.width import replicas_together
from bnutils.runs import CURVES, Run

Replica = tuple[float, int]  # learning rate, seed


def train_together(
    build: Callable[[int], nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    replicas: Sequence[Replica],
) -> tuple[Run, ...]:
    """Train ``build(seed)`` for every (learning rate, seed), and measure each.

    As many at a time are trained side by side as is fastest; one by one where ``stack`` has no
    rule for a layer. The same seed means the same initial weights and batches at every learning
    rate and in every architecture that draws its weights alike. Plain SGD on the mean
    cross-entropy; networks that diverge stay in the result with their infinite losses.
    """
    nets = [build_seeded(build, seed) for _, seed in replicas]
    width = replicas_together(nets[0], recipe.batch_size)
    runs: list[Run] = []
    for start in range(0, len(nets), width):
        part = slice(start, start + width)
        with torch.random.fork_rng(devices=()):
            _seed(replicas[start][1])  # of what a layer without a rule may draw
            runs += _train_stack(nets[part], dataset, recipe, replicas[part])
    return tuple(runs)


def build_seeded(build: Callable[[int], nn.Sequential], seed: int) -> nn.Sequential:
    """``build(seed)``, which may draw from torch's own generator: that starts from the seed too."""
    with torch.random.fork_rng(devices=()):
        _seed(seed)
        return build(seed)


def _seed(seed: int) -> None:
    """Set the generator of the processor alone, which is faster than setting those of all."""
    torch.default_generator.manual_seed(seed)


def _stacked(nets: Sequence[nn.Sequential], seeds: Sequence[int]) -> nn.Module:
    try:
        stacked = stack(nets)
    except TypeError:
        if len(nets) > 1:
            raise
        return Alone(nets[0])
    seed_dropout(stacked, seeds)
    return stacked


def _train_stack(
    nets: Sequence[nn.Sequential], dataset: Dataset, recipe: Recipe, replicas: Sequence[Replica]
) -> list[Run]:
    lrs, seeds = [lr for lr, _ in replicas], [seed for _, seed in replicas]
    stacked = _stacked(nets, seeds)
    curves: dict[str, list[np.ndarray]] = {name: [] for name in CURVES}  # T arrays [R, ...]
    steps: list[int] = []
    seconds, since = 0.0, time.perf_counter()
    for step in descend(stacked, dataset, recipe, lrs=lrs, seeds=seeds):
        seconds += time.perf_counter() - since
        steps.append(step)
        for part in ("train", "validation"):
            samples = getattr(dataset, part).take(recipe.evaluate_on)
            loss, accuracy = evaluate(stacked, len(nets), dataset, samples)
            curves[f"{part}_loss"].append(loss)
            curves[f"{part}_accuracy"].append(accuracy)
        norms = gradient_norms(stacked, len(nets))  # [D, R], times the learning rate
        factor = recipe.lr_factor(max(step, 1))
        curves["gradient_norm"].append((norms / (np.array(lrs) * factor)).T)
        since = time.perf_counter()
    test = [np.full(len(nets), np.nan)] * 2
    if recipe.test:
        test = list(evaluate(stacked, len(nets), dataset, dataset.test))
    if isinstance(stacked, nn.Sequential):
        unstack(stacked, nets)
    return [
        Run(
            lr=lr,
            seed=seed,
            batch_size=recipe.batch_size,
            steps=tuple(steps),
            seconds=seconds / len(nets),
            test_loss=float(test[0][r]),
            test_accuracy=float(test[1][r]),
            network=nets[r],
            **{name: np.stack([at[r] for at in values]) for name, values in curves.items()},
        )
        for r, (lr, seed) in enumerate(replicas)
    ]
