"""Exercise 3: scale and shift."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips
from bnutils.practice.exercises.tasks.normalize import TASK as NORMALIZE
from bnutils.practice.exercises.tasks.normalize import twin as normalized

AFFINE = "theory/working-principle#sec-wp-affine"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def drawn(*shape: int) -> torch.Tensor:
        return torch.tensor(draw.normal(size=shape), dtype=torch.float32)

    def given(m: int, units: int, eps: float) -> tuple[Any, ...]:
        gamma = torch.tensor(draw.uniform(1.5, 4, units), dtype=torch.float32)
        return 1 + 2 * drawn(m, units), gamma, 3 + drawn(units), eps

    return (
        Probe("a batch", given(6, 3, 1e-5)),
        Probe("as many samples as units", given(8, 8, 1e-5)),
        Probe("a large ε", given(8, 2, 0.5)),
    )


def truth(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float) -> Any:
    scale, shift = gamma.double(), beta.double()
    return F.batch_norm(x.double(), None, None, scale, shift, training=True, eps=eps)


def affine(x_hat: Any, scale: Any, shift: Any, slips: Slips) -> Any:
    """What γ and β make of normalized values, in shapes that fit them."""
    if "swapped" in slips:
        scale, shift = shift, scale
    scale = np.sqrt(np.abs(scale)) if "root" in slips else scale
    scale = np.ones_like(scale) if "no gamma" in slips else scale
    shift = 0 * shift if "no beta" in slips else shift
    return scale * (x_hat + shift) if "beta scaled" in slips else scale * x_hat + shift


def twin(
    x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float,
    slips: Slips = frozenset(),
) -> Any:  # fmt: skip
    wide, scale, shift = (v.numpy().astype(np.float64) for v in (x, gamma, beta))
    x_hat = wide if "scaled x" in slips else normalized(x, eps, slips)
    if "undone" in slips:
        scale, shift = np.sqrt(wide.var(0) + eps), wide.mean(0)
    if "beta divided" in slips:
        shift = shift / np.sqrt(wide.var(0) + eps)
    if "along samples" in slips:
        scale, shift = scale[:, None], shift[:, None]
    return affine(x_hat, scale, shift, slips)


TASK = Task(
    key="forward",
    title="Scale and shift",
    answer="forward",
    hints=(
        "Normalize first; `normalize` of the exercise before does that.",
        "γ multiplies the normalized values, β is added last, one number per unit.",
        "`gamma * normalize(x, eps) + beta`",
    ),
    see=AFFINE, points=3, minutes=5, returns=("y",), truth=truth, twin=twin, probes=probes,
    slips=(
        Slip("beta scaled", "γ multiplies β too. β is added last: γ·x̂ + β.", AFFINE),
        Slip("swapped", "γ and β are exchanged.", AFFINE),
        Slip("root", "The output is scaled by √γ instead of γ.", AFFINE),
        Slip("along samples", "γ and β go along the samples: they belong to the units, the "
             "columns.", AFFINE),
        Slip("scaled x", "γ multiplies x itself, which is not normalized.", AFFINE),
        Slip("undone", "Multiplied by the batch's spread and shifted by its mean: x comes out "
             "again. γ and β are arguments.", AFFINE),
        Slip("no gamma", "γ is left out: it multiplies x̂.", AFFINE),
        Slip("no beta", "β is not added.", AFFINE),
        Slip("beta divided", "β is divided by the spread: add it after dividing.", AFFINE),
        Slip("no eps", "The argument ε is not used.", "implementation/mistakes#sec-mis-eps"),
        *(slip for slip in NORMALIZE.slips if slip.key not in ("no eps", "eps fixed")),
    ),
)  # fmt: skip
