"""Step 2: γ, β and the running statistics, found by what they move."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor, nn

from bnutils.practice.diagnosis.bench import Bench, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject


def find_roles(bench: Bench) -> None:
    """Perturb every array and see which outputs move: γ and β first, which may hide the rest."""
    warm, facts = bench.warm, bench.facts
    trained = bench.start.held()
    updated = {
        path
        for path, values in warm.held().items()
        if path in trained and not np.array_equal(trained[path], values)
    }
    for path, train, _ in _moves(warm):
        role = "beta" if _is_shift(warm, train) else "gamma"
        meant = path not in updated and not _is_setting(warm, path)
        if meant and getattr(facts, role) is None and _moved(train):
            setattr(facts, role, path)
    facts.gamma_from = _counts_from(bench)
    bench.base = bench.neutral(warm)
    if bench.images is not None:
        bench.images = bench.neutral(bench.images)
    for path, train, evaluate in _moves(bench.base):
        if path not in (facts.gamma, facts.beta):
            _find_statistic(bench, path, train, evaluate, path in updated)


def _find_statistic(
    bench: Bench, path: str, train: Numbers, evaluate: Numbers, updated: bool
) -> None:
    """A running statistic moves evaluation; where it moves training too, that is a mistake."""
    facts, learned = bench.facts, is_parameter(bench.warm, path)
    if _moved(train) and updated:
        facts.mode = "running"
        bench.findings.mistake("training-ignores-batch", f"`{path}` changes what it computes")
        role = "mean" if _is_shift(bench.base, train) else "var"
    elif not _moved(train) and _moved(evaluate) and (updated or not learned):
        role = "mean" if _is_shift(bench.base, evaluate) else "var"
    else:
        if learned and not _moved(train) and not updated and path in bench.start.held():
            facts.idle.append(path)
        return
    if getattr(facts, role) is None:
        setattr(facts, role, path)


def _moves(subject: Subject) -> Iterator[tuple[str, Numbers, Numbers]]:
    """For each array with one number per channel: how the outputs of both modes change with it.

    Beside the size of the outputs, so that rounding is none.
    """
    x = batch(subject.channels, seed=4)
    before = subject(x, True), evaluated(subject, x)
    sizes = [max(float(np.abs(y).max()), 1e-30) * 10 * subject.tolerance for y in before]
    for path, values in subject.sized().items():
        delta = 0.5 + 0.1 * np.arange(values.size).reshape(values.shape)
        try:
            changed = subject.with_values({path: np.abs(values) + delta})
            after = changed(x, True), evaluated(changed, x)
        except Exception:
            continue
        train, evaluate = (
            np.where(np.abs(y - old) > size, y - old, 0.0)
            for y, old, size in zip(after, before, sizes, strict=True)
        )
        yield path, train, evaluate


def evaluated(subject: Subject, x: Numbers) -> Numbers:
    """The output in evaluation; no numbers where that raises, which another step tells."""
    try:
        return subject(x, False)
    except Exception:
        return np.full_like(x, np.nan)


def packed(subject: Subject) -> list[str]:
    """Paths that hold several numbers for each channel and move the output in training."""
    x = batch(subject.channels, seed=4)
    before = subject(x, True)
    found = []
    for path, values in subject.held().items():
        if values.size > subject.channels and values.size % subject.channels == 0:
            after = subject.with_values({path: np.abs(values) + 0.5})(x, True)
            found += [] if subject.same(after, before) else [path]
    return found


def _is_setting(subject: Subject, path: str) -> bool:
    """Whether it is one number for all channels that nobody learns, such as an ε."""
    alone = subject.sized()[path].size < subject.channels
    return alone and not subject.numpy and not is_parameter(subject, path)


def _is_shift(subject: Subject, change: Numbers) -> bool:
    """Whether a change of the output is the same for all samples."""
    uneven = np.abs(change - change.mean(0)).max()
    return bool(uneven <= 10 * subject.tolerance * np.abs(change).max())


def _moved(change: Numbers) -> bool:
    return bool(np.abs(change).max() > 0)


def is_parameter(subject: Subject, path: str) -> bool:
    """Whether an optimizer that is given the layer's parameters moves what is held at ``path``."""
    value, layer = subject.arrays()[path], subject.layer
    if isinstance(layer, nn.Module) and isinstance(value, Tensor):
        learned = {p.untyped_storage().data_ptr() for p in layer.parameters() if p.requires_grad}
        return value.untyped_storage().data_ptr() in learned
    return isinstance(value, nn.Parameter) and bool(value.requires_grad)


def _counts_from(bench: Bench) -> float:
    """1 where γ = 0 leaves what is normalized as it is, else 0."""
    if bench.facts.gamma is None:
        return 0.0
    x = batch(bench.channels, seed=4)
    none, one = (bench.scaled(bench.warm, gamma, 0.0)(x, True) for gamma in (0.0, 1.0))
    starts_at_0 = not bench.start.held().get(bench.facts.gamma, np.ones(1)).any()
    if starts_at_0 and bench.warm.same(one, np.exp(1) * none) and np.abs(none).max() > 0:
        bench.findings.notes["γ"] = "kept as its logarithm"
        bench.facts.gamma_log = True
        return 1.0
    if np.abs(none).max() == 0 or not bench.warm.same(none, one - none):
        return 0.0
    bench.findings.notes["γ"] = "counts from 1: the layer multiplies by 1 + γ"
    return 1.0
