"""Step 2: γ, β and the running statistics, found by what they move."""

from __future__ import annotations

import numpy as np
from torch import nn

from bnutils.practice.diagnosis.bench import Bench, batch
from bnutils.practice.diagnosis.held import Numbers, arrays
from bnutils.practice.diagnosis.subject import Subject


def find_roles(bench: Bench) -> None:
    """Perturb every array and see which outputs move, in training and in evaluation."""
    warm, facts = bench.warm, bench.facts
    x = batch(warm.channels, seed=4)
    before = {True: warm(x, True), False: _evaluated(warm, x)}
    trained = bench.start.held()
    for path, values in warm.sized().items():
        delta = 0.5 + 0.1 * np.arange(values.size).reshape(values.shape)
        try:
            changed = warm.with_values({path: np.abs(values) + delta})
            train = changed(x, True) - before[True]
            evaluate = _evaluated(changed, x) - before[False]
        except Exception:
            continue
        kept = path in trained and np.array_equal(trained[path], values)
        if _moved(warm, train, before[True]) and not kept and path in trained:
            role = "mean" if _is_shift(warm, train) else "var"
            facts.mode = "running"
            bench.findings.mistake("training-ignores-batch", f"`{path}` changes what it computes")
        elif _moved(warm, train, before[True]):
            role = "beta" if _is_shift(warm, train) else "gamma"
        elif _moved(warm, evaluate, before[False]) and not (kept and is_parameter(warm, path)):
            role = "mean" if _is_shift(warm, evaluate) else "var"
        elif is_parameter(warm, path) and kept:
            facts.idle.append(path)
            continue
        else:
            continue
        if getattr(facts, role) is None:
            setattr(facts, role, path)
    facts.gamma_from = _counts_from(bench)
    bench.base = bench.neutral(warm)
    if bench.images is not None:
        bench.images = bench.neutral(bench.images)


def _evaluated(subject: Subject, x: Numbers) -> Numbers:
    """The output in evaluation; no numbers where that raises, which another step tells."""
    try:
        return subject(x, False)
    except Exception:
        return np.full_like(x, np.nan)


def _is_shift(subject: Subject, change: Numbers) -> bool:
    """Whether a change of the output is the same for all samples."""
    uneven = np.abs(change - change.mean(0)).max()
    return bool(uneven <= 10 * subject.tolerance * np.abs(change).max())


def _moved(subject: Subject, change: Numbers, output: Numbers) -> bool:
    return bool(np.abs(change).max() > 10 * subject.tolerance * np.abs(output).max())


def is_parameter(subject: Subject, path: str) -> bool:
    value = arrays(subject.layer)[path]
    return isinstance(value, nn.Parameter) and bool(value.requires_grad)


def _counts_from(bench: Bench) -> float:
    """1 where the layer multiplies by 1 + γ, else 0."""
    if bench.facts.gamma is None:
        return 0.0
    x = batch(bench.channels, seed=4)
    none, one = (bench.scaled(bench.warm, gamma, 0.0)(x, True) for gamma in (0.0, 1.0))
    if np.abs(none).max() == 0 or not bench.warm.same(none, one - none):
        return 0.0
    bench.findings.notes["γ"] = "counts from 1: the layer multiplies by 1 + γ"
    return 1.0
