"""Outcomes of an answer, compared, and told where no slip explains them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bnutils.practice.exercises.task import Probe, Twinned
from bnutils.practice.exercises.values import plain, same, shown


@dataclass(frozen=True)
class Outcome:
    """What a function gave for a probe, or raised."""

    values: tuple[Any, ...] = ()
    error: Exception | None = None
    changed: bool = False


def matches(probe: Probe, got: Outcome, expected: Outcome, truth: Outcome) -> bool:
    """Whether an outcome is the expected one; None there stands for any value but the truth."""
    if got.error is not None or expected.error is not None:
        return got.error is not None and expected.error is not None
    if len(got.values) != len(expected.values):
        return False
    for own, other, right in zip(got.values, expected.values, truth.values, strict=True):
        if other is None:
            if same(own, right, probe.rtol, probe.atol):
                return False
        elif not same(own, other, probe.rtol, probe.atol):
            return False
    return True


def is_empty(outcome: Outcome) -> bool:
    if outcome.error is not None:
        return isinstance(outcome.error, NotImplementedError)
    return all(value is None or value is Ellipsis for value in outcome.values)


def wrong_form(outcomes: list[Outcome], truths: list[Outcome]) -> bool:
    forms = [
        [np.shape(v) if isinstance(v, np.ndarray) else type(v) for v in outcome.values]
        for outcome in (*outcomes, *truths)
    ]
    return forms[: len(outcomes)] != forms[len(outcomes) :]


def first_difference(
    task: Twinned, probes: tuple[Probe, ...], outcomes: list[Outcome], truths: list[Outcome]
) -> list[str]:
    """The first input for which a value differs: which, what was got, what was expected."""
    for probe, got, truth in zip(probes, outcomes, truths, strict=True):
        if matches(probe, got, truth, truth) or got.error is not None:
            continue
        if len(got.values) != len(truth.values):
            count = f"{len(got.values)} value{'s' * (len(got.values) != 1)}"
            return [f"It gives {count}, expected {len(task.returns)}: {', '.join(task.returns)}."]
        for name, own, right in zip(task.returns, got.values, truth.values, strict=True):
            if not same(own, right, probe.rtol, probe.atol):
                return [
                    f"First difference: `{name}` for {described(probe)}.",
                    f"Got {shown(own)}.", f"Expected {shown(right)}.",
                ]  # fmt: skip
    return []


def described(probe: Probe) -> str:
    small = [plain(value) for value in probe.args]
    sizes = [f"{list(v.shape)}" for v in small if isinstance(v, np.ndarray) and v.ndim]
    return f"{probe.name} ({', '.join(sizes)})" if sizes else probe.name
