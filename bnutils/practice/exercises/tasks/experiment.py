"""Exercise 14: a training script with two bugs of experiment, to be found and mended."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.script import BUGS, source
from bnutils.practice.exercises.task import Probe, Slip, Slips


@cache
def program(bugs: Slips) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source(bugs), "<experiment>", "exec"), names)
    return names["experiment"]


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    """Classes that can be told; the test set lies elsewhere, and has other labels: what is learned
    well is wrong there, so that it matters which part chooses the rate. The first probe is one
    step, soon done, and leaves few slips for the second.
    """

    def part(n: int, shift: float, labels: int) -> tuple[torch.Tensor, torch.Tensor]:
        y = np.arange(n) % 3
        x = 3 * draw.normal(size=(n, 8)) + 5 + shift
        x[np.arange(n), y] += 8
        return torch.tensor(x, dtype=torch.float32), torch.tensor((y + labels) % 3)

    places = {"train": (48, 0.0, 0), "validation": (24, 0.0, 0), "test": (24, 2.0, 1)}
    data = SimpleNamespace()
    for name, place in places.items():
        x, y = part(*place)
        setattr(data, f"{name}_x", x)
        setattr(data, f"{name}_y", y)
    return tuple(
        Probe(name, (data, rates, sizes, 1), rtol=3e-4, atol=3e-5)
        for name, rates, sizes in (
            ("one step", (0.5,), (48,)), ("a small data set", (0.01, 0.5), (8, 24)),
        )
    )  # fmt: skip


def twin(data: Any, rates: Any, sizes: Any, seed: int, slips: Slips = frozenset()) -> Any:
    return np.array(program(slips)(data, rates, sizes, seed))


@dataclass(frozen=True)
class Experiment(Task):
    """A script with two bugs, which are drawn from the student's number; as given it earns 0."""

    def source(self, student: str = "public") -> str:
        """The script to mend."""
        return source(self.bugs(student))

    def bugs(self, student: str = "public") -> Slips:
        """Two of which neither hides the other: without `eval` no scaling of the test shows."""
        pairs = map(frozenset, itertools.combinations(sorted(BUGS), 2))
        seen = [pair for pair in pairs if pair != {"no eval", "other scaling"}]
        return seen[self.generator(f"{student}/bugs").integers(len(seen))]

    def judge(self, answer: Any, seed: str = "public") -> Report:
        report = super().judge(answer, seed)
        return self._told(report) if len(report.found) > 1 else report

    def _told(self, report: Report) -> Report:
        """Of bugs that are as they were only how many; each costs half, one mended in part less."""
        left = [slip for slip in self.slips if slip.key in report.found]
        says = [slip.says for slip in left if slip.key not in BUGS]
        whole = len(left) - len(says)
        if whole:
            says.append(f"{NUMBERS[whole]} left as it was given. {LOOK}")
        points = round(self.points * (1 - sum(1 - slip.keeps for slip in left)), 1)
        return replace(report, points=points, says=tuple(says), see=(self.see,))


COMPARE = "implementation/comparison#sec-comparison-training"
ENDS = "experiments/placement#sec-place-ends"
NUMBERS = {1: "Another bug is", 2: "Two bugs are there, and none is mended: the script is"}
LOOK = (
    "Read it as an experiment: ask of each number that it returns what was done to get it. Where "
    "one bug is mended, the other is named."
)
TASK = Experiment(
    key="experiment",
    title="Mend an experiment",
    answer="experiment",
    hints=(
        "For each number ask which samples it has seen, and in which mode the network was.",
        "Follow one sample of the test set: what is done to it before the loss is computed? What "
        "does `cross_entropy` expect of the last layer?",
        "What does a network know before its training begins, and what is the rate chosen by?",
    ),
    see=COMPARE, points=6, minutes=25, returns=("results",), truth=twin, twin=twin, probes=probes,
    slips=(
        Slip("no eval", "The losses are taken in training mode: call `net.eval()` before.",
             "implementation/mistakes#sec-mis-first"),
        Slip("carried on", "The network goes on from the last setting: make a new one for each.",
             COMPARE),
        Slip("other scaling", "The test set is scaled by its own mean and spread: take those of "
             "the training set.", "implementation/data#sec-data-preprocessing"),
        Slip("after softmax", "The network ends with a softmax and a normalization: "
             "`cross_entropy` takes the outputs of the last linear layer.",
             ENDS),
        Slip("rate to rate", "A new network for each batch size, but it goes on from rate to rate: "
             "make a new one for each rate.", COMPARE, 0.75),
        Slip("softmax left", "The network still ends with a softmax, which `cross_entropy` applies "
             "again.", ENDS, 0.75),
        Slip("exchanged", "The normalization stands before the softmax: neither belongs there, "
             "`cross_entropy` takes the outputs of the last linear layer.", ENDS, 0.75),
        Slip("normalization left", "The outputs of the last linear layer are still normalized: "
             "`cross_entropy` takes them as they are.", ENDS, 0.75),
        Slip("on test", "The rate is chosen by the test set; choose it by the validation set.",
             "implementation/data#sec-data-parts"),
    ),
)  # fmt: skip
