"""Train a few networks side by side, and lose none to another's fault."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from bnutils.data.dataset import Dataset
from bnutils.sweeps._store.record import run_arrays
from bnutils.training.loop import train_together
from bnutils.training.measures import Measures
from bnutils.training.recipe import Recipe
from bnutils.training.run import Run


def train_group(
    build: Callable[[int], nn.Sequential],
    data: Mapping[int, Dataset],
    recipe: Recipe,
    replicas: Sequence[tuple[float, int]],
    keep_networks: bool,
    measure: Measures,
) -> list[dict[str, Any]]:
    """Status, reason and arrays of each (learning rate, seed) in ``replicas``, on its seed's data.

    If training all together raises, each is trained alone, so that only the guilty fail.
    """
    try:
        runs = train_together(build, data, recipe, replicas, measure)
        return [run_outcome(run, keep_networks) for run in runs]
    except Exception as error:
        if len(replicas) == 1:
            return [{"status": "failed", "reason": error_reason(error), "arrays": {}}]
    return [
        outcome
        for replica in replicas
        for outcome in train_group(build, data, recipe, [replica], keep_networks, measure)
    ]


def run_outcome(run: Run, keep_network: bool) -> dict[str, Any]:
    """Status, reason and arrays of a run that came to its end."""
    reason = divergence(run)
    return {
        "status": "diverged" if reason else "finished",
        "reason": reason,
        "arrays": run_arrays(run, keep_network),
    }


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
