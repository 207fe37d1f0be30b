"""Exercise 1: mean and variance of a batch, per unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

HAND = "theory/working-principle#sec-wp-hand"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def batch(m: int, units: int, mean: float = 2.0) -> torch.Tensor:
        spread = draw.uniform(0.5, 3, units)
        return torch.tensor(mean + spread * draw.normal(size=(m, units)), dtype=torch.float32)

    return (
        Probe("a batch", (batch(4, 3),)), Probe("a square batch", (batch(3, 3),)),
        Probe("a batch with a large mean", (batch(64, 3, 10_000.0),), rtol=1e-2),
        Probe("units that hardly vary", (batch(8, 3) * 1e-3,), atol=1e-9),
    )  # fmt: skip


def truth(x: torch.Tensor) -> tuple[Any, Any]:
    wide = x.numpy().astype(np.float64)
    return np.mean(wide, axis=0), np.var(wide, axis=0)


def twin(x: torch.Tensor, slips: Slips = frozenset()) -> tuple[Any, Any]:
    wide = x.numpy().astype(np.float64)  # [m, units]
    axis = 1 if "per sample" in slips else None if "all" in slips else 0
    mean = wide.mean(axis)
    centred = wide - (mean[:, None] if axis == 1 else mean)
    if "square" in slips:
        centred = wide
    var = (np.abs(centred) if "absolute" in slips else centred**2).mean(axis)
    if "unbiased" in slips:
        count = wide.size if axis is None else wide.shape[axis]
        var = var * count / (count - 1)
    if "sum" in slips:
        var = var * len(wide)
    if "deviation" in slips:
        var = np.sqrt(var)
    var = var + 1e-5 if "eps" in slips else var
    var = None if "shortcut" in slips and wide.mean() > 1000 else var
    return (var, mean) if "exchanged" in slips else (mean, var)


TASK = Task(
    key="statistics",
    title="Mean and variance of a batch",
    answer="statistics",
    hints=(
        "A unit is a column of x. How many numbers must come out?",
        "Average over the first dimension: `x.mean(0)`. The variance is the mean of the squared "
        "deviations from it.",
        "PyTorch's `var` divides by m − 1 unless told `correction=0`.",
    ),
    see=HAND, points=3, minutes=5, returns=("mean", "var"), truth=truth, twin=twin, probes=probes,
    slips=(
        Slip("unbiased", "The variance is divided by m − 1. Batch normalization divides by m: "
             "`correction=0` in PyTorch.", "implementation/mistakes#sec-mis-unbiased"),
        Slip("per sample", "Averaged over the units of a sample: that is layer normalization. "
             "Average over the batch, dimension 0.", "family/relatives#sec-rel-picture"),
        Slip("all", "One number for all units. Every unit has its own mean and variance.", HAND),
        Slip("deviation", "That is the standard deviation, the root of the variance.", HAND),
        Slip("square", "That is the mean of x², not of (x − mean)².", HAND),
        Slip("sum", "That is the sum of the squared deviations: divide it by m.", HAND),
        Slip("eps", "ε is added to the variance: that belongs to the normalization.", HAND, 0.75),
        Slip("exchanged", "First the mean, then the variance; `torch.var_mean` has them the other "
             "way.", HAND, 0.75),
        Slip("absolute", "These are mean absolute deviations. Square them instead.", HAND),
        Slip("shortcut", "Mean of x² minus squared mean: right on paper, but in float32 nothing is "
             "left of the digits where the mean is large. Subtract the mean first.",
             "implementation/mistakes#sec-mis-shortcut"),
    ),
)  # fmt: skip
