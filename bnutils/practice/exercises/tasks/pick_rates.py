"""Exercise 9: choosing a learning rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

CHOICE = "implementation/baseline#sec-baseline-lr"
RATES = (0.001, 0.01, 0.1, 1.0, 10.0)
CHANCE = 10.0


def table(draw: np.random.Generator, best: int) -> np.ndarray:
    """Accuracies [4 seeds, 5 rates]: every wrong way of choosing chooses a rate of its own."""
    columns = {
        "mean": (80, 80, 80, 80), "luckiest": (70, 70, 70, 93), "first seed": (88, 72, 72, 72),
        "runs that are left": (CHANCE, CHANCE, 85, CHANCE), "median": (82, 82, 60, 82),
    }  # fmt: skip
    others = draw.permutation([place for place in range(5) if place != best])
    runs = np.empty((4, 5))
    for place, column in zip([best, *others], columns.values(), strict=True):
        runs[:, place] = column
    return runs + np.where(runs > CHANCE, draw.uniform(0, 1, runs.shape), 0)


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    """Training and test set would choose other rates than the validation set."""

    def given(best: int) -> tuple[Any, ...]:
        train, test = draw.permutation([place for place in range(5) if place != best])[:2]
        return np.array(RATES), *(table(draw, place) for place in (train, best, test))

    return (
        Probe("a choice in the middle", given(2)), Probe("a choice at the upper edge", given(4)),
        Probe("a choice at the lower edge", given(0)),
        Probe("another choice in the middle", given(3)), Probe("a second rate", given(1)),
        Probe("the middle again", given(2)),
    )  # fmt: skip


def truth(rates: Any, train: Any, validation: Any, test: Any) -> tuple[Any, Any]:
    best = pd.DataFrame(validation, columns=rates).mean().idxmax()
    return best, bool(best in (rates[0], rates[-1]))


def twin(
    rates: Any, train: Any, validation: Any, test: Any, slips: Slips = frozenset()
) -> tuple[Any, Any]:
    runs = test if "on test" in slips else train if "on training" in slips else validation
    if "dropped" in slips:
        runs = np.where(runs < 2 * CHANCE, np.nan, runs)
    scores = np.nanmean(runs, axis=1 if "over rates" in slips else 0)
    if "luckiest" in slips:
        scores = np.nanmax(runs, axis=0)
    elif "first seed" in slips:
        scores = runs[0]
    elif "median" in slips:
        scores = np.nanmedian(runs, axis=0)
    index = int(np.nanargmax(scores))
    index = 0 if "smallest" in slips else 1 if "fixed" in slips else index
    last = len(rates) - 1
    edges = () if "no edge" in slips else (last,) if "upper edge" in slips else (0, last)
    return index if "index" in slips else rates[index], index in edges


TASK = Task(
    key="pick_rates",
    title="Choose a learning rate",
    answer="pick_rates",
    hints=(
        "Which of the three parts may a choice look at?",
        "Average over the seeds, also over those that diverged, and take the largest mean.",
        "A best rate that is the first or the last may not be the best there is: report it.",
    ),
    see=CHOICE, points=4, minutes=15, returns=("rate", "at_edge"), truth=truth, twin=twin,
    probes=probes,
    slips=(
        Slip("on test", "Chosen by the test set: its accuracy is then no estimate for new images.",
             "implementation/data#sec-data-parts", 0.25),
        Slip("on training", "Chosen by the training set, which the network has learned by heart.",
             "implementation/data#sec-data-parts"),
        Slip("luckiest", "Chosen by the best run of each rate: that rewards luck.", CHOICE),
        Slip("first seed", "Chosen by the first seed alone; average over all.", CHOICE),
        Slip("dropped", "Runs that diverged were left out: a rate at which most runs fail then "
             "looks good.", CHOICE),
        Slip("no edge", "The best rate is the first or last one that was tried, and that is not "
             "reported.", "experiments/bounds#sec-bnd-lr"),
        Slip("upper edge", "The first rate is an edge too, and is not reported as one.",
             "experiments/bounds#sec-bnd-lr", 0.75),
        Slip("index", "That is the place of the rate among those that were tried: give "
             "`rates[place]`.", CHOICE, 0.75),
        Slip("over rates", "Averaged over the rates, one number for each seed: average over the "
             "seeds, dimension 0.", CHOICE),
        Slip("fixed", "The rate is 0.01, whatever was measured.", CHOICE),
        Slip("smallest", "The smallest rate is taken, whatever was measured.", CHOICE),
        Slip("median", "Chosen by the median, which does not see runs that failed.", CHOICE,
             0.75),
    ),
)  # fmt: skip
