"""Train a few networks side by side, in this process or another, and lose none to another's fault.

What goes to another process and comes back is plain data: in a notebook the classes of this
library are not importable.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bnutils.data.dataset import Dataset, Part
from bnutils.sweeps._store.record import run_arrays
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from bnutils.training.run import Run


def train_group(
    build: Callable[[int], nn.Sequential],
    dataset: Dataset,
    recipe: Recipe,
    replicas: Sequence[tuple[float, int]],
    keep_networks: bool,
) -> list[dict[str, Any]]:
    """Status, reason and arrays of each (learning rate, seed) in ``replicas``.

    If training all together raises, each is trained alone, so that only the guilty fail.
    """
    try:
        runs = train_together(build, dataset, recipe, replicas)
        return [run_outcome(run, keep_networks) for run in runs]
    except Exception as error:
        if len(replicas) == 1:
            return [{"status": "failed", "reason": error_reason(error), "arrays": {}}]
    return [
        outcome
        for replica in replicas
        for outcome in train_group(build, dataset, recipe, [replica], keep_networks)
    ]


def run_outcome(run: Run, keep_network: bool) -> dict[str, Any]:
    """Status, reason and arrays of a run that came to its end."""
    reason = divergence(run)
    return {
        "status": "diverged" if reason else "finished",
        "reason": reason,
        "arrays": run_arrays(run, keep_network),
    }


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


def dataset_arrays(dataset: Dataset) -> list[np.ndarray]:
    """The arrays of a data set, in the order in which `train_elsewhere` takes them."""
    parts = (dataset.train, dataset.validation, dataset.test)
    tensors = [tensor for part in parts for tensor in (part.images, part.labels)]
    return [tensor.numpy() for tensor in (*tensors, dataset.mean, dataset.std)]


def divergence(run: Run) -> str:
    """What shows that a run diverged: a loss that is not finite at the end; empty if none."""
    for name in ("train_loss", "validation_loss"):
        finite = np.isfinite(getattr(run, name))
        if not finite[-1]:
            first = len(finite) - int(np.argmax(finite[::-1])) if finite.any() else 0
            return f"{name} is not finite at step {run.steps[first]} and after"
    return ""


def error_reason(error: BaseException) -> str:
    """Type and message of an error, and the line of code that raised it."""
    words = f"{type(error).__name__}: {error}".rstrip(": ")
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return words
    last = frames[-1]
    return f"{words} ({Path(last.filename).name}, line {last.lineno}, in {last.name}: {last.line})"
