"""Exercise 4: running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

RUNNING = "theory/working-principle#sec-wp-running"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def given(m: int, units: int, momentum: float) -> tuple[Any, ...]:
        mean, x = draw.normal(size=units), 2 + 1.5 * draw.normal(size=(m, units))
        numbers = (mean, draw.uniform(0.5, 2, units), x)
        return (*(torch.tensor(n, dtype=torch.float32) for n in numbers), momentum)

    return (
        Probe("momentum 0.1", given(4, 3, 0.1)), Probe("momentum 0.3", given(3, 3, 0.3)),
        Probe("a batch of two", given(2, 4, 0.2)),
    )  # fmt: skip


def truth(
    mean: torch.Tensor, var: torch.Tensor, x: torch.Tensor, momentum: float
) -> tuple[Any, Any]:
    layer = nn.BatchNorm1d(len(mean), momentum=momentum, dtype=torch.float64)
    layer.running_mean, layer.running_var = mean.double(), var.double()
    layer(x.double())
    return layer.running_mean, layer.running_var


def twin(
    mean: torch.Tensor, var: torch.Tensor, x: torch.Tensor, momentum: float,
    slips: Slips = frozenset(),
) -> tuple[Any, Any]:  # fmt: skip
    old_mean, old_var, wide = (v.numpy().astype(np.float64) for v in (mean, var, x))
    axis = None if "all" in slips else 0
    new_mean, new_var = wide.mean(axis), wide.var(axis, ddof=0 if "biased" in slips else 1)
    if "normalized" in slips:
        ratio = new_var / wide.var(axis)
        new_mean, new_var = 0 * new_mean, ratio
    if "around running" in slips:
        new_var = new_var + (wide.mean(axis) - old_mean) ** 2 * (new_var / wide.var(axis))
    if "deviation" in slips:
        new_var = np.sqrt(new_var)
    alpha = 1 - momentum if "reversed" in slips else 1.0 if "overwritten" in slips else momentum
    alpha = 0.1 if "fixed" in slips else 0.0 if "unchanged" in slips else alpha
    kept = 1.0 if "not decayed" in slips else 1 - alpha
    mean_after, var_after = kept * old_mean + alpha * new_mean, kept * old_var + alpha * new_var
    return (var_after, mean_after) if "exchanged" in slips else (mean_after, var_after)


TASK = Task(
    key="running",
    title="Running statistics",
    answer="running",
    hints=(
        "A moving average: a part of the old value, and a part of the batch's.",
        "In PyTorch `momentum` weighs the new value: (1 − α)·old + α·new.",
        "The variance that is averaged is divided by m − 1, unlike the one that normalizes.",
    ),
    see=RUNNING, points=4, minutes=10, returns=("running_mean", "running_var"),
    truth=truth, twin=twin, probes=probes,
    slips=(
        Slip("reversed", "Momentum is reversed. In PyTorch it weighs the new value, in Keras and "
             "Flax the old one.", "implementation/mistakes#sec-mis-momentum"),
        Slip("biased", "The biased variance is averaged. That of the data is larger by m/(m − 1), "
             "a factor of 4/3 in a batch of 4.", "implementation/mistakes#sec-mis-biased"),
        Slip("all", "One mean and one variance for all values. Every unit has its own: take them "
             "over dimension 0.", RUNNING),
        Slip("exchanged", "First the mean, then the variance.", RUNNING, 0.75),
        Slip("overwritten", "The statistics of the batch replace the old ones; average them.",
             RUNNING),
        Slip("fixed", "The argument momentum is not used: 0.1 is written in its place.", RUNNING,
             0.75),
        Slip("unchanged", "The old values come back: assign what you compute, and return it.",
             RUNNING),
        Slip("not decayed", "The old value is not multiplied by 1 − α: the average grows without "
             "end.", RUNNING),
        Slip("deviation", "Standard deviations are averaged; average variances.", RUNNING),
        Slip("normalized", "These are statistics of the normalized values, 0 and 1 always. Take "
             "those of x.", RUNNING),
        Slip("around running", "The variance is taken around the running mean; take it around the "
             "batch's.", RUNNING),
    ),
)  # fmt: skip
