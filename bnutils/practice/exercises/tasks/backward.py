"""Exercise 6: the gradient, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from bnutils.practice.exercises.differentiating import watched
from bnutils.practice.exercises.judging import Task, run
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.task import Probe, Slip, Slips
from bnutils.practice.exercises.telling import matches

DERIVATION = "theory/backward#sec-bwd-derivation"
IGNORED = "theory/backward#sec-bwd-ignored"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def given(m: int, units: int, eps: float) -> tuple[Any, ...]:
        numbers = (
            1 + draw.normal(size=(m, units)), 2 + 1.5 * draw.normal(size=(m, units)),
            draw.uniform(1.5, 3, units),
        )  # fmt: skip
        return (*(torch.tensor(n, dtype=torch.float64) for n in numbers), eps)

    return (
        Probe("a batch", given(5, 3, 1e-5)), Probe("a square batch", given(4, 4, 1e-5)),
        Probe("a large ε", given(3, 2, 0.7)),
    )  # fmt: skip


def truth(dy: torch.Tensor, x: torch.Tensor, gamma: torch.Tensor, eps: float) -> Any:
    leaves = [value.clone().requires_grad_() for value in (x, gamma, torch.zeros_like(gamma))]
    y = F.batch_norm(leaves[0], None, None, leaves[1], leaves[2], training=True, eps=eps)
    return torch.autograd.grad(y, leaves, dy)


def twin(
    dy: torch.Tensor, x: torch.Tensor, gamma: torch.Tensor, eps: float, slips: Slips = frozenset()
) -> tuple[Any, Any, Any]:
    above, wide, scale = (v.numpy() for v in (dy, x, gamma))
    m = len(wide)
    var = wide.var(0, ddof=1 if "unbiased" in slips else 0)
    s = np.sqrt(var + (0 if "no eps" in slips else eps))
    x_hat = (wide - wide.mean(0)) / s
    average = np.sum if "sums" in slips else np.mean
    along_one = average(above, axis=0)
    along_x_hat = x_hat * average(above * x_hat, axis=0)
    if slips & {"constants", "no mean"}:
        along_one = 0 * along_one
    if slips & {"constants", "no variance"}:
        along_x_hat = 0 * along_x_hat
    if "projected" in slips:
        along_x_hat = average(above * x_hat, axis=0)
    along_x_hat = -along_x_hat if "sign" in slips else along_x_hat
    dx = (above - along_one - along_x_hat) / s * (1 if "no gamma" in slips else scale)
    dx = dx / s if "s twice" in slips else dx * s if "no s" in slips else dx
    dx = dx * m if "times m" in slips else dx
    dgamma = (above * (wide if "of x" in slips else x_hat)).sum(0)
    dgamma = dgamma * scale if "gamma twice" in slips else dgamma
    share = m if "means" in slips else 1
    dgamma, dbeta = dgamma / share, above.sum(0) / share
    return (dx, dbeta, dgamma) if "exchanged" in slips else (dx, dgamma, dbeta)


@dataclass(frozen=True)
class ByHand(Task):
    """Judged once more where autograd records nothing: what differentiates earns nothing."""

    def judge(self, answer: Any, seed: str = "public") -> Report:
        def unrecorded(*args: Any) -> Any:
            with torch.inference_mode():
                return answer(*args)

        report, probes = super().judge(answer, seed), self.probes(self.generator(seed))
        if not report.points:
            return report
        with watched() as seen:
            pairs = [(run(self, answer, probe), run(self, unrecorded, probe)) for probe in probes]
        same = (matches(p, other, own, own) for p, (own, other) in zip(probes, pairs, strict=True))
        if all(same) and not seen:
            return report
        told = "A library made these gradients. Write them out, as sums and products."
        return self.report("slips", [told], found=["autograd"], symptom=[told])


TASK = ByHand(
    key="backward",
    title="The gradient by hand",
    answer="backward",
    hints=(
        "β is added to every sample, so dβ sums dy over the batch. What multiplies γ?",
        "dγ = Σ dy·x̂. For dx the mean and the variance depend on x as well: three paths.",
        "dx = γ/s · (dy − mean(dy) − x̂·mean(dy·x̂)), with s = √(variance + ε).",
    ),
    see=DERIVATION, points=6, minutes=30, returns=("dx", "dgamma", "dbeta"),
    truth=truth, twin=twin, probes=probes,
    slips=(
        Slip("constants", "Mean and variance are taken for constants: two paths are missing.",
             "implementation/mistakes#sec-mis-constant"),
        Slip("no mean", "The path through the mean is missing: dx must add up to 0.", IGNORED),
        Slip("no variance", "The path through the variance is missing: dx must be perpendicular "
             "to x̂, up to ε.", IGNORED),
        Slip("sums", "In dx sums stand for means: divide them by m.", DERIVATION),
        Slip("times m", "dx is m times as large as it should be: the sums are to be means.",
             DERIVATION),
        Slip("projected", "In dx the mean of dy·x̂ is not multiplied by x̂ again.", DERIVATION),
        Slip("gamma twice", "dγ holds γ: multiply dy by x̂, and not by γ.", DERIVATION),
        Slip("sign", "The term along x̂ has the wrong sign.", DERIVATION),
        Slip("no gamma", "γ is missing in dx.", DERIVATION),
        Slip("s twice", "dx is divided by s twice.", DERIVATION),
        Slip("no s", "dx is not divided by s.", DERIVATION),
        Slip("no eps", "s is the root of the variance alone; it holds ε too.",
             "implementation/mistakes#sec-mis-eps"),
        Slip("exchanged", "dβ stands before dγ.", DERIVATION, 0.75),
        Slip("of x", "dγ multiplies dy by x; multiply it by x̂.", DERIVATION),
        Slip("means", "dγ and dβ are means over the batch; they are sums.", DERIVATION),
        Slip("unbiased", "s is computed from the variance that is divided by m − 1.",
             "implementation/mistakes#sec-mis-unbiased"),
    ),
)  # fmt: skip
