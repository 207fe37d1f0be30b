"""Exercise 7: images."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips
from bnutils.practice.exercises.tasks.forward import TASK as FORWARD
from bnutils.practice.exercises.tasks.forward import affine
from bnutils.practice.exercises.tasks.normalize import twin as normalized

CONV = "theory/working-principle#sec-wp-conv"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def given(*shape: int, eps: float = 1e-5) -> tuple[Any, ...]:
        place = np.arange(1, shape[1] + 1)[:, None, None]
        x = place + place * draw.normal(size=shape)
        numbers = (x, draw.uniform(1.5, 3, shape[1]), 2 + draw.normal(size=shape[1]))
        return (*(torch.tensor(n, dtype=torch.float32) for n in numbers), eps)

    return (
        Probe("images", given(2, 3, 4, 5)),
        Probe("images as wide as there are channels", given(2, 3, 3, 3)),
        Probe("a large ε", given(3, 2, 2, 4, eps=0.5)),
    )


def truth(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> Any:
    scale, shift = gamma.double(), beta.double()
    return F.batch_norm(x.double(), None, None, scale, shift, training=True, eps=eps)


OTHERS = {"all", "per sample", "along samples", "scaled x", "undone", "beta divided"}  # for vectors
AXES = {
    "all": (0, 1, 2, 3), "per place": (0,), "per image": (2, 3), "whole image": (1, 2, 3),
    "last axis": (0, 1, 2),
}  # fmt: skip


def twin(
    x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float,
    slips: Slips = frozenset(),
) -> Any:  # fmt: skip
    wide, scale, shift = (v.numpy().astype(np.float64) for v in (x, gamma, beta))
    over = next((AXES[key] for key in AXES if key in slips), (0, 2, 3))
    if "mixed" in slips:  # γ and β multiply the rows
        rows = normalized(wide.reshape(-1, wide.shape[1]), eps, slips)
        return affine(rows, scale, shift, slips).reshape(wide.shape)
    front = np.moveaxis(wide, over, range(len(over)))
    rows = front.reshape(prod(front.shape[: len(over)]), -1)
    x_hat = np.moveaxis(normalized(rows, eps, slips).reshape(front.shape), range(len(over)), over)
    shape = (-1,) if "along width" in slips else (1, -1, 1, 1)
    y = affine(x_hat, scale.reshape(shape), shift.reshape(shape), slips)
    return y.transpose(0, 2, 3, 1).reshape(y.shape) if "not put back" in slips else y


TASK = Task(
    key="images",
    title="Images",
    answer="images",
    hints=(
        "A channel has one mean. Over how many values of the batch is it taken?",
        "Average over dimensions 0, 2 and 3: B·H·W values.",
        "`keepdim=True` makes the statistics [1, C, 1, 1]; γ and β need `.view(1, -1, 1, 1)`.",
    ),
    see=CONV, points=4, minutes=10, returns=("y",), truth=truth, twin=twin, probes=probes,
    slips=(
        Slip("per place", "Every place of the image has its own mean: average over H and W too.",
             CONV),
        Slip("per image", "Every image has its own mean, which is instance normalization: average "
             "over the batch too.", "family/relatives#sec-rel-picture"),
        Slip("whole image", "One mean for a whole image, which is layer normalization.",
             "family/relatives#sec-rel-picture"),
        Slip("all", "One mean and one variance for all channels: leave dimension 1 out.", CONV),
        Slip("last axis", "The last dimension is taken for the channels.",
             "implementation/mistakes#sec-mis-axes"),
        Slip("mixed", "`reshape(-1, C)` mixes the channels: move them to the end first.", CONV),
        Slip("not put back", "The channels were moved to the end and are left there: move them "
             "back with `permute`, `reshape` does not.", CONV),
        Slip("along width", "γ and β go along the width: reshape them to [1, C, 1, 1].",
             "implementation/mistakes#sec-mis-axes"),
        *(slip for slip in FORWARD.slips if slip.key not in OTHERS),
    ),
)  # fmt: skip
