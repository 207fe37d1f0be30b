"""Choose, then measure: learning rates are chosen with some seeds, and measured with others."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from torch import nn

from bnutils.data.dataset import Dataset
from bnutils.sweeps._engine.seed_data import Data
from bnutils.sweeps._store.folder import default_store
from bnutils.sweeps._store.store import Store
from bnutils.sweeps.ladders import MOST_LONGER, grow
from bnutils.sweeps.results import Results
from bnutils.sweeps.sweep import Rates, Sweep, grid
from bnutils.training.checking import several
from bnutils.training.curves import DoubtfulChoice, Runs
from bnutils.training.measures import Measures
from bnutils.training.recipe import Recipe

SELECTION = (0, 1, 2)  # seeds that choose
EVIDENCE = tuple(range(100, 108))  # seeds that measure
MORE_EVIDENCE = tuple(range(100, 116))  # where an interval ends near the reference
GUESSING = 0.05  # better than one in as many as there are classes: no more is still a guess

Place = tuple[str, Recipe]  # an arm and a recipe, which have a learning rate of their own


@dataclass(frozen=True)
class Tuning:
    """Arms and recipes whose learning rates ``run`` chooses, and then measures; see `tuned`."""

    arms: Mapping[str, Callable[[int], nn.Sequential]]
    dataset: Data
    recipes: tuple[Recipe, ...]
    ladders: Mapping[Place, tuple[float, ...]]
    selection: tuple[int, ...]
    seeds: tuple[int, ...]
    keep_networks: bool = False
    on: str = "validation_accuracy"
    measure: Measures = field(default_factory=dict)

    def run(
        self, store: Store | None = None, jobs: int | None = None, backend: str | None = None
    ) -> Results:
        """Choose and measure. Takes, gives and raises what `Sweep.run` does.

        Warns, with EdgeOfGrid, of a best rate that stayed the smallest or largest tried; not of one
        at which the networks only guess, as at all others.
        """
        store = default_store() if store is None else store
        choices = self._choices(lambda sweep: sweep.run(store, jobs, backend))
        rates = {
            place: self._best(runs) if self._guesses(runs) else runs.best(self.on).lrs[0]
            for place, runs in choices.items()
        }
        settings = grid(
            self.arms,
            self.dataset,
            self.recipes,
            lrs=lambda arm, recipe: [rates[arm, recipe]],
            seeds=self.seeds,
            keep_networks=self.keep_networks,
            measure=self.measure,
        )
        return replace(settings.run(store, jobs, backend), choices=choices)

    def _choices(self, train: Callable[[Sweep], Results]) -> dict[Place, Runs]:
        """The runs that each place chooses from: its ladder, longer where its best is an end."""
        ladders = {place: sorted(ladder) for place, ladder in self.ladders.items()}
        # For the choice networks are measured at the end alone, and on no test set.
        short = {place: replace(place[1], points=1, test=False) for place in ladders}
        for left in reversed(range(MOST_LONGER + 1)):
            rates: dict[Place, set[float]] = {}
            for place, ladder in ladders.items():
                rates.setdefault((place[0], short[place]), set()).update(ladder)
            results = train(
                grid(
                    self.arms,
                    self.dataset,
                    dict.fromkeys(short.values()),
                    lrs=lambda arm, recipe, rates=rates: sorted(rates[arm, recipe]),  # type: ignore[misc]
                    seeds=self.selection,
                )
            )
            chosen = {each: results.of(each[0], **vars(each[1])) for each in rates}
            found = {place: chosen[place[0], short[place]] for place in ladders}
            grown = [place for place in ladders if grow(ladders[place], self._best(found[place]))]
            if not grown or not left:
                break
        return found

    @cached_property
    def _classes(self) -> int:
        data = self.dataset
        return len((data if isinstance(data, Dataset) else data(self.selection[0])).classes)

    def _guesses(self, runs: Runs) -> bool:
        """Whether the networks do no better than guessing at any rate: none is the best then."""
        ends = runs.validation_accuracy[:, :, -1].mean(axis=1)  # [L]
        return bool(ends.max() < 1 / self._classes + GUESSING)

    def _best(self, runs: Runs) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DoubtfulChoice)
            return runs.best(self.on).lrs[0]


def tuned(
    arms: Mapping[str, Callable[[int], nn.Sequential]],
    dataset: Data,
    recipes: Recipe | Iterable[Recipe],
    *,
    lrs: Rates,
    selection: Iterable[int] = SELECTION,
    seeds: Iterable[int] = EVIDENCE,
    keep_networks: bool = False,
    on: str = "validation_accuracy",
    measure: Measures = MappingProxyType({}),
) -> Tuning:
    """Every arm and recipe at the best of its learning rates, measured on seeds of their own.

    The ``selection`` seeds choose, by the measurement ``on`` of `Runs.best`, and the ``seeds`` are
    the evidence: no run is both. A ladder ``lrs`` of two rates or more grows by its own steps
    until its best rate is inside. The rest is as in `grid`.
    Raises what `grid` does, and ValueError for a seed that would be both.
    """
    choosing, measuring = tuple(selection), tuple(seeds)
    if both := sorted({*choosing} & {*measuring}):
        raise ValueError(f"the seeds {both} would choose a rate and measure it; give others")
    sweep = grid(arms, dataset, recipes, lrs=lrs, seeds=measuring, measure=measure)
    ladders: dict[Place, tuple[float, ...]] = {}
    for setting in sweep.settings:
        place = setting.arm, setting.recipe
        ladders[place] = (*ladders.get(place, ()), setting.lr)
    return Tuning(
        arms=arms,
        dataset=dataset,
        recipes=tuple(dict.fromkeys(recipe for _, recipe in ladders)),
        ladders=ladders,
        selection=tuple(several("selection", choosing, "selection=(0, 1, 2)")),
        seeds=measuring,
        keep_networks=keep_networks,
        on=on,
        measure=sweep.measure,
    )
