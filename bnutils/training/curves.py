"""What trainings measured at all learning rates and seeds together, and the choice of a rate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import nn

from bnutils.training.run import CURVES, Curves, Run

TESTED = ("test_loss", "test_accuracy")
SELECTABLE = ("validation_accuracy", "validation_loss")


class DoubtfulChoice(UserWarning):
    """A learning rate was chosen that may not be the best one there is."""


class EdgeOfGrid(DoubtfulChoice):
    """The best learning rate is the smallest or largest that was tried: give a wider range."""


@dataclass(frozen=True, kw_only=True)
class Runs(Curves):
    """What was measured of L learning rates × S seeds.

    ``tested`` has the losses and accuracies [L, S] on the test set, and is empty where the recipe
    did not ask for them. ``nets`` holds the trained networks, L rows of S, and is empty where
    they were not kept. ``tried`` are the learning rates that `best` chose from, empty before.
    """

    lrs: tuple[float, ...]
    seeds: tuple[int, ...]
    tested: tuple[np.ndarray, ...]
    nets: tuple[tuple[nn.Sequential, ...], ...]
    tried: tuple[float, ...] = ()

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Runs:
        """Gather runs of one recipe, all seeds at every learning rate.

        Raises ValueError where a learning rate lacks a seed.
        """
        lrs = tuple(dict.fromkeys(run.lr for run in runs))
        seeds = tuple(dict.fromkeys(run.seed for run in runs))
        by_key = {(run.lr, run.seed): run for run in runs}
        missing = [(lr, seed) for lr in lrs for seed in seeds if (lr, seed) not in by_key]
        if not runs or missing:
            raise ValueError(f"every learning rate needs every seed; missing (lr, seed): {missing}")
        rows = [[by_key[lr, seed] for seed in seeds] for lr in lrs]

        def grid(name: str) -> np.ndarray:
            return np.array([[getattr(run, name) for run in row] for row in rows])

        def taken(name: str) -> np.ndarray:
            shapes = {run.measured[name].shape[1:] for run in runs}
            if len(shapes) > 1:
                raise ValueError(f"measure {name!r} gave different shapes for runs: {shapes}")
            return np.array([[run.measured[name] for run in row] for row in rows])

        tested = tuple(map(grid, TESTED))
        kept = [tuple(run.network for run in row if run.network is not None) for row in rows]
        return cls(
            lrs=lrs,
            seeds=seeds,
            batch_size=runs[0].batch_size,
            steps=runs[0].steps,
            seconds=sum(run.seconds for run in runs),
            nets=tuple(kept) if all(len(row) == len(seeds) for row in kept) else (),
            tested=() if np.isnan(tested[1]).all() else tested,
            tried=(),
            measured={name: taken(name) for name in runs[0].measured},
            **{name: grid(name) for name in CURVES},
        )

    def at(self, lr: float) -> Runs:
        """The runs of one learning rate; raises ValueError where it was not among ``lrs``.

        ``seconds`` stays that of all learning rates: what the choice cost.
        """
        if lr not in self.lrs:
            raise ValueError(f"no run has lr {lr}; there are {', '.join(map(str, self.lrs))}")
        i = self.lrs.index(lr)
        chosen = {name: getattr(self, name)[i : i + 1] for name in (*CURVES, "nets")}
        tested = tuple(values[i : i + 1] for values in self.tested)
        measured = {name: values[i : i + 1] for name, values in self.measured.items()}
        return replace(self, lrs=(lr,), tested=tested, measured=measured, **chosen)

    @property
    def test_loss(self) -> np.ndarray:
        """Losses [L, S] on the test set; raises ValueError where it was not measured."""
        return self._tested()[0]

    @property
    def test_accuracy(self) -> np.ndarray:
        """Shares [L, S] of the test set; raises ValueError where it was not measured."""
        return self._tested()[1]

    def _tested(self) -> tuple[np.ndarray, ...]:
        if not self.tested:
            raise ValueError("the test set was not measured; ask for it with Recipe(test=True)")
        return self.tested

    def best(self, on: str = "validation_accuracy") -> Runs:
        """The runs of the learning rate with the best mean validation accuracy at the end.

        ``on`` may be ``validation_loss`` instead. Of equal learning rates the smallest wins; one
        with an undefined mean never does, unless all are. Warns, with DoubtfulChoice, where all
        runs diverged, and with EdgeOfGrid where the best lies `at_edge`: a better one may lie
        beyond.
        Raises ValueError for any other measurement: the test set has no part in a choice.
        """
        if on not in SELECTABLE:
            raise ValueError(
                f"learning rates are selected on {' or '.join(SELECTABLE)}, not on {on!r}: a part "
                f"that takes part in the choice says nothing new about it afterwards"
            )
        sign = -1 if on.endswith("loss") else 1
        score = sign * getattr(self, on)[:, :, -1].mean(axis=1)  # [L]
        score = np.where(np.isnan(score), -np.inf, score)
        lr = min(lr for lr, s in zip(self.lrs, score, strict=True) if s == score.max())
        chosen = replace(self.at(lr), tried=self.lrs)
        rates = ", ".join(f"{each:g}" for each in sorted(self.lrs))
        ends = self.train_loss[:, :, -1] + self.validation_loss[:, :, -1]  # [L, S]
        if not np.isfinite(ends).any():
            words = f"all runs diverged, at the learning rates {rates}; try smaller ones"
            warnings.warn(words, DoubtfulChoice, stacklevel=2)
        elif chosen.at_edge:
            words = f"the best learning rate, {lr:g}, is at the edge of those tried, {rates}"
            warnings.warn(f"{words}; a better one may lie beyond it", EdgeOfGrid, stacklevel=2)
        return chosen

    @property
    def at_edge(self) -> bool:
        """Whether `best` chose the smallest or largest of several learning rates."""
        return len(self.tried) > 1 and self.lrs[0] in (min(self.tried), max(self.tried))
