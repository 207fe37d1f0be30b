"""Exercise 2: normalize a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

HAND = "theory/working-principle#sec-wp-hand"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def batch(m: int, units: int) -> torch.Tensor:
        return torch.tensor(1 + 2 * draw.normal(size=(m, units)), dtype=torch.float32)

    constant = batch(4, 3)
    constant[:, 1] = 0.5
    return (
        Probe("a batch", (batch(4, 3), 1e-5)), Probe("a square batch", (batch(3, 3), 0.3)),
        Probe("a large ε", (batch(6, 2), 1.5)), Probe("a unit that is constant", (constant, 1e-3)),
    )  # fmt: skip


def truth(x: torch.Tensor, eps: float) -> Any:
    return F.batch_norm(x.double(), None, None, training=True, eps=eps)


def twin(x: Any, eps: float, slips: Slips = frozenset()) -> Any:
    wide = np.asarray(x, np.float64)  # [m, units]
    axis = 1 if "per sample" in slips else None if "all" in slips else 0
    mean = wide.mean(axis, keepdims=True)
    var = wide.var(axis, keepdims=True, ddof=1 if "unbiased" in slips else 0)
    eps = 0.0 if "no eps" in slips else eps**2 if "eps squared" in slips else eps
    eps = 1e-5 if "eps fixed" in slips else eps
    root = var + eps if "variance" in slips else np.sqrt(var + eps)
    if "eps outside" in slips:
        root = (var if "variance" in slips else np.sqrt(var)) + eps
    if "precedence" in slips:
        return wide - mean / root
    root = 1 / root if "multiplied" in slips else root
    centred = wide if "not centred" in slips else wide - mean
    centred = -centred if "turned" in slips else centred
    return centred if "not divided" in slips else centred / root


TASK = Task(
    key="normalize",
    title="Normalize a batch",
    answer="normalize",
    hints=(
        "Subtract the mean of each unit, then divide by its spread.",
        "The spread is √(variance + ε); the variance is divided by m.",
        "`(x - mean) / torch.sqrt(var + eps)`, with both statistics over dimension 0.",
    ),
    see=HAND, points=4, minutes=10, returns=("x_hat",), truth=truth, twin=twin, probes=probes,
    slips=(
        Slip("unbiased", "Normalized by the variance that is divided by m − 1; divide by m.",
             "implementation/mistakes#sec-mis-unbiased"),
        Slip("eps outside", "ε stands outside the root: it is added to the variance.",
             "implementation/mistakes#sec-mis-eps"),
        Slip("no eps", "There is no ε: a unit that is constant gives 0/0.",
             "implementation/mistakes#sec-mis-eps"),
        Slip("eps fixed", "The argument ε is not used: 1e-5 is written in its place.",
             "implementation/mistakes#sec-mis-eps", 0.75),
        Slip("eps squared", "ε is squared: it is added to the variance as it is.",
             "implementation/mistakes#sec-mis-eps"),
        Slip("all", "One mean and one variance for all values. Every unit has its own: take them "
             "over dimension 0.", HAND),
        Slip("precedence", "Only the mean is divided: put brackets around `x - mean`.", HAND),
        Slip("not divided", "Nothing is divided by the spread.", HAND),
        Slip("multiplied", "Multiplied by the spread; divide by it.", HAND),
        Slip("turned", "The sign is turned: `x - mean`, not `mean - x`.", HAND, 0.75),
        Slip("variance", "Divided by the variance; take the root of it.", HAND),
        Slip("not centred", "The mean is not subtracted.", HAND),
        Slip("per sample", "Normalized over the units of a sample, which is layer normalization.",
             "family/relatives#sec-rel-picture"),
    ),
)  # fmt: skip
