"""Step 8: gradients of x, γ and β beside differences of the layer's own outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bnutils.practice.diagnosis.bench import GAMMA, Bench, batch
from bnutils.practice.diagnosis.held import Numbers, arrays, copied, read
from bnutils.practice.diagnosis.subject import Subject
from bnutils.practice.diagnosis.words import BACKWARD

STEP = 1e-5


def check_gradients(bench: Bench) -> None:
    """Names a wrong gradient; nothing to tell for layers in NumPy, and in float32."""
    base, facts = bench.base, bench.facts
    if facts.mode in ("running", "inverted"):
        return
    if base.tolerance > 1e-5:
        bench.findings.unknown["gradients"] = "differences need a layer that computes in float64"
        return
    layer = bench.scaled(base, GAMMA, 0.3)
    x = batch(bench.channels, m=5, seed=40)
    dy = np.random.default_rng(41).normal(size=x.shape)
    paths = [path for path in (facts.gamma, facts.beta) if path is not None]
    if base.numpy:
        found = by_hand(layer, x, dy)
        if found is None:
            bench.findings.notes["gradients"] = "the layer has no `backward`"
            return
    else:
        found = recorded(layer, x, dy, paths)
    expected = _differences(layer, x, dy)
    if not _close(found["x"], expected):
        _name_input(bench, layer, x, dy, found["x"])
    for role, path in (("gamma", facts.gamma), ("beta", facts.beta)):
        known = found.get(path if not base.numpy else role)
        if path is not None and "not-parameters" not in bench.findings.found:
            if base.numpy and known is None:
                continue
            along = _along_parameter(layer, x, dy, path)
            if known is None or not _close(np.ravel(known), along):
                bench.findings.mistake(f"gradient-{role}", "beside differences of the outputs")
    if not base.numpy:
        _check_image_gradients(bench)


def recorded(subject: Subject, x: Numbers, dy: Numbers, paths: list[str]) -> dict[str, Any]:
    """Gradients of Σ dy·y as autograd has them, of ``x`` and of what is held at ``paths``."""
    layer = copied(subject.layer)
    own = arrays(layer)
    for path in paths:
        own[path].requires_grad_(True)
    inputs = torch.tensor(subject.folded(x), requires_grad=True)
    y = subject.way(layer, inputs.clone(), True)  # a layer may overwrite what it is given
    leaves = [inputs, *(own[path] for path in paths)]
    loss = (y * torch.tensor(subject.folded(dy))).sum()
    grads = torch.autograd.grad(loss, leaves, allow_unused=True) if loss.requires_grad else []
    told = [None if g is None else read(g) for g in grads] or [None] * len(leaves)
    first = np.zeros_like(x) if told[0] is None else subject.unfolded(told[0], x.ndim)
    return {"x": first, **dict(zip(paths, told[1:], strict=True))}


def by_hand(subject: Subject, x: Numbers, dy: Numbers) -> dict[str, Any] | None:
    """The gradients that the layer's own ``backward`` gives; None where it has none."""
    layer = copied(subject.layer)
    names = [name for name in BACKWARD if callable(getattr(layer, name, None))]
    subject.way(layer, subject.folded(x), True)
    try:
        result = getattr(layer, names[0])(subject.folded(dy)) if names else None
    except NotImplementedError:
        return None
    told = [read(g) for g in (result if isinstance(result, tuple) else (result,)) if np.ndim(g)]
    if not told or told[0].shape != subject.folded(x).shape:
        return None
    sized = [g for g in told[1:] if g.size == subject.channels]
    return {"x": subject.unfolded(told[0], x.ndim), **dict(zip(("gamma", "beta"), sized, strict=False))}


def _differences(subject: Subject, x: Numbers, dy: Numbers) -> Numbers:
    gradient = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = STEP
        change = subject(x + step, True) - subject(x - step, True)
        gradient[place] = (change * dy).sum() / (2 * STEP)
    return gradient


def _along_parameter(subject: Subject, x: Numbers, dy: Numbers, path: str) -> Numbers:
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


def _name_input(bench: Bench, layer: Subject, x: Numbers, dy: Numbers, found: Numbers) -> None:
    """Which path is missing: through the mean, the variance, or both."""
    centred = x - x.mean(0)
    root = np.sqrt(x.var(0) * (len(x) / (len(x) - 1) if bench.facts.unbiased else 1) + (bench.facts.eps or 0))
    x_hat = centred / root
    gamma = layer.held()[bench.facts.gamma].ravel() if bench.facts.gamma else 1.0
    direct = gamma * dy / root
    by_mean = direct.mean(0)
    by_variance = x_hat * (direct * x_hat).mean(0) * (len(x) / (len(x) - 1) if bench.facts.unbiased else 1)
    for key, candidate in (
        ("gradient-constants", direct),
        ("gradient-variance", direct - by_mean),
        ("gradient-mean", direct - by_variance),
    ):
        if np.allclose(found, candidate, rtol=1e-3, atol=1e-4):
            bench.findings.mistake(key, "beside differences of the outputs")
            return
    off = np.abs(found - _differences(layer, x, dy)).max()
    if not bench.facts.spread_ok or bench.facts.unbiased:  # a gradient of what it should compute
        bench.findings.unknown["gradients"] = "that of x is not that of the outputs, which are wrong"
        return
    bench.findings.mistake("gradient-input", f"off by up to {off:.2g}")


def _check_image_gradients(bench: Bench) -> None:
    """Of images, along three directions, where vectors were right."""
    images = bench.images
    wrong = any(key.startswith("gradient") for key in bench.findings.found)
    if images is None or wrong:
        return
    rng = np.random.default_rng(42)
    x = batch(bench.channels, seed=43, images=True)
    dy = rng.normal(size=x.shape)
    gradient = recorded(images, x, dy, [])["x"]
    for _ in range(3):
        way = rng.normal(size=x.shape)
        change = images(x + STEP * way, True) - images(x - STEP * way, True)
        along = (change * dy).sum() / (2 * STEP)
        if abs((gradient * way).sum() - along) > 1e-3 * (1 + abs(along)):
            bench.findings.mistake("gradient-input", "of images")
            return


def _close(found: Numbers, expected: Numbers) -> bool:
    return bool(np.abs(found - expected).max() <= 1e-4 * (1 + np.abs(expected).max()))
