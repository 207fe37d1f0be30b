"""Step 8: gradients of x, γ and β beside differences of the layer's own outputs."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis.bench import GAMMA, Bench, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.slopes import (
    STEP,
    along_parameter,
    by_hand,
    close,
    differences,
    has_backward,
    recorded,
)
from bnutils.practice.diagnosis.subject import Subject


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
    own = has_backward(base)
    if own:
        found = by_hand(layer, x, dy, {"gamma": facts.gamma, "beta": facts.beta})
        if found is None:
            bench.findings.notes["gradients"] = "the layer has no `backward`"
            return
    else:
        found = recorded(layer, x, dy, paths)
    expected = differences(layer, x, dy)
    if not close(found["x"], expected):
        _name_input(bench, layer, x, dy, found["x"])
    for role, path in (("gamma", facts.gamma), ("beta", facts.beta)):
        known = found.get(role if own else str(path))
        if f"{role}-wrong" in bench.findings.found:
            continue
        if path is not None and "not-parameters" not in bench.findings.found:
            if own and known is None:
                continue
            along = along_parameter(layer, x, dy, path)
            if known is not None and known.size == bench.channels > along.size:
                known = _shared(bench, known)
            if known is None or not close(np.ravel(known), along):
                bench.findings.mistake(f"gradient-{role}", "beside differences of the outputs")
    _check_image_gradients(bench)


def _shared(bench: Bench, known: Numbers) -> Numbers:
    """Of one number for all channels whose gradient is one for each: with a step it is too."""
    if bench.findings.found.pop("affine-shared", None):
        bench.findings.notes["γ and β"] = "one number at first, by its gradient one per channel"
    return np.asarray(np.sum(known))


def _name_input(bench: Bench, layer: Subject, x: Numbers, dy: Numbers, found: Numbers) -> None:
    """Which path is missing: through the mean, the variance, or both."""
    centred = x - x.mean(0)
    factor = len(x) / (len(x) - 1) if bench.facts.unbiased else 1.0
    root = np.sqrt(x.var(0) * factor + (bench.facts.eps or 0))
    x_hat = centred / root
    gamma = layer.held()[bench.facts.gamma].ravel() if bench.facts.gamma else 1.0
    direct = gamma * dy / root
    by_mean = direct.mean(0)
    by_variance = x_hat * (direct * x_hat).mean(0) * factor
    for key, candidate in (
        ("gradient-constants", direct),
        ("gradient-variance", direct - by_mean),
        ("gradient-mean", direct - by_variance),
    ):
        if np.allclose(found, candidate, rtol=1e-3, atol=1e-4):
            bench.findings.mistake(key, "beside differences of the outputs")
            return
    off = np.abs(found - differences(layer, x, dy)).max()
    if not bench.facts.spread_ok or bench.facts.unbiased:  # a gradient of what it should compute
        bench.findings.unknown["gradients"] = "that of x does not belong to the outputs"
        return
    bench.findings.mistake("gradient-input", f"off by up to {off:.2g}")


def _check_image_gradients(bench: Bench) -> None:
    """Of images, along three directions, where vectors were right."""
    images = bench.images
    wrong = any(key.startswith("gradient") for key in bench.findings.found)
    facts = bench.facts
    if images is None or wrong or not (facts.images_ok and facts.spread_ok) or facts.unbiased:
        return
    rng = np.random.default_rng(42)
    x = batch(bench.channels, seed=43, images=True)
    dy = rng.normal(size=x.shape)
    roles = {"gamma": facts.gamma, "beta": facts.beta}
    found = by_hand(images, x, dy, roles) if has_backward(images) else recorded(images, x, dy, [])
    if found is None:
        return
    gradient = found["x"]
    for _ in range(3):
        way = rng.normal(size=x.shape)
        change = images(x + STEP * way, True) - images(x - STEP * way, True)
        along = (change * dy).sum() / (2 * STEP)
        if abs((gradient * way).sum() - along) > 1e-3 * (1 + abs(along)):
            bench.findings.mistake("gradient-input", "of images")
            return
