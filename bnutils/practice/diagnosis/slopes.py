"""Gradients of a layer: recorded by autograd, given by its own backward, and by differences."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.calling import as_input, method_of
from bnutils.practice.diagnosis.functions import FunctionLayer
from bnutils.practice.diagnosis.held import Numbers, arrays, copied, halves, read
from bnutils.practice.diagnosis.subject import Subject

STEP = 1e-5
Roles = dict[str, str | None]


def recorded(subject: Subject, x: Numbers, dy: Numbers, paths: list[str]) -> dict[str, Any]:
    """Gradients of Σ dy·y as autograd has them, of ``x`` and of what is held at ``paths``."""
    layer = copied(subject.layer)
    names = list(dict.fromkeys(path.partition("[")[0] for path in paths))
    own = [arrays(layer)[name].requires_grad_(True) for name in names]
    inputs = torch.tensor(subject.folded(x), requires_grad=True)
    y = subject.way(layer, inputs.clone(), True)  # a layer may overwrite what it is given
    leaves = [inputs, *own]
    loss = (y * torch.tensor(subject.folded(dy))).sum()
    grads = torch.autograd.grad(loss, leaves, allow_unused=True) if loss.requires_grad else []
    given: list[Numbers | None] = [None if g is None else read(g) for g in grads]
    first, *others = given or [None] * len(leaves)
    told = {"x": np.zeros_like(x) if first is None else subject.unfolded(first, x.shape)}
    for name, gradient in zip(names, others, strict=True):
        told |= {} if gradient is None else halves(name, gradient, subject.channels)
    return told


def has_backward(subject: Subject) -> bool:
    """Whether the layer's gradients are its own to give: NumPy's, or what is no module."""
    if subject.numpy or isinstance(subject.layer, nn.Module):
        return subject.numpy
    if isinstance(subject.layer, FunctionLayer):
        return subject.layer.backward_function is not None
    return method_of(subject.layer, words.BACKWARD, words.BACKWARD_LIKE) is not None


def by_hand(subject: Subject, x: Numbers, dy: Numbers, roles: Roles) -> dict[str, Any] | None:
    """The gradients that the layer's own ``backward`` gives; None where it has none.

    ``roles`` says where gamma and beta are held.
    """
    layer = copied(subject.layer)
    name = method_of(layer, words.BACKWARD, words.BACKWARD_LIKE)
    given, dy = (as_input(subject.folded(v), subject.numpy, subject.dtype) for v in (x, dy))
    forward = subject.way.results(layer, given, True)
    before = {path: read(value) for path, value in arrays(layer).items()}
    try:
        backward = getattr(layer, name) if name else None
        result = _given_back(backward, dy, forward) if backward else None
    except NotImplementedError:
        return None
    if result is None:  # the gradients are left in the layer
        kept = arrays(layer).items()
        result = next((v for path, v in kept if words.gradient_of(path) in words.INPUT), None)
    first, *rest = result if isinstance(result, tuple | list) else (result,)
    if np.shape(first) != subject.folded(x).shape:
        return None
    told = {"x": subject.unfolded(read(first), x.shape), **_kept(layer, before, roles)}
    for named in (g for g in rest if isinstance(g, dict)):
        told |= _kept({"grads": named}, {}, roles)
    arrays_given = (np.ndarray, np.floating, torch.Tensor)
    others = [read(g) for g in rest if isinstance(g, arrays_given)]
    sized = [g for g in others if g.size == subject.channels]
    if len(rest) != 2 or not any(g.size in (1, subject.channels) for g in others):
        others = sized  # of two, one may have a wrong shape
    return told | dict(zip(("gamma", "beta"), others, strict=False))


def _kept(layer: Any, before: dict[str, Numbers], roles: Roles) -> dict[str, Numbers]:
    """The gradients of γ and β that ``backward`` left in the layer.

    Told by names such as ``dgamma``, or by the place: ``grads.0`` belongs to ``params.0``.
    """
    found = {}
    for path, value in arrays(layer).items():
        for role, names in (("gamma", words.GAMMA), ("beta", words.BETA)):
            own = words.gradient_of(path) in names or words.gradient_beside(path, roles[role])
            if own and not np.array_equal(before.get(path, np.zeros(0)), read(value)):
                found[role] = read(value)
    return found


def _given_back(backward: Callable[..., Any], dy: Any, forward: Any) -> Any:
    """What ``backward`` gives; a learning rate that it asks for is 0.

    Anything else it asks for is what ``forward`` gave besides the output.
    """
    kept = forward[1] if isinstance(forward, tuple | list) and len(forward) > 1 else None
    given = {
        p.name: 0.0 if words.plain(p.name) in ("lr", "eta") or "rate" in p.name else kept
        for p in list(inspect.signature(backward).parameters.values())[1:]
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    }
    return backward(dy, **given)


def differences(subject: Subject, x: Numbers, dy: Numbers) -> Numbers:
    gradient = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = STEP
        change = subject(x + step, True) - subject(x - step, True)
        gradient[place] = (change * dy).sum() / (2 * STEP)
    return gradient


def along_parameter(subject: Subject, x: Numbers, dy: Numbers, path: str) -> Numbers:
    values = subject.held()[path].ravel()
    gradient = np.zeros_like(values)
    for place in range(values.size):
        ends = []
        for sign in (1, -1):
            moved = values.copy()
            moved[place] += sign * 1e-3  # outputs are linear in γ and β
            ends.append((subject.with_values({path: moved})(x, True) * dy).sum())
        gradient[place] = (ends[0] - ends[1]) / 2e-3
    return gradient


def close(found: Numbers, expected: Numbers) -> bool:
    if found.shape != expected.shape:
        return False
    return bool(np.abs(found - expected).max() <= 1e-4 * (1 + np.abs(expected).max()))
