"""Train one architecture with several seeds and learning rates, and measure on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.networks.building import build_separate
from bnutils.networks.chance import chance, chance_state
from bnutils.training.descent import descend, gradient_factor, gradient_norms, gradient_rates
from bnutils.training.evaluation import evaluate
from bnutils.training.recipe import Recipe
from bnutils.training.run import CURVES, Run
from bnutils.wide import unstack
from bnutils.wide.probing import probe_images, probe_stack
from bnutils.wide.rules.drawing import seed_draws
from bnutils.wide.together import replicas_together, side_by_side

Replica = tuple[float, int]  # learning rate, seed


def train_together(
    build: Callable[[int], nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    replicas: Sequence[Replica],
) -> tuple[Run, ...]:
    """Train ``build(seed)`` for every (learning rate, seed), and measure each.

    As many at a time are trained side by side as is fastest; one by one where no stack computes
    what they do. The same seed means the same initial weights, batches and draws at every
    learning rate, alone and beside others. What falls is the mean cross-entropy; networks that
    diverge stay in the result with their infinite losses.
    Raises ValueError for networks that share memory, that differ for one seed, or that do not
    take the images.
    """
    images, classes = probe_images(dataset, recipe.batch_size), len(dataset.classes)
    nets = build_separate(build, [seed for _, seed in replicas], images)
    width = replicas_together(nets[0], recipe.batch_size)
    runs: dict[int, Run] = {}
    for part in _parts(replicas, width):
        own, seeds = [nets[r] for r in part], [replicas[r][1] for r in part]
        models = side_by_side(own, seeds, images, classes)
        share = len(part) // len(models)
        for i, model in enumerate(models):
            at = part[i * share : (i + 1) * share]
            trained = _train(
                model, [nets[r] for r in at], dataset, recipe, [replicas[r] for r in at], images
            )
            runs |= zip(at, trained, strict=True)
    return tuple(runs[r] for r in range(len(replicas)))


def _parts(replicas: Sequence[Replica], width: int) -> list[list[int]]:
    """Which replicas train as one stack; those that stand still are apart, see `descend`."""
    moving = [r for r, (lr, _) in enumerate(replicas) if lr != 0]
    still = [r for r, (lr, _) in enumerate(replicas) if lr == 0]
    return [
        kind[start : start + width]
        for kind in (moving, still)
        for start in range(0, len(kind), width)
    ]


def _train(
    stacked: nn.Module,
    nets: Sequence[nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    replicas: Sequence[Replica],
    images: Tensor,
) -> list[Run]:
    """Train the networks as ``stacked``, and write the weights back into them.

    What the stack makes of ``images`` is kept with each run: it tells whether a network that is
    given back later is the one that was measured.
    """
    lrs, seeds = [lr for lr, _ in replicas], [seed for _, seed in replicas]
    steps, curves, seconds, test = _measured(stacked, dataset, recipe, lrs, seeds)
    logits = probe_stack(stacked, images, seeds)  # [R, B, classes]
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
            logits=logits[r].numpy(),
            **{name: values[:, r].copy() for name, values in curves.items()},
        )
        for r, (lr, seed) in enumerate(replicas)
    ]


def _measured(
    stacked: nn.Module,
    dataset: Dataset,
    recipe: Recipe,
    lrs: Sequence[float],
    seeds: Sequence[int],
) -> tuple[list[int], dict[str, np.ndarray], float, Sequence[np.ndarray]]:
    """The T evaluation steps, curves [T, R, ...], seconds, and loss and accuracy [R] at the end."""
    replicas = len(seeds)
    curves: dict[str, list[np.ndarray]] = {name: [] for name in CURVES}
    steps: list[int] = []
    seed_draws(stacked, seeds)
    with chance(seeds[0]):
        start = chance_state()
        seconds, since = 0.0, time.process_time()
        for step in descend(stacked, dataset, recipe, lrs=lrs, seeds=seeds):
            seconds += time.process_time() - since
            steps.append(step)
            for part in ("train", "validation"):
                samples = getattr(dataset, part).take(recipe.evaluate_on)
                loss, accuracy = evaluate(stacked, replicas, dataset, samples)
                curves[f"{part}_loss"].append(loss)
                curves[f"{part}_accuracy"].append(accuracy)
            norms = gradient_norms(stacked, replicas)  # [D, R], of gradients as `descend` has them
            rates = np.array(gradient_rates(recipe, lrs)) * gradient_factor(recipe, step)  # [R]
            curves["gradient_norm"].append((norms / rates).T)
            since = time.process_time()
        unknown = [np.full(replicas, np.nan)] * 2
        test = evaluate(stacked, replicas, dataset, dataset.test) if recipe.test else unknown
        if replicas > 1 and chance_state() != start:
            raise RuntimeError(
                "a layer of a stack draws from a source of chance that all networks share, so that "
                "the result of one depends on the others; register it with stack_apart"
            )
    return steps, {name: np.stack(values) for name, values in curves.items()}, seconds, test
