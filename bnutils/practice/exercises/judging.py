"""Which slip, or pair of slips, gives the outputs of an answer; and what is said otherwise."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch

from bnutils.practice.exercises.raising import where_raised
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.task import Probe, Slip, Twinned
from bnutils.practice.exercises.values import copied, plain, same, shown, unchanged, values

KEPT_IN_PLACE = 0.75  # of the points, where the input was overwritten and the values are right


@dataclass(frozen=True)
class Outcome:
    """What a function gave for a probe, or raised."""

    values: tuple[Any, ...] = ()
    error: Exception | None = None
    changed: bool = False


def judge(task: Twinned, answer: Any, seed: str) -> Report:
    """The report on an answer for the probes of a seed."""
    if answer is None or answer is Ellipsis or not callable(answer):
        return report(task, "empty", [f"`{task.answer}` is no function yet."])
    with np.errstate(all="ignore"), torch.random.fork_rng(devices=[]):
        probes = task.probes(task.generator(seed))
        outcomes = [run(task, answer, probe) for probe in probes]
        if all(_is_empty(outcome) for outcome in outcomes):
            return report(task, "empty", [f"`{task.answer}` returns nothing yet."])
        truths = [_truth(task, probe) for probe in probes]
        if all(map(_matches, probes, outcomes, truths, truths)):
            if not any(outcome.changed for outcome in outcomes):
                return report(task, "right", [], share=1.0)
            told = "The values are right, but the input is overwritten: no `-=` on an argument."
            return report(task, "changed", [told], share=KEPT_IN_PLACE)
        slips = find_slips(task, probes, outcomes, truths)
    symptom = _first_difference(task, probes, outcomes, truths)
    if slips:
        share = prod(slip.keeps for slip in slips)
        says = [slip.says for slip in slips]
        return report(task, "slips", says, share=share, slips=slips, symptom=symptom)
    raised = next((o for o in outcomes if o.error is not None), None)
    if raised is not None and raised.error is not None:
        place = probes[outcomes.index(raised)]
        says = [f"For {_described(place)}: {where_raised(raised.error, answer)}"]
        return report(task, "raised", says)
    status = "shape" if _wrong_form(outcomes, truths) else "unknown"
    return report(task, status, symptom)


def run(task: Twinned, function: Any, probe: Probe) -> Outcome:
    args = copied(probe.args)
    try:
        result = function(*args)
        if result is not None and result is not NotImplemented and task.adapt is not None:
            result = task.adapt(result, *copied(probe.args))
    except Exception as error:
        return Outcome(error=error)
    return Outcome(values(result, len(task.returns)), changed=not unchanged(args, probe.args))


def find_slips(
    task: Twinned, probes: tuple[Probe, ...], outcomes: list[Outcome], truths: list[Outcome]
) -> tuple[Slip, ...]:
    """One slip, or else two, that give the same on all probes; none where no two do."""
    singles: Iterable[tuple[Slip, ...]] = [(slip,) for slip in task.slips]
    for slips in itertools.chain(singles, itertools.combinations(task.slips, 2)):
        twins = (twin_outcome(task, probe, slips) for probe in probes)
        if all(map(_matches, probes, outcomes, twins, truths)):
            return slips
    return ()


def twin_outcome(task: Twinned, probe: Probe, slips: tuple[Slip, ...]) -> Outcome:
    try:
        result = task.twin(*copied(probe.args), slips=frozenset(slip.key for slip in slips))
    except Exception as error:
        return Outcome(error=error)
    return Outcome(values(result, len(task.returns)))


def _truth(task: Twinned, probe: Probe) -> Outcome:
    return Outcome(values(task.truth(*copied(probe.args)), len(task.returns)))


def _matches(probe: Probe, got: Outcome, expected: Outcome, truth: Outcome) -> bool:
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


def _is_empty(outcome: Outcome) -> bool:
    if outcome.error is not None:
        return isinstance(outcome.error, NotImplementedError)
    return all(value is None or value is Ellipsis for value in outcome.values)


def _wrong_form(outcomes: list[Outcome], truths: list[Outcome]) -> bool:
    forms = [
        [np.shape(v) if isinstance(v, np.ndarray) else type(v) for v in outcome.values]
        for outcome in (*outcomes, *truths)
    ]
    return forms[: len(outcomes)] != forms[len(outcomes) :]


def _first_difference(
    task: Twinned, probes: tuple[Probe, ...], outcomes: list[Outcome], truths: list[Outcome]
) -> list[str]:
    """The first input for which a value differs: which, what was got, what was expected."""
    for probe, got, truth in zip(probes, outcomes, truths, strict=True):
        if _matches(probe, got, truth, truth) or got.error is not None:
            continue
        if len(got.values) != len(truth.values):
            return [f"It gives {len(got.values)} values, expected {', '.join(task.returns)}."]
        for name, own, right in zip(task.returns, got.values, truth.values, strict=True):
            if not same(own, right, probe.rtol, probe.atol):
                return [
                    f"First difference: `{name}` for {_described(probe)}.",
                    f"Got {shown(own)}.", f"Expected {shown(right)}.",
                ]  # fmt: skip
    return []


def _described(probe: Probe) -> str:
    small = [plain(value) for value in probe.args]
    sizes = [f"{list(v.shape)}" for v in small if isinstance(v, np.ndarray) and v.ndim]
    return f"{probe.name} ({', '.join(sizes)})" if sizes else probe.name


def report(
    task: Any, status: str, says: list[str], *, share: float = 0.0,
    slips: tuple[Slip, ...] = (), symptom: list[str] | None = None,
) -> Report:  # fmt: skip
    """A report with ``share`` of the points, to a tenth of a point."""
    see = (
        () if status == "right" else tuple(dict.fromkeys([*(s.see for s in slips)])) or (task.see,)
    )
    points = round(task.points * share, 1)
    found = tuple(slip.key for slip in slips)
    return Report(
        task.title, status, points, task.points, tuple(says), found, see, tuple(symptom or ())
    )
