"""What a training measured, for every learning rate and seed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from torch import nn


@dataclass(frozen=True)
class Runs:
    """Measurements of L learning rates × S seeds at T evaluation steps.

    Losses are mean cross-entropies, accuracies shares between 0 and 1, both [L, S, T] and in
    evaluation mode. ``gradient_norm`` [L, S, T, D] is the Euclidean norm of the last batch's
    gradient for each of D weight matrices. ``seconds`` is the training time of all replicas
    together, without evaluations; ``nets`` holds the trained networks, L rows of S.
    """

    lrs: tuple[float, ...]
    seeds: tuple[int, ...]
    steps: tuple[int, ...]
    batch_size: int
    seconds: float
    train_loss: np.ndarray
    train_accuracy: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    gradient_norm: np.ndarray
    nets: tuple[tuple[nn.Sequential, ...], ...]

    def at(self, lr: float) -> Runs:
        """The runs of one learning rate; raises ValueError where it was not among ``lrs``."""
        if lr not in self.lrs:
            raise ValueError(f"no run has lr {lr}; there are {', '.join(map(str, self.lrs))}")
        i = self.lrs.index(lr)
        arrays = [f.name for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)]
        chosen = {name: getattr(self, name)[i : i + 1] for name in arrays}
        return replace(self, lrs=(lr,), nets=(self.nets[i],), **chosen)

    def best(self) -> Runs:
        """The runs of the learning rate with the best mean validation accuracy at the end.

        Selection never sees the test part. Of equal learning rates the smallest wins.
        """
        final = self.validation_accuracy[:, :, -1].mean(axis=1)  # [L]
        return self.at(min(lr for lr, a in zip(self.lrs, final, strict=True) if a == final.max()))
