"""What a pool is given to train a group, in this process or another.

What goes to another process and comes back is plain data: in a notebook the classes of this
library are not importable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset, Part
from bnutils.sweeps._backends.pool import Pool
from bnutils.sweeps._engine.group import train_group
from bnutils.sweeps._engine.planning import Group
from bnutils.sweeps._engine.seed_data import Content, Data, dataset_of
from bnutils.training.measures import Measures
from bnutils.training.recipe import Recipe


class Tasks:
    """Makes of a group the arguments with which `trainer` trains it.

    Data sets of seeds are made as tasks are asked for, and only those of the last are held.
    ``shared`` are the arrays that come with every task, none where each seed has its own.
    """

    def __init__(self, data: Data, keep_networks: bool, measure: Measures) -> None:
        self._data, self._rest = data, (keep_networks, measure)
        self._made: dict[Content, Dataset] = {}
        self.shared = _arrays([data]) if isinstance(data, Dataset) else []

    def task(self, pool: Pool, number: int, group: Group) -> tuple[Any, ...]:
        """The arguments for a group, of which its number is part."""
        build, recipe = group.runs[0].setting.build, group.runs[0].setting.recipe
        replicas = [(run.setting.lr, run.seed) for run in group.runs]
        own = (number, build, recipe, replicas, *self._rest)
        self._make({run.content: run.seed for run in group.runs})
        if pool.here:
            return {run.seed: self._made[run.content] for run in group.runs}, *own
        names = ("name", "classes", "scale", "stratified")
        about = [{name: getattr(made, name) for name in names} for made in self._made.values()]
        order = list(self._made)
        places = {run.seed: order.index(run.content) for run in group.runs}
        arrays = self.shared or _arrays(self._made.values())
        return about, places, pool.threads, own, *arrays

    def _make(self, seeds: Mapping[Content, int]) -> None:
        """Have the data sets of these seeds, and no others."""
        self._made = {content: made for content, made in self._made.items() if content in seeds}
        for content, seed in seeds.items():
            if content not in self._made:
                self._made[content] = dataset_of(self._data, seed, content)


def _arrays(datasets: Iterable[Dataset]) -> list[np.ndarray]:
    """The tensors of data sets in the order of `train_elsewhere`; a shared one is one array."""
    tensors: list[Tensor] = []
    for each in datasets:
        for part in (each.train, each.validation, each.test):
            tensors += (part.images, part.labels)
        tensors += (each.mean, each.std)
    arrays = {id(tensor): tensor.numpy() for tensor in tensors}
    return [arrays[id(tensor)] for tensor in tensors]


def trainer(pool: Pool) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """What trains a group in a pool."""
    return train_numbered if pool.here else train_elsewhere


def train_numbered(
    data: Mapping[int, Dataset],
    number: int,
    build: Callable[[int], nn.Sequential],
    recipe: Recipe,
    replicas: Sequence[tuple[float, int]],
    keep_networks: bool,
    measure: Measures,
) -> tuple[int, list[dict[str, Any]]]:
    """``number`` and what `train_group` gives: results may arrive in any order."""
    return number, train_group(build, data, recipe, replicas, keep_networks, measure)


def train_elsewhere(
    about: Sequence[Mapping[str, Any]],
    places: Mapping[int, int],
    threads: int,
    task: tuple[Any, ...],
    *arrays: np.ndarray,
) -> tuple[int, list[dict[str, Any]]]:
    """`train_numbered` on ``threads`` threads of torch, with data sets taken apart.

    ``places`` tells which of them is that of a seed.
    """
    torch.set_num_threads(threads)
    # torch warns of arrays that cannot be written to, which is how some backends deliver them.
    tensors = [torch.from_numpy(a if a.flags.writeable else a.copy()) for a in arrays]
    made = []
    for words in about:
        own, tensors = tensors[:8], tensors[8:]
        train, validation, test = map(Part, own[0:6:2], own[1:6:2])
        rest = {"mean": own[6], "std": own[7], **words}
        made.append(Dataset(train=train, validation=validation, test=test, **rest))
    return train_numbered({seed: made[place] for seed, place in places.items()}, *task)
