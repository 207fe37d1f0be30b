"""Exercise 11: fold a trained layer into the linear layer before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

FOLD = "practice/inference#sec-inf-fold"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def given(inputs: int, units: int, bias: bool = True) -> tuple[Any, ...]:
        linear, norm = nn.Linear(inputs, units, bias=bias), nn.BatchNorm1d(units, eps=0.1)
        numbers = {
            norm.weight: draw.uniform(1.5, 3, units), norm.bias: draw.normal(size=units),
            norm.running_mean: draw.normal(size=units),
            norm.running_var: draw.uniform(0.3, 2, units),
            linear.weight: draw.normal(size=(units, inputs)),
        }  # fmt: skip
        if bias:
            numbers[linear.bias] = 1 + draw.normal(size=units)
        for place, values in numbers.items():
            assert place is not None
            place.data.copy_(torch.tensor(values))
        return linear, norm.eval()

    return (
        Probe("a wide layer", given(5, 3)), Probe("a square layer", given(4, 4)),
        Probe("a layer without bias", given(3, 4, bias=False)),
    )  # fmt: skip


def inputs(linear: nn.Linear) -> torch.Tensor:
    steps = torch.arange(6 * linear.in_features, dtype=torch.float32)
    return torch.sin(1.7 * steps).view(6, -1)  # [6, inputs]


@torch.no_grad()
def truth(linear: nn.Linear, norm: nn.BatchNorm1d) -> Any:
    return norm(linear(inputs(linear)))


@torch.no_grad()
def adapt(folded: Any, linear: nn.Linear, norm: nn.BatchNorm1d) -> Any:
    """What the returned layer makes of some inputs."""
    if not isinstance(folded, nn.Linear):
        return repr(folded)
    return folded(inputs(linear))


@torch.no_grad()
def twin(linear: nn.Linear, norm: nn.BatchNorm1d, slips: Slips = frozenset()) -> Any:
    mean, var, gamma, beta, weight = (
        value.double().numpy()
        for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias, linear.weight)
        if value is not None
    )
    bias = 0 * mean if linear.bias is None else linear.bias.double().numpy()
    root = var + norm.eps if "variance" in slips else np.sqrt(var + norm.eps)
    if "no eps" in slips:
        root = var if "variance" in slips else np.sqrt(var)
    scale = (1 if "no gamma" in slips else gamma) / root
    bias = 0 * bias if "bias dropped" in slips else bias
    mean = 0 * mean if "no mean" in slips else mean
    beta = 0 * beta if "no beta" in slips else scale * beta if "beta scaled" in slips else beta
    mean = -mean if "mean added" in slips else mean
    shift = bias - scale * mean if "bias not scaled" in slips else scale * (bias - mean)
    left = "no new bias" in slips or ("no bias alone" in slips and linear.bias is None)
    if "as it was" in slips:
        return inputs(linear).double().numpy() @ weight.T + bias
    weight = weight * (scale if "wrong side" in slips else scale[:, None])
    shift = 0 * shift if left else shift + beta
    return inputs(linear).double().numpy() @ weight.T + shift


TASK = Task(
    key="fold",
    title="Fold the layer away",
    answer="fold",
    hints=(
        "In evaluation the layer multiplies each unit by a constant and adds another.",
        "With a = γ/√(running variance + ε): y = a·(Wx + b − mean) + β.",
        "Row i of the weight is multiplied by a[i]; the new bias is a·(b − mean) + β.",
    ),
    see=FOLD, points=4, minutes=15, returns=("output",), truth=truth, twin=twin, probes=probes,
    adapt=adapt,
    slips=(
        Slip("no eps", "The layer's ε, `norm.eps`, is not in the root.", FOLD),
        Slip("no gamma", "γ is left out.", FOLD),
        Slip("variance", "Divided by the running variance; take the root of it.", FOLD),
        Slip("no mean", "The running mean is not subtracted.", FOLD),
        Slip("mean added", "The running mean is added; subtract it.", FOLD),
        Slip("no new bias", "The folded layer has no bias, which is to hold β and the mean.", FOLD),
        Slip("no bias alone", "Where the linear layer has no bias, the folded one has none either: "
             "it needs one to hold β and the mean.", FOLD, 0.75),
        Slip("as it was", "That is the linear layer as it was: nothing is folded into it.", FOLD),
        Slip("no beta", "β is not added.", FOLD),
        Slip("bias not scaled", "The bias of the linear layer is not multiplied by γ/√(…): the "
             "normalization comes after it.", FOLD),
        Slip("bias dropped", "The bias of the linear layer is lost.", FOLD),
        Slip("beta scaled", "β is multiplied by γ/√(…); it is added last.", FOLD),
        Slip("wrong side", "The columns of the weight are scaled. Its rows belong to the units.",
             FOLD),
    ),
)  # fmt: skip
