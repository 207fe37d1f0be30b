"""Train a stack of networks and measure it on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from torch import nn

from bnutils.data.dataset import Dataset
from bnutils.networks.chance import chance, chance_state
from bnutils.training.descent import descend, gradient_factor, gradient_norms, gradient_rates
from bnutils.training.evaluation import evaluate
from bnutils.training.measures import Watch
from bnutils.training.recipe import Recipe
from bnutils.training.run import CURVES
from bnutils.wide.rules.drawing import seed_draws


def measured(
    stacked: nn.Module,
    own: Sequence[Dataset],
    recipe: Recipe,
    lrs: Sequence[float],
    seeds: Sequence[int],
    watch: Watch,
) -> tuple[list[int], dict[str, np.ndarray], float, Sequence[np.ndarray]]:
    """The T evaluation steps, curves [T, R, ...], seconds, and loss and accuracy [R] at the end."""
    replicas = len(seeds)
    curves: dict[str, list[np.ndarray]] = {name: [] for name in CURVES}
    steps: list[int] = []
    seed_draws(stacked, seeds)
    with chance(seeds[0]):
        start = chance_state()
        seconds, since = 0.0, time.process_time()
        for step in descend(stacked, own, recipe, lrs=lrs, seeds=seeds):
            seconds += time.process_time() - since
            steps.append(step)
            for part in ("train", "validation"):
                samples = [getattr(each, part).take(recipe.evaluate_on) for each in own]
                loss, accuracy = evaluate(stacked, replicas, own, samples)
                curves[f"{part}_loss"].append(loss)
                curves[f"{part}_accuracy"].append(accuracy)
            norms = gradient_norms(stacked, replicas)  # [D, R], of gradients as `descend` has them
            rates = np.array(gradient_rates(recipe, lrs)) * gradient_factor(recipe, step)  # [R]
            curves["gradient_norm"].append((norms / rates).T)
            watch.look(stacked)
            since = time.process_time()
        unknown = [np.full(replicas, np.nan)] * 2
        tests = [each.test for each in own]
        test = evaluate(stacked, replicas, own, tests) if recipe.test else unknown
        if replicas > 1 and chance_state() != start:
            raise RuntimeError(
                "a layer of a stack draws from a source of chance that all networks share, so that "
                "the result of one depends on the others; register it with stack_apart"
            )
    return steps, {name: np.stack(values) for name, values in curves.items()}, seconds, test
