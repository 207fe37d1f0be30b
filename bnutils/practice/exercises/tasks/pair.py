"""Exercise 10: a batch of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

TWO = "theory/backward#sec-bwd-meaning"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def given(eps: float) -> tuple[float, float, float]:
        a, distance = float(draw.normal()), float(draw.uniform(0.3, 2))
        return a, a - distance, eps

    return (
        Probe("a above b", given(0.3)), Probe("b above a", (*given(0.7)[1::-1], 0.7)),
        Probe("a small ε", given(1e-5), atol=1e-8),
    )  # fmt: skip


def truth(a: float, b: float, eps: float) -> tuple[Any, Any]:
    x = torch.tensor([[a], [b]], dtype=torch.float64, requires_grad=True)
    x_hat = torch.nn.functional.batch_norm(x, None, None, training=True, eps=eps)
    (gradient,) = torch.autograd.grad(x_hat[0, 0], x)
    return x_hat[0, 0].item(), gradient[0, 0].item()


def twin(a: float, b: float, eps: float, slips: Slips = frozenset()) -> tuple[Any, Any]:
    d = a - b if "full difference" in slips else (a - b) / 2
    var = 2 * d * d if "unbiased" in slips else d * d
    own = (1.0 if "full difference" in slips else 0.5) * (2 if "unbiased" in slips else 1)
    eps = 0.0 if "sign" in slips else eps
    outside = "eps outside" in slips
    s = np.sqrt(var) + eps if outside else np.sqrt(var + eps)
    half = 1.0 if "full difference" in slips else 0.5  # of d, with respect to a
    direct = (1.0 if "no mean" in slips else half) / s
    through_variance = d * (2 * d * own if "no mean" not in slips else d) / (2 * s**3)
    if outside:
        through_variance *= s / np.sqrt(var)
    derivative = direct - (0 if "constant" in slips else through_variance)
    if "exactly zero" in slips:
        derivative = 0.0
    derivative *= 2 if "inner" in slips else -1 if "by b" in slips else 1
    sign = -1 if "other sample" in slips else 1
    return sign * d / s, sign * derivative


TASK = Task(
    key="pair",
    title="A batch of two",
    answer="pair",
    hints=(
        "The mean lies in the middle. How far is a from it, and what is the variance?",
        "With d = (a − b)/2: x̂ = d/√(d² + ε). Differentiate, d is a function of a.",
        "dx̂/da = ε / (2·(d² + ε)^1.5)",
    ),
    see=TWO, points=4, minutes=20, returns=("x_hat", "derivative"), truth=truth, twin=twin,
    probes=probes,
    slips=(
        Slip("sign", "ε is forgotten: only the sign of a − b is left, and no derivative.", TWO),
        Slip("inner", "The derivative is twice as large as it should be: d = (a − b)/2, so that "
             "dd/da = 1/2.", TWO),
        Slip("by b", "That is the derivative with respect to b.", TWO),
        Slip("eps outside", "ε stands outside the root: it is added to the variance.",
             "implementation/mistakes#sec-mis-eps"),
        Slip("full difference", "a lies half the difference away from the mean: d = (a − b)/2.",
             TWO),
        Slip("unbiased", "The variance is divided by m − 1 = 1; divide by m = 2.",
             "implementation/mistakes#sec-mis-unbiased"),
        Slip("other sample", "That is x̂ of b.", TWO),
        Slip("constant", "The variance is taken for a constant in the derivative.",
             "theory/backward#sec-bwd-ignored"),
        Slip("exactly zero", "The derivative is small, but not 0: ε keeps a part of it.", TWO),
        Slip("no mean", "The mean is taken for a constant in the derivative.",
             "theory/backward#sec-bwd-ignored"),
    ),
)  # fmt: skip
