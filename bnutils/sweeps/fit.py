"""Train one architecture with several seeds: the smallest experiment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

from torch import nn

from bnutils.sweeps._engine.seed_data import Data
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.sweep import grid
from bnutils.training.curves import Runs
from bnutils.training.measures import Measures
from bnutils.training.recipe import Recipe


def fit(
    build: Callable[[int], nn.Sequential],
    dataset: Data,
    recipe: Recipe,
    *,
    lrs: Iterable[float],
    seeds: Iterable[int] = range(5),
    jobs: int | None = None,
    measure: Measures = MappingProxyType({}),
) -> Runs:
    """Train ``build(seed)`` for every learning rate and seed; the trained networks are kept.

    Nothing is stored. The networks are dealt over ``jobs`` processes, by default all cores, and
    each process trains its share side by side as one wide network where that is faster, the
    rest one by one. ``BNUTILS_JOBS=1`` keeps everything in this process. ``dataset`` may be a
    function from a seed to a data set, and ``measure`` names functions, both as in `grid`.
    A network that comes back computes what the trained one did. Raises RunFailed where a training
    raised an error, and ValueError or TypeError for settings of another kind.
    """
    arms, once = {"": build}, MemoryStore()
    sweep = grid(arms, dataset, recipe, lrs=lrs, seeds=seeds, keep_networks=True, measure=measure)
    return sweep.run(once, jobs=jobs).of("")
