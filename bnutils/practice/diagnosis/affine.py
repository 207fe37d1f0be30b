"""Step 2: γ, β and the running statistics, found by what they move."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from bnutils.practice.diagnosis.bench import BETA, GAMMA, Bench, batch
from bnutils.practice.diagnosis.held import Numbers, arrays
from bnutils.practice.diagnosis.subject import Subject


def find_roles(bench: Bench) -> None:
    """Perturb every array and see which outputs move, in training and in evaluation."""
    warm, facts = bench.warm, bench.facts
    x = batch(warm.channels, seed=4)
    before = {training: warm(x, training) for training in (True, False)}
    trained = bench.start.held()
    for path, values in warm.sized().items():
        delta = 0.5 + 0.1 * np.arange(values.size).reshape(values.shape)
        try:
            changed = warm.with_values({path: np.abs(values) + delta})
            train, evaluate = (changed(x, training) - before[training] for training in (True, False))
        except Exception:
            continue
        kept = path in trained and np.array_equal(trained[path], values)
        if _moved(warm, train, before[True]) and not kept and path in trained:
            role = "mean" if _is_shift(warm, train) else "var"
            facts.mode = "running"
            bench.findings.mistake("training-ignores-batch", f"`{path}` changes what it computes")
        elif _moved(warm, train, before[True]):
            role = "beta" if _is_shift(warm, train) else "gamma"
        elif _moved(warm, evaluate, before[False]) and not (kept and _is_parameter(warm, path)):
            role = "mean" if _is_shift(warm, evaluate) else "var"
        elif _is_parameter(warm, path) and kept:
            facts.idle.append(path)
            continue
        else:
            continue
        if getattr(facts, role) is None:
            setattr(facts, role, path)
    bench.base = bench.scaled(warm, 1.0, 0.0)
    if bench.images is not None:
        bench.images = bench.scaled(bench.images, 1.0, 0.0)


def check_affine(bench: Bench) -> None:
    """γ multiplies, β is added, one of each per channel; they are parameters and start at 1, 0."""
    facts, findings = bench.facts, bench.findings
    roles = {"gamma": facts.gamma, "beta": facts.beta}
    layer = bench.warm.layer
    off = any(getattr(layer, name, True) is False for name in ("affine", "elementwise_affine"))
    for role, path in roles.items():
        if path is None and off:
            findings.notes["γ, β"] = "switched off"
        elif path is None and bench.facts.mode != "running":
            findings.mistake(f"{role}-missing", "no array that the layer holds moves the output so")
    known = [path for path in roles.values() if path is not None]
    if len(facts.idle) > 2 - len(known):  # an unused parameter may be the one that is missing
        findings.mistake("idle-parameter", ", ".join(f"`{path}`" for path in facts.idle))
    free = [p for p in known if not _is_parameter(bench.warm, p)]
    if free and isinstance(layer, nn.Module):
        findings.mistake("not-parameters", ", ".join(f"`{path}`" for path in free))
    shared = [p for p in known if bench.warm.held()[p].size == 1 and bench.channels > 1]
    if shared:
        findings.mistake("affine-shared", ", ".join(f"`{path}` is one number" for path in shared))
    elif facts.gamma is not None:
        _check_gamma(bench)
    if facts.beta is not None and not shared:
        _check_beta(bench)
    _check_start(bench)


def _check_gamma(bench: Bench) -> None:
    warm, x = bench.warm, batch(bench.channels, seed=4)
    gamma = np.resize(GAMMA, bench.channels)
    none, one, given = (bench.scaled(warm, g, 0.0)(x, True) for g in (0.0, 1.0, GAMMA))
    unit = one - none
    if not warm.same(given - none, gamma * unit):
        spread = np.abs((given - none) / unit).mean(0)
        elsewhere = not warm.same(spread, np.abs(gamma))
        if elsewhere and warm.same(np.sort(spread), np.sort(np.abs(gamma))):
            bench.findings.mistake("affine-axis", "γ of one channel moves another")
        else:
            bench.findings.mistake("gamma-wrong", "outputs are not in proportion to it")
    elif not warm.same(none, 0 * unit) and warm.same(none, unit):
        bench.findings.notes["γ"] = "counts from 1: the layer multiplies by 1 + γ"
        bench.base = bench.scaled(warm, 0.0, 0.0)


def _check_beta(bench: Bench) -> None:
    warm, x = bench.warm, batch(bench.channels, seed=4)
    beta = np.resize(BETA, bench.channels)
    shifts = [
        bench.scaled(warm, g, BETA)(x, True) - bench.scaled(warm, g, 0.0)(x, True)
        for g in (1.0, GAMMA)
    ]
    if warm.same(shifts[0], beta) and warm.same(shifts[1], beta):
        return
    scaled = bench.facts.gamma is not None and warm.same(
        shifts[1], np.resize(GAMMA, bench.channels) * beta
    )
    key = "beta-scaled" if scaled else "beta-wrong"
    bench.findings.mistake(key, f"with γ = {GAMMA[0]:g} it moves the output by other than itself")


def _check_start(bench: Bench) -> None:
    held = bench.start.held()
    start = 0.0 if "γ" in bench.findings.notes else 1.0
    for role, path, value in (
        ("gamma", bench.facts.gamma, start), ("beta", bench.facts.beta, 0.0)
    ):  # fmt: skip
        if path in held and bench.is_new() and not np.allclose(held[path], value):
            shown = ", ".join(f"{v:.3g}" for v in held[path].ravel()[:4])
            bench.findings.mistake(f"{role}-start", f"`{path}` starts at {shown}")


def _is_shift(subject: Subject, change: Numbers) -> bool:
    """Whether a change of the output is the same for all samples."""
    uneven = np.abs(change - change.mean(0)).max()
    return bool(uneven <= 10 * subject.tolerance * np.abs(change).max())


def _moved(subject: Subject, change: Numbers, output: Numbers) -> bool:
    return bool(np.abs(change).max() > 10 * subject.tolerance * np.abs(output).max())


def _is_parameter(subject: Subject, path: str) -> bool:
    value = arrays(subject.layer)[path]
    return isinstance(value, nn.Parameter) and isinstance(value, torch.Tensor) and value.requires_grad
