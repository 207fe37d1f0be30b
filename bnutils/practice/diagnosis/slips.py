"""What evaluation should compute from numbers that were set, and what it does after a slip."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bnutils.practice.diagnosis.bench import root
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject


@dataclass(frozen=True)
class Setting:
    """What the layer holds, [C] each: γ, β, running mean and variance; and ε as it was measured."""

    gamma: Numbers
    beta: Numbers
    mean: Numbers
    var: Numbers
    eps: float
    kind: str

    def output(self, x: Numbers) -> Numbers:
        divisor = root(self.var, self.eps, self.kind)
        return np.asarray(self.gamma * (x - self.mean) / divisor + self.beta)


def slips(held: Setting, eps: float | None) -> Iterator[tuple[set[str], Setting]]:
    """Settings that a slip amounts to, with its names: fewest slips first."""
    gammas = [("", held.gamma), ("evaluation-gamma", np.ones_like(held.gamma))]
    betas = [("", held.beta), ("evaluation-beta", 0 * held.beta)]
    betas += [("", held.beta / held.gamma)]  # right, where training multiplies β by γ
    betas += [("evaluation-beta", held.gamma * held.beta)]
    means = [("", held.mean), ("evaluation-mean", 0 * held.mean)]
    other = (np.sqrt(held.var), held.var**2, 1 / held.var, np.ones_like(held.var))
    spreads = [("", held.var)] + [("evaluation-variance", values) for values in other]
    own = "" if eps is None else "evaluation-eps"
    epsilons = [("", held.eps), (own, 0.0), (own, 1e-5), (own, 1e-3), (own, -held.eps)]
    kinds = [("", held.kind), (own, "outside"), (own, "inside")]
    every = itertools.product(gammas, betas, means, spreads, epsilons, kinds)
    for parts in sorted(every, key=lambda parts: sum(bool(name) for name, _ in parts)):
        names = {name for name, _ in parts if name}
        if "evaluation-variance" in names:
            names -= {"evaluation-eps"}
        yield names, Setting(*(value for _, value in parts))


def debiased(held: Setting, alpha: float) -> Setting:
    """With averages that started at 0, and are divided by what one batch weighs in them."""
    return replace(held, mean=held.mean / alpha, var=held.var / alpha)


def explain(
    layer: Subject, held: Setting, x: Numbers, y: Numbers, eps: float | None
) -> set[str] | None:
    """The fewest slips that give these outputs; None where none do."""
    given = (names for names, setting in slips(held, eps) if layer.same(y, setting.output(x)))
    return next(given, None)
