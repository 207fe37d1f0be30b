"""What a pool is given to train a group, in this process or another.

What goes to another process and comes back is plain data: in a notebook the classes of this
library are not importable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from bnutils.data.dataset import Dataset, Part
from bnutils.sweeps._backends.pool import Pool
from bnutils.sweeps._engine.group import train_group
from bnutils.sweeps._engine.planning import Group, PlannedRun
from bnutils.sweeps._engine.seed_data import Content, Data, dataset_of
from bnutils.training.recipe import Recipe


class Tasks:
    """Makes of a group the arguments with which `trainer` trains it.

    Data sets of seeds are made as tasks are asked for, and only the last one is held. ``shared``
    are the arrays that come with every task, none where each seed has its own.
    """

    def __init__(self, data: Data, run: PlannedRun, keep_networks: bool) -> None:
        self._data, self._keep_networks = data, keep_networks
        self._content: Content | None = None
        self.shared = self._given(run)[1] if isinstance(data, Dataset) else []

    def task(self, pool: Pool, number: int, group: Group) -> tuple[Any, ...]:
        """The arguments for a group, of which its number is part."""
        first = group.runs[0]
        dataset, arrays = self._given(first)
        replicas = [(run.setting.lr, run.seed) for run in group.runs]
        build, recipe = first.setting.build, first.setting.recipe
        own = (number, build, recipe, replicas, self._keep_networks)
        if pool.here:
            return dataset, *own
        names = ("name", "classes", "scale", "stratified")
        return {name: getattr(dataset, name) for name in names}, pool.threads, own, *arrays

    def _given(self, run: PlannedRun) -> tuple[Dataset, list[np.ndarray]]:
        """The data set of a run, whole and as arrays in the order of `train_elsewhere`."""
        if self._content != run.content:
            dataset = dataset_of(self._data, run.seed, run.content)
            parts = (dataset.train, dataset.validation, dataset.test)
            tensors = [tensor for part in parts for tensor in (part.images, part.labels)]
            arrays = [tensor.numpy() for tensor in (*tensors, dataset.mean, dataset.std)]
            self._content, self._last = run.content, (dataset, arrays)
        return self._last


def trainer(pool: Pool) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """What trains a group in a pool."""
    return train_numbered if pool.here else train_elsewhere


def train_numbered(
    dataset: Dataset,
    number: int,
    build: Callable[[int], nn.Sequential],
    recipe: Recipe,
    replicas: Sequence[tuple[float, int]],
    keep_networks: bool,
) -> tuple[int, list[dict[str, Any]]]:
    """``number`` and what `train_group` gives: results may arrive in any order."""
    return number, train_group(build, dataset, recipe, replicas, keep_networks)


def train_elsewhere(
    about: Mapping[str, Any], threads: int, task: tuple[Any, ...], *arrays: np.ndarray
) -> tuple[int, list[dict[str, Any]]]:
    """`train_numbered` on ``threads`` threads of torch, with a data set taken apart."""
    torch.set_num_threads(threads)
    # torch warns of arrays that cannot be written to, which is how some backends deliver them.
    tensors = [torch.from_numpy(a if a.flags.writeable else a.copy()) for a in arrays]
    train, validation, test = map(Part, tensors[0:6:2], tensors[1:6:2])
    dataset = Dataset(
        train=train,
        validation=validation,
        test=test,
        mean=tensors[6],
        std=tensors[7],
        **about,
    )
    return train_numbered(dataset, *task)
