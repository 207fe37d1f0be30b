"""Sweeps: a declared grid of settings and seeds, trained once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from torch import nn

from bnutils.sweeps._backends.backends import chosen_backend, chosen_jobs, open_pool
from bnutils.sweeps._backends.sendable import check_sendable
from bnutils.sweeps._engine.execution import Execution
from bnutils.sweeps._engine.planning import PlannedRun, Setting, grouped, planned_runs
from bnutils.sweeps._engine.progress import progress
from bnutils.sweeps._engine.seed_data import Data, check_data
from bnutils.sweeps._engine.tasks import Tasks, trainer
from bnutils.sweeps._store.folder import default_store
from bnutils.sweeps._store.record import Record
from bnutils.sweeps._store.store import MemoryStore as MemoryStore
from bnutils.sweeps._store.store import Store
from bnutils.sweeps.results import Results
from bnutils.training.checking import real_number, several, whole_number
from bnutils.training.measures import Measures, check_measures
from bnutils.training.recipe import Recipe

Rates = Iterable[float] | Callable[[str, Recipe], Iterable[float]]


@dataclass(frozen=True)
class Sweep:
    """All runs of ``settings`` × ``seeds``, to be trained by ``run``.

    ``dataset`` is one for all, or a function from a seed to its own.
    """

    settings: tuple[Setting, ...]
    dataset: Data
    seeds: tuple[int, ...]
    keep_networks: bool = False
    measure: Measures = field(default_factory=dict)

    def run(
        self, store: Store | None = None, jobs: int | None = None, backend: str | None = None
    ) -> Results:
        """Train what the store does not have, and return everything.

        Each run is stored as soon as its group is finished: after an interruption only the rest
        is trained. A run that raises an error is kept as failed, with the reason, and is tried
        again by the next call; the others go on. ``store`` is by default the folder in
        BNUTILS_RUNS, ``jobs``, the number of processes, BNUTILS_JOBS or all cores, ``backend``
        BNUTILS_BACKEND or "local"; it may be "dask" or "ray", on the cluster at the address in
        BNUTILS_CLUSTER or on processes of this machine.
        Raises TypeError where a network's code refers to what has no content to compare, or what
        cannot be sent to another process,
        ValueError for an unknown backend or number of processes, StoreError where the store
        cannot be written.
        """
        name, store = chosen_backend(backend), default_store() if store is None else store
        runs = planned_runs(self.settings, self.dataset, self.seeds, self.measure)
        records = {
            run.key: record
            for run in runs
            if (record := store.get(run.key, self.keep_networks)) and record.measured
        }
        if any(run.key not in records for run in runs):
            self._train(runs, records, store, name, chosen_jobs(jobs))
        return Results(tuple(runs), tuple(records[run.key] for run in runs), self.dataset)

    def _train(
        self,
        runs: Sequence[PlannedRun],
        records: dict[str, Record],
        store: Store,
        backend: str,
        jobs: int,
    ) -> None:
        tasks = Tasks(self.dataset, self.keep_networks, self.measure)
        with open_pool(backend, jobs, tasks.shared) as pool:
            groups = grouped(runs, pool.jobs)
            missing = [left for group in groups if (left := group.without(records))]
            if not pool.here:
                builds = {setting.build for setting in self.settings}
                check_sendable([trainer(pool), *builds, *self.measure.values()])
            with progress(missing) as shown:
                Execution(
                    store=store,
                    keep_networks=self.keep_networks,
                    tasks=tasks,
                    pool=pool,
                    progress=shown,
                    records=records,
                ).finish(missing)


def grid(
    arms: Mapping[str, Callable[[int], nn.Sequential]],
    dataset: Data,
    recipes: Recipe | Iterable[Recipe],
    *,
    lrs: Rates,
    seeds: Iterable[int] = range(5),
    keep_networks: bool = False,
    measure: Measures = MappingProxyType({}),
) -> Sweep:
    """Every arm with every recipe, learning rate and seed.

    ``arms`` maps labels to functions from a seed to a network; ``lrs`` may be a function of label
    and recipe. ``dataset`` may be a function from a seed to the data set of all its runs, as in
    ``lambda seed: data.resampled(seed, train=256)``. ``keep_networks`` makes the trained networks
    part of the results. ``measure`` maps names to functions of a network and its data set: at each
    evaluation step they are called on a copy of every network, as `Watch` does, and what they
    return, a number or an array of one shape, is in ``Runs.measured``.
    Raises ValueError where any of them is empty or of another kind, TypeError for a network in
    place of a function.
    """
    check_data(dataset)
    _check_arms(arms)
    measures = check_measures(measure)
    several_recipes = several(
        "recipes", [recipes] if isinstance(recipes, Recipe) else recipes, "Recipe(steps=1000)"
    )
    for recipe in several_recipes:
        if not isinstance(recipe, Recipe):
            raise TypeError(f"{recipe!r} is no recipe; give Recipe(steps=1000), say")
    fixed = None if callable(lrs) else several("lrs", lrs, "lrs=[0.1, 0.3]")
    settings = [
        Setting(arm, build, recipe, real_number("a learning rate", lr, 0))
        for arm, build in arms.items()
        for recipe in several_recipes
        for lr in fixed or several("lrs", lrs(arm, recipe), "lrs=[0.1, 0.3]")  # type: ignore[operator]
    ]
    whole = [whole_number("a seed", seed, 0) for seed in several("seeds", seeds, "seeds=range(5)")]
    return Sweep(tuple(dict.fromkeys(settings)), dataset, tuple(whole), keep_networks, measures)


def _check_arms(arms: Any) -> None:
    if not isinstance(arms, Mapping) or not arms:
        raise ValueError(f'arms is {arms!r}; give labels with functions, as in {{"BN": build}}')
    for arm, build in arms.items():
        if isinstance(build, nn.Module) or not callable(build):
            raise TypeError(
                f"{arm!r} is {type(build).__name__}; give a function that makes a new network from "
                "a seed, as in lambda seed: mlp([784, 100, 10], seed=seed)"
            )
