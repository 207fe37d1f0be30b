"""What one training measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import nn

CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "gradient_norm")


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Measurements at T evaluation steps, of one network or of L learning rates × S seeds.

    Losses are mean cross-entropies, accuracies shares between 0 and 1, both [T] or [L, S, T] and
    in evaluation mode. ``gradient_norm`` [..., T, D] is the Euclidean norm of the last batch's
    gradient for each of D weight matrices. ``seconds`` is the processor time of the training, of
    all threads, without evaluations; of one network it is its share. ``measured`` [T, ...] or
    [L, S, T, ...] is what functions of the reader measured, under their names.
    """

    batch_size: int
    steps: tuple[int, ...]
    seconds: float
    train_loss: np.ndarray
    train_accuracy: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    gradient_norm: np.ndarray
    measured: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Run(Curves):
    """What was measured of one network.

    ``test_loss`` and ``test_accuracy`` belong to the last step and are undefined where the recipe
    does not ask for them. ``logits`` [B, classes] is what the trained network made of the first
    batch of training images.
    """

    lr: float
    seed: int
    test_loss: float
    test_accuracy: float
    network: nn.Sequential | None = None
    logits: np.ndarray | None = None
