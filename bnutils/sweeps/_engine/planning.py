"""Which runs a sweep consists of, what they are stored under, and which are trained together."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from torch import nn

from bnutils.sweeps._engine.seed_data import Content, Data, contents
from bnutils.sweeps._store.fingerprint import Digester
from bnutils.sweeps._store.sources import code_origin
from bnutils.training.loop import train_together
from bnutils.training.measures import Measures
from bnutils.training.recipe import Recipe
from bnutils.wide.together import most_together

UPDATE_OVERHEAD = 16  # an update costs about as much as that many samples of its batch
BYTES_TOGETHER = 2**29  # of the data sets of one group, all of which are there while it trains


class SameNetwork(UserWarning):
    """Functions under different labels do the same: perhaps one of them was meant otherwise."""


@dataclass(frozen=True)
class Setting:
    """One point of the grid: an arm, the network it builds from a seed, and how to train it.

    ``arm`` is a label; runs that differ in nothing else are the same.
    """

    arm: str
    build: Callable[[int], nn.Sequential]
    recipe: Recipe
    lr: float


@dataclass(frozen=True)
class PlannedRun:
    """A setting with a seed, the key of its run, and what the data set of the seed holds."""

    key: str
    setting: Setting
    seed: int
    content: Content


@dataclass(frozen=True)
class Group:
    """Runs of one architecture and recipe, on data sets of one size, trained side by side."""

    runs: tuple[PlannedRun, ...]

    @property
    def work(self) -> float:
        """What the group costs, compared with others."""
        recipe = self.runs[0].setting.recipe
        return len(self.runs) * recipe.steps * float(UPDATE_OVERHEAD + recipe.batch_size)

    def without(self, keys: Collection[str]) -> Group | None:
        """The group without some runs; None where none is left."""
        left = tuple(run for run in self.runs if run.key not in keys)
        return Group(left) if left else None


def planned_runs(
    settings: Sequence[Setting],
    data: Data,
    seeds: Sequence[int],
    measure: Measures = MappingProxyType({}),
) -> list[PlannedRun]:
    """All runs, setting by setting.

    A key is made of the data, the network's code, the recipe, the learning rate, the seed, the
    code that trains and measures, and the version of torch. Raises TypeError for a function that
    refers to what has no content to compare, and what `contents` raises. Warns, with SameNetwork,
    of two functions that build the same.
    """
    digester = Digester()
    firsts: dict[str, Setting] = {}
    for each in {id(setting.build): setting for setting in settings}.values():
        first = firsts.setdefault(digester.digest(each.build), each)
        if first is not each:
            warnings.warn(
                f"{first.arm!r} and {each.arm!r} build the same networks; a function made "
                "in a loop sees the last value: hand it over, as in lambda seed, width=width: ...",
                SameNetwork,
                stacklevel=3,
            )
    common = [train_together, code_origin("torch"), measure]
    found = contents(data, seeds)

    def planned(each: Setting, seed: int) -> PlannedRun:
        own = [found[seed].whole, each.build, each.recipe, each.lr, seed]
        return PlannedRun(digester.digest([*common, *own]), each, seed, found[seed])

    return [planned(each, seed) for each in settings for seed in seeds]


def grouped(runs: Iterable[PlannedRun], jobs: int) -> list[Group]:
    """The runs, each key once, in groups that are as wide as is fastest, the costliest first.

    Narrower where otherwise some of ``jobs`` processes had nothing to do. The groups depend on
    nothing else, so that the same sweep always trains the same runs side by side. Runs on one data
    set are together, and among equally costly groups those that begin with it follow each other.
    """
    once = {run.key: run for run in runs}
    contents = dict.fromkeys(run.content for run in once.values())
    place = {content: i for i, content in enumerate(contents)}
    alike: dict[tuple[tuple[int, ...], int, Recipe], list[PlannedRun]] = {}
    for run in sorted(once.values(), key=lambda run: place[run.content]):
        kind = run.content.lengths, id(run.setting.build), run.setting.recipe
        alike.setdefault(kind, []).append(run)
    share = math.ceil(len(once) / jobs)
    groups = []
    for members in alike.values():
        sets = {run.content for run in members}
        room = max(1, BYTES_TOGETHER // members[0].content.nbytes)  # for so many data sets
        width = most_together(members[0].setting.recipe.batch_size)
        count = max(math.ceil(len(members) / min(width, share)), math.ceil(len(sets) / room))
        cuts = [round(len(members) * i / count) for i in range(count + 1)]
        groups += [Group(tuple(members[a:b])) for a, b in pairwise(cuts)]
    return sorted(groups, key=lambda group: (-group.work, place[group.runs[0].content]))
