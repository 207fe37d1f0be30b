"""Exercise 8: placing the layer in a network."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from torch import nn

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

PLACE = "experiments/placement#sec-place-order"
SIZES = (20, 16, 12, 5)
LINEAR = (nn.Linear, nn.LazyLinear)


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    norms = (nn.BatchNorm1d, None, nn.LayerNorm)
    return tuple(
        Probe(f"norm={f'nn.{norm.__name__}' if norm else 'None'}", (norm,)) for norm in norms
    )


def build(norm: Any, slips: Slips = frozenset()) -> nn.Sequential:
    """The network, as it should be or with slips."""
    layers: list[nn.Module] = []
    if (norm and "own" in slips) or (not norm and "always" in slips) or "ignored" in slips:
        norm = nn.BatchNorm1d
    norm = None if "none" in slips else norm
    shared = norm(SIZES[1]) if norm is not None else None
    for place, (fan_in, fan_out) in enumerate(pairwise(SIZES)):
        last = place == len(SIZES) - 2
        left_out = "missing" in slips and place == 1
        bias = last or norm is None or left_out or "bias" in slips
        if "before" in slips and norm is not None and not last:
            layers.append(norm(fan_in))
        bias = bias and (last or "no bias" not in slips)
        layers.append(nn.Linear(fan_in, fan_out, bias=bias))
        wanted = not left_out and (not last or "after last" in slips) and "before" not in slips
        if wanted and norm is not None:
            width = fan_in if "width" in slips else fan_out
            layers.append(shared if "shared" in slips and shared is not None else norm(width))
        if (not last or "last relu" in slips) and "linear" not in slips:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers, *([nn.Softmax(1)] if "softmax" in slips else []))


def describe(net: Any, norm: Any) -> str:
    """What stands where, but for the order of normalization and nonlinearity."""
    if not isinstance(net, nn.Module):
        return repr(net)
    seen: set[int] = set()
    parts: list[list[str]] = [[]]
    for layer in leaves(net):
        if isinstance(layer, LINEAR):
            bias = "" if layer.bias is None else " with bias"
            parts.append([f"linear {layer.in_features} to {layer.out_features}{bias}"])
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm | nn.LayerNorm):
            name = (
                f"layer normalization of {layer.normalized_shape[0]}"
                if isinstance(layer, nn.LayerNorm)
                else f"normalization of {layer.num_features}"
            )
            parts[-1].append(name + " again" * (id(layer) in seen))
            seen.add(id(layer))
        elif isinstance(layer, nn.Softmax | nn.LogSoftmax):
            parts[-1].append("softmax")
        elif not isinstance(layer, nn.Flatten | nn.Identity):
            parts[-1].append(type(layer).__name__)
    told = "; ".join(
        f"{first}, with {' and '.join(sorted(others, reverse=True))}" if others else first
        for first, *others in filter(None, parts)
    )
    if "ReLU" in told or isinstance(net, nn.Sequential):
        return told
    return f"{told}, in no `nn.Sequential`: what `forward` adds is not seen"


def leaves(net: nn.Module) -> list[nn.Module]:
    children = list(net._modules.values())
    if not children:
        return [net]
    return [leaf for child in children if child is not None for leaf in leaves(child)]


def truth(norm: Any) -> str:
    return describe(build(norm), norm)


def twin(norm: Any, slips: Slips = frozenset()) -> str:
    return describe(build(norm, slips), norm)


TASK = Task(
    key="network",
    title="Place it in a network",
    answer="network",
    hints=(
        "Each hidden layer is linear, normalization, ReLU; the last layer is linear alone.",
        "Make a new layer for each place, `norm(16)` and `norm(12)`, where norm is not None.",
        "A linear layer before a normalization needs no bias: β takes its place.",
    ),
    see=PLACE, points=4, minutes=10, returns=("network",), truth=truth, twin=twin, probes=probes,
    adapt=describe,
    slips=(
        Slip("none", "The network has no normalization, though one is asked for.", PLACE),
        Slip("always", "The network without normalization has one too: nothing is left to compare.",
             PLACE),
        Slip("ignored", "Both networks have `nn.BatchNorm1d`, whatever norm is: nothing is left to "
             "compare.", PLACE),
        Slip("own", "The norm that is given is not used: `nn.BatchNorm1d` stands in its place.",
             PLACE),
        Slip("after last", "The outputs are normalized too: the last layer gives the logits.",
             "experiments/placement#sec-place-ends"),
        Slip("softmax", "The network ends with a softmax, which `cross_entropy` applies again.",
             "implementation/baseline#sec-baseline-loop"),
        Slip("shared", "One layer stands in several places: each needs statistics and γ, β of its "
             "own.", "practice/outside#sec-out-shared"),
        Slip("missing", "One hidden layer has no normalization.", PLACE),
        Slip("width", "A normalization has the width of the inputs of its linear layer; it comes "
             "after it.", PLACE),
        Slip("before", "The normalization stands before its linear layer, and the inputs are "
             "normalized: it comes after.", PLACE),
        Slip("last relu", "A ReLU follows the last layer: it cuts off the negative logits.",
             "experiments/placement#sec-place-ends"),
        Slip("no bias", "Without normalization the linear layers lack a bias: nothing takes its "
             "place there.", "experiments/placement#sec-place-bias"),
        Slip("linear", "There is no nonlinearity: the network computes a linear function.", PLACE),
        Slip("bias", "Right. The bias before a normalization has no effect: `bias=False`.",
             "experiments/placement#sec-place-bias", 0.9),
    ),
)  # fmt: skip
