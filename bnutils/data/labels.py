"""Classes from labels as people have them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from bnutils.data.errors import data_error


def _plain_labels(given: ArrayLike) -> np.ndarray:
    """Labels as they are, those in a list, in objects or bytes as one array of words or numbers."""
    labels = np.asarray(given)
    if labels.dtype.kind in "TS" and hasattr(given, "dtype"):
        return labels.astype(np.str_)
    if labels.dtype.kind in "US" and not hasattr(given, "dtype"):
        labels = np.asarray(given, dtype=object)  # or numbers and gaps among words become words
    if labels.dtype.kind == "O" and labels.size:
        for kinds, plain in ((str, np.str_), (bool | np.bool_, np.bool_), (int | np.integer, None)):
            if all(isinstance(label, kinds) for label in labels.flat):
                return np.array(labels.tolist(), dtype=plain)
    return labels


def own_classes(given: ArrayLike, samples: int) -> tuple[tuple[str, ...], Tensor]:
    """The names of the classes, and each sample's class [N] as int64.

    Raises DataError for labels that are not one word or whole number for each of N ``samples``.
    """
    labels = _plain_labels(given)
    if labels.shape != (samples,) or labels.dtype.kind not in "buiU":
        kinds = sorted({type(label).__name__ for label in labels.flat})
        raise data_error(
            "These labels do not fit the values.",
            expected=f"one whole number or word for each of the {samples} samples",
            found=f"an array {list(labels.shape)} of {labels.dtype}"
            + (f", of {' and '.join(kinds)}" if len(kinds) > 1 else ""),
            advice="give labels [N] of one kind, without gaps; of one-hot rows, argmax(axis=1).",
        )
    found, targets, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(found) < 2 or counts.min() < 4:
        rare = f"{counts.min()} of class {str(found[counts.argmin()])!r}"
        raise data_error(
            "These labels leave nothing to learn or to test.",
            expected="at least 2 classes with at least 4 samples each, for the three parts",
            found=f"{len(found)} classes, {rare}",
            advice="gather more samples, or leave such classes out; numbers to be predicted as "
            "such are no classes.",
        )
    return tuple(map(str, found.tolist())), torch.from_numpy(targets.astype(np.int64))
