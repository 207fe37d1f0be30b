"""Which slip, or pair of slips, gives the outputs of an answer; and what is said otherwise."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import torch

from bnutils.practice.exercises.raising import is_unwritten, where_raised
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.task import Probe, Slip, Twinned
from bnutils.practice.exercises.telling import (
    Outcome,
    described,
    first_difference,
    is_empty,
    matches,
    wrong_form,
)
from bnutils.practice.exercises.values import copied, unchanged, values

OVERWRITTEN = (
    "The values are right, but what is given is overwritten: make new values, without `-=`."
)
Twins = dict[tuple[int, tuple[Slip, ...]], Outcome]  # by probe and slips
KEPT_IN_PLACE = 0.75  # of the points, where the input was overwritten and the values are right


@dataclass(frozen=True)
class Task(Twinned):
    """Judged by its twin: the slip, or pair of slips, that gives the same outputs is named."""

    def judge(self, answer: Any, seed: str = "public") -> Report:
        return judge(self, answer, seed)


def judge(task: Twinned, answer: Any, seed: str) -> Report:
    """The report on an answer for the probes of a seed."""
    if answer is None or answer is Ellipsis or not callable(answer):
        return task.report("empty", [f"`{task.answer}` is no function yet."])
    with np.errstate(all="ignore"), torch.random.fork_rng(devices=[]):
        probes, truths, twins = prepared(task, seed)
        outcomes = [run(task, answer, probe) for probe in probes]
        if all(is_empty(outcome) for outcome in outcomes):
            return _nothing(task, answer, outcomes)
        if all(map(matches, probes, outcomes, truths, truths)):
            if not any(outcome.changed for outcome in outcomes):
                return task.report("right", [], share=1.0)
            return task.report("changed", [OVERWRITTEN], share=KEPT_IN_PLACE)
        slips = find_slips(task, probes, outcomes, truths, twins)
    symptom = first_difference(task, probes, outcomes, truths)
    if slips:
        share = prod(slip.keeps for slip in slips)
        says = [slip.says for slip in slips]
        found, see = [slip.key for slip in slips], [slip.see for slip in slips]
        return task.report("slips", says, share, found=found, see=see, symptom=symptom)
    raised = next((o for o in outcomes if o.error is not None), None)
    if raised is not None and raised.error is not None:
        place = probes[outcomes.index(raised)]
        says = [f"For {described(place)}: {where_raised(raised.error, answer)}"]
        return task.report("raised", says)
    status = "shape" if wrong_form(outcomes, truths) else "unknown"
    return task.report(status, symptom)


def _nothing(task: Twinned, answer: Any, outcomes: list[Outcome]) -> Report:
    """The report where nothing is returned: by a stub, by work in place, or by oversight."""
    if is_unwritten(answer) or any(outcome.error for outcome in outcomes):
        return task.report("empty", [f"`{task.answer}` is not written yet."])
    if any(outcome.changed for outcome in outcomes):
        told = "It changes what it is given and returns nothing. Leave that as it is, and return "
        return task.report("changed", [f"{told}new values: `return {', '.join(task.returns)}`."])
    told = f"It returns nothing: end with `return {', '.join(task.returns)}`."
    return task.report("shape", [told])


def run(task: Twinned, function: Any, probe: Probe) -> Outcome:
    args = copied(probe.args)
    try:
        result = function(*args)
        if result is not None and result is not NotImplemented and task.adapt is not None:
            result = task.adapt(result, *copied(probe.args))
    except Exception as error:
        return Outcome(error=error)
    return Outcome(values(result, len(task.returns)), changed=not unchanged(args, probe.args))


@lru_cache(maxsize=64)
def prepared(task: Twinned, seed: str) -> tuple[tuple[Probe, ...], list[Outcome], Twins]:
    """The probes of a seed, the truths, and what the twin gave so far: the next answer needs it."""
    probes = task.probes(task.generator(seed))
    return probes, [_truth(task, probe) for probe in probes], {}


def find_slips(
    task: Twinned, probes: tuple[Probe, ...], outcomes: list[Outcome], truths: list[Outcome],
    twins: Twins,
) -> tuple[Slip, ...]:  # fmt: skip
    """One slip, or else two, that give the same on all probes; none where no two do."""

    def twin(place: int, slips: tuple[Slip, ...]) -> Outcome:
        if (place, slips) not in twins:
            twins[place, slips] = twin_outcome(task, probes[place], slips)
        return twins[place, slips]

    singles: Iterable[tuple[Slip, ...]] = [(slip,) for slip in task.slips]
    for slips in itertools.chain(singles, itertools.combinations(task.slips, 2)):
        given = (twin(place, slips) for place in range(len(probes)))
        if all(map(matches, probes, outcomes, given, truths)):
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
