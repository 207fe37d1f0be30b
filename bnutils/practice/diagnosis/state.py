"""Step 9: what is saved, what is recorded, what is left as it was, and large means in float32."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from bnutils.practice.diagnosis.bench import Bench, batch
from bnutils.practice.diagnosis.calling import as_input
from bnutils.practice.diagnosis.functions import FunctionLayer
from bnutils.practice.diagnosis.held import arrays, as_dtype, copied, halves, read
from bnutils.practice.diagnosis.roles import is_parameter

FOLLOW = {"running-mean-wrong", "running-variance-wrong", "evaluation-wrong"}  # other inputs


def check_state(bench: Bench) -> None:
    """γ and β are parameters; the running statistics are saved, no parameters, without history."""
    facts, findings, layer = bench.facts, bench.findings, bench.warm.layer
    known = [path for path in (facts.gamma, facts.beta) if path is not None]
    free = [path for path in known if not is_parameter(bench.warm, path)]
    if free and isinstance(layer, nn.Module):
        findings.mistake("not-parameters", ", ".join(f"`{path}`" for path in free))
    paths = [path for path in (facts.mean, facts.var) if path is not None]
    own = bench.warm.arrays()
    if isinstance(layer, nn.Module) and paths:
        state = [v for v in layer.state_dict().values() if v.is_floating_point()]
        parts = [h for v in state for h in halves("", v, bench.channels).values()]
        saved = [read(part).ravel() for part in parts]
        lost = [p for p in paths if not any(_equal(read(own[p]).ravel(), value) for value in saved)]
        if lost:
            findings.mistake("not-saved", ", ".join(f"`{path}`" for path in lost))
        trained = [path for path in paths if is_parameter(bench.warm, path)]
        if trained:
            findings.mistake("statistics-trained", ", ".join(f"`{path}`" for path in trained))
    if paths and not bench.warm.numpy:
        _check_history(bench)


def _check_history(bench: Bench) -> None:
    layer = copied(bench.warm.layer)
    x = as_input(bench.warm.folded(batch(bench.channels, seed=50)), False, bench.warm.dtype)
    bench.warm.way(layer, x.requires_grad_(True).clone(), True)
    paths = [p.partition("[")[0] for p in (bench.facts.mean, bench.facts.var) if p is not None]
    own = [arrays(layer)[path] for path in paths]
    if any(value.grad_fn is not None for value in own if isinstance(value, torch.Tensor)):
        bench.findings.mistake("not-detached", "a statistic has a `grad_fn` after a batch")


def check_input(bench: Bench) -> None:
    """The input is as it was, in both modes."""
    for training in (True, False):
        warm = bench.warm
        layer = copied(warm.layer)
        x = as_input(warm.folded(batch(bench.channels, seed=51)), warm.numpy, warm.dtype)
        before = read(x)
        with torch.no_grad():
            warm.way(layer, x, training)
        if not np.array_equal(read(x), before):
            mode = "training" if training else "evaluation"
            bench.findings.mistake("changes-input", f"in {mode}")
            for key in FOLLOW & bench.findings.found.keys():
                told = bench.findings.found.pop(key)
                bench.findings.unknown[key] = f"{told}: of the input as it was"
            return


def check_large_mean(bench: Bench) -> None:
    """In float32 around a mean of 10 000, beside what the same layer makes of the spread alone."""
    base = bench.base
    if not bench.facts.spread_ok or bench.facts.mode in ("running", "inverted"):
        return
    layer = copied(base.layer)
    as_dtype(layer, "float32")
    drawn = np.random.default_rng(52).normal(size=(256, bench.channels))
    spreads = []
    for mean in (0.0, 1e4):
        x = as_input(base.folded(mean + drawn), base.numpy, "float32")
        try:
            y = base.way(layer, x, True)
        except Exception as error:
            bench.findings.notes["large means"] = f"not in float32 ({type(error).__name__})"
            return
        spreads.append(base.unfolded(read(y), drawn.shape).std(0))
    off = np.abs(spreads[1] / spreads[0] - 1).max()
    if not off < 0.05:
        told = f"around a mean of 10 000 outputs spread by up to {spreads[1].max():.3g}"
        bench.findings.mistake("shortcut", told)


def check_start(bench: Bench) -> None:
    """A layer that has seen no batch evaluates with mean 0 and variance 1."""
    facts, findings, start = bench.facts, bench.findings, bench.start
    known = facts.vectors_ok and facts.mode not in ("batch", "inverted") and not facts.debiased
    if not bench.is_new() or not known:
        return
    x = batch(bench.channels, m=3, seed=53)
    try:
        y = bench.scaled(start, 1.0, 0.0)(x, False)
    except Exception as error:
        findings.error("evaluation before any batch", error)
        return
    slope = (y[1] - y[0]) / (x[1] - x[0])
    held = start.held()
    mean, var = (held.get(str(path)) for path in (facts.mean, facts.var))
    if not np.isfinite(slope).all() and not isinstance(start.layer, FunctionLayer):
        if var is not None and var.any():
            return
        findings.mistake("variance-start", "outputs of a new layer in evaluation are not finite")
        return
    if mean is not None and not np.allclose(mean, 0):
        findings.mistake("mean-start", f"at {mean.ravel()[0]:.3g}")
    if (var is not None and not np.allclose(var, 1)) or (var is None and np.abs(slope).min() > 50):
        shown = 0.0 if var is None else var.ravel()[0]
        if isinstance(start.layer, FunctionLayer):
            findings.notes["running variance at first"] = f"{shown:g}, unless the caller gives it"
            return
        told = f"at {shown:.3g}: outputs {slope[0]:.3g} times the inputs"
        findings.mistake("variance-start", told)


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.allclose(one, other, equal_nan=True)
