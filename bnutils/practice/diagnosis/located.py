"""Which of the arrays that a layer holds are its running statistics, and what they average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnutils.practice.diagnosis.average import (
    MEANS,
    ROOT,
    VARIANCES,
    Average,
    Course,
    Statistic,
    fit,
    follow,
)
from bnutils.practice.diagnosis.bench import CLOSE, Bench


def find_averages(bench: Bench) -> tuple[Average | None, Average | None]:
    """Of mean and variance; where evaluation told not where they are, they are told by value."""
    facts, base = bench.facts, bench.base
    own = (facts.gamma, facts.beta)
    paths = [p for p, v in base.sized().items() if v.size == base.channels and p not in own]
    known = [path for path in (facts.mean, facts.var) if path is not None]
    course = follow(base, list(dict.fromkeys([*known, *paths])))
    if _exchanged(bench, course):
        facts.mean, facts.var = facts.var, facts.mean
    mean = _first(course, facts.mean, None, MEANS) if facts.mean else None
    if facts.mean is None:
        facts.mean, mean = _by_value(course, paths, MEANS, ("mean",))
    var = _first(course, facts.var, facts.mean, VARIANCES) if facts.var else None
    if facts.var and var is None:
        squares = replace(course, seen={p: [v**2 for v in vs] for p, vs in course.seen.items()})
        var = fit(squares, facts.var, None, ROOT, VARIANCES["variance"])
    if facts.var is None:
        facts.var, var = _by_value(course, paths, VARIANCES, ("variance", "standard deviation"))
    return mean, var


def _first(
    course: Course, path: str, mean: str | None, kinds: dict[str, Statistic]
) -> Average | None:
    fits = (fit(course, path, mean, kind, statistic) for kind, statistic in kinds.items())
    return next((average for average in fits if average is not None), None)


def _by_value(
    course: Course, paths: list[str], kinds: dict[str, Statistic], wanted: tuple[str, ...]
) -> tuple[str | None, Average | None]:
    """The path that averages a wanted statistic, other than taking it over as it is."""
    for path in paths:
        for kind in wanted:
            average = fit(course, path, None, kind, kinds[kind])
            if average and average.steady and 1e-6 < average.alpha < 1 - CLOSE:
                return path, average
    return None, None


def _exchanged(bench: Bench, course: Course) -> bool:
    """Whether evaluation takes each of the two for the other, as what they start at tells."""
    held, mean, var = bench.start.held(), str(bench.facts.mean), str(bench.facts.var)
    if mean not in held or var not in held or not bench.is_new():
        return False
    started = np.allclose(held[mean], 1) and np.allclose(held[var], 0)
    spread, centre = VARIANCES["variance"], MEANS["mean"]
    fits = fit(course, mean, None, "", spread), fit(course, var, None, "", centre)
    return started and None not in fits
