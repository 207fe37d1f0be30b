"""Steps 5 and 6, measured: how what is stored averages the batches, and what of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bnutils.practice.diagnosis.bench import VALUES, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject

CALLS = 4
Statistic = Callable[[Numbers, Numbers, Numbers, Numbers], Numbers]


@dataclass(frozen=True)
class Average:
    """``stored`` becomes ``old``·stored + ``new``·statistic, one pair for each call, [CALLS]."""

    kind: str
    old: Numbers
    new: Numbers

    @property
    def alpha(self) -> float:
        return float(1 - self.old.mean())

    @property
    def steady(self) -> bool:
        changes = np.ptp(self.old), np.ptp(self.new) / (1 + np.abs(self.new).mean())
        return bool(max(changes) < 2e-3)

    @property
    def factor(self) -> float:
        """How many times too large what is averaged is."""
        return float((self.new / (1 - self.old)).mean()) if abs(self.alpha) > 1e-6 else 1.0


@dataclass(frozen=True)
class Course:
    """Batches [m, C] in training, their outputs, and what stood at each path, [C], around them."""

    inputs: list[Numbers]
    outputs: list[Numbers]
    seen: dict[str, list[Numbers]]


# Of a batch x [m, C], its output y, and the running mean before and after it.
MEANS: dict[str, Statistic] = {
    "mean": lambda x, y, before, after: x.mean(0),
    "mean of the output": lambda x, y, before, after: y.mean(0),
    "mean square": lambda x, y, before, after: (x**2).mean(0),
}
POOLED = "spread around both running means"  # Welford's
ROOT = "variance, of which the root is stored"
VARIANCES: dict[str, Statistic] = {
    "variance": lambda x, y, before, after: x.var(0),
    POOLED: lambda x, y, before, after: ((x - before) * (x - after)).mean(0),
    "standard deviation": lambda x, y, before, after: x.std(0),
    "mean square": lambda x, y, before, after: (x**2).mean(0),
    "variance of the output": lambda x, y, before, after: y.var(0),
    "mean square around the old running mean": lambda x, y, before, after: (
        (x - before) ** 2
    ).mean(0),
    "mean square around the running mean": lambda x, y, before, after: ((x - after) ** 2).mean(0),
    "inverse standard deviation": lambda x, y, before, after: 1 / x.std(0),
    "mean": lambda x, y, before, after: x.mean(0),
}  # fmt: skip


def follow(subject: Subject, paths: list[str]) -> Course:
    course = Course([], [], {path: [subject.held()[path].ravel()] for path in paths})
    for call in range(CALLS):
        x = batch(subject.channels, VALUES, seed=10 + call, mean=2.0 + 3 * call) * (1 + call)
        x[:, ::2] *= -1  # means of both signs
        subject, y = subject.after(x, True)
        course.inputs.append(x)
        course.outputs.append(y)
        held = subject.held()
        for path in paths:
            course.seen[path].append(held[path].ravel())
    return course


def fit(
    course: Course, path: str, mean: str | None, kind: str, statistic: Statistic
) -> Average | None:
    """The weights with which ``path`` averages a statistic, None where it is none of it."""
    stored = course.seen[path]
    if all(np.array_equal(values, stored[0]) for values in stored):
        return Average(kind, np.ones(CALLS), np.zeros(CALLS))
    around = course.seen[mean] if mean else [0 * values for values in stored]
    if not all(np.isfinite(values).all() for values in stored):
        return None
    pairs = []
    for call, (x, y) in enumerate(zip(course.inputs, course.outputs, strict=True)):
        before, after = stored[call : call + 2]
        value = statistic(x, y, around[call], around[call + 1])
        design = np.stack([before, np.broadcast_to(value, before.shape)], 1)  # [C, 2]
        size = np.abs(design).max(0) + 1e-30
        weights = np.linalg.lstsq(design / size, after, rcond=1e-9)[0] / size
        off = np.abs(design @ weights - after).max()
        if not off <= 1e-4 * max(np.abs(after).max(), np.abs(before).max()):
            return None
        pairs.append(weights)
    average = Average(kind, *np.array(pairs).T)
    if np.abs(average.new).max() < 1e-6 and not is_idle(average):  # it does not enter
        return None
    return average


def is_idle(average: Average) -> bool:
    """Whether nothing was averaged: what was stored stays."""
    return bool(np.abs(average.new).max() < 1e-6 and np.abs(average.old - 1).max() < 1e-6)
