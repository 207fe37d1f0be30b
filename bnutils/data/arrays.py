"""A data set from arrays of one's own."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from bnutils.data.dataset import DATASET_TITLES, Dataset, Part
from bnutils.data.errors import data_error
from bnutils.data.labels import own_classes
from bnutils.data.splits import stratified_split_indices
from bnutils.data.statistics import training_statistics

ROUNDED_AWAY = 1e-4  # of a standard deviation
ARRAY_SHAPES = "[N, features], [N, H, W] or [N, C, H, W]"


def from_arrays(
    values: ArrayLike, labels: ArrayLike, *, name: str, held_out: float = 0.2
) -> Dataset:
    """A data set from ``values`` [N, features], [N, H, W] or [N, C, H, W] and ``labels`` [N].

    Labels may be whole numbers or words, also in a column of pandas; each different one is a
    class. The share ``held_out`` of the samples becomes the test set and as many the validation
    part, stratified, the same ones in every call. Each feature, or each channel of images, is
    normalised with the mean and standard deviation of the training set. Values of uint8 are
    images with 255 for the brightest pixel; others are kept as float32, or as float64 where
    rounding would move one by more than a ten-thousandth of a standard deviation.
    Raises DataError for arrays that do not fit together or cannot be learnt from.
    """
    if not name or name in DATASET_TITLES:
        raise data_error(
            f"A data set cannot be called {name!r}.",
            expected="a name of its own",
            found="nothing" if not name else "the name of a data set that load() gives",
            advice="give another name: runs and tables show it.",
        )
    images = _own_images(np.asarray(values))
    classes, targets = own_classes(labels, len(images))
    kept, validation, test = _own_split(targets, classes, held_out)
    train = Part(images[kept], targets[kept])
    scale = 255.0 if images.dtype == torch.uint8 else 1.0
    mean, std = training_statistics(train.images, scale)
    return Dataset(
        name=name,
        train=train,
        validation=Part(images[validation], targets[validation]),
        test=Part(images[test], targets[test]),
        classes=classes,
        scale=scale,
        mean=mean,
        std=std,
        stratified=True,
    )


def _own_images(values: np.ndarray) -> Tensor:
    """Values as a tensor [N, C, H, W]: a feature becomes a channel of one pixel."""
    if values.ndim not in (2, 3, 4) or not values.size or values.dtype.kind not in "buif":
        raise data_error(
            "These values are no data set.",
            expected=f"numbers in an array {ARRAY_SHAPES}, N being the number of samples",
            found=f"an array {list(values.shape)} of {values.dtype}",
            advice="reshape it, and turn words into numbers.",
        )
    if not np.isfinite(values).all():
        rows = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
        raise data_error(
            "These values are not all finite.",
            expected="numbers without gaps",
            found=f"nan or infinite values in {len(rows)} samples, the first at index {rows[0]}",
            advice="leave these samples out, or fill the gaps.",
        )
    kind = np.uint8 if values.dtype == np.uint8 else _narrowest(values)
    images = torch.from_numpy(np.array(values, dtype=kind))  # a copy, as arrays may change
    if images.ndim == 3:
        return images[:, None]
    return images[:, :, None, None] if images.ndim == 2 else images


def _narrowest(values: np.ndarray) -> type:
    """float32 where it holds every value of ``values`` [N, C, ...] and keeps them apart."""
    wide = values.astype(np.float64)
    axes = (0, *range(2, wide.ndim)) if wide.ndim != 3 else None
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.abs(wide.astype(np.float32) - wide)  # infinite where a value is too large
        keeps = np.isfinite(error) & (error <= ROUNDED_AWAY * wide.std(axes, keepdims=True))
    return np.float32 if keeps.all() else np.float64


def _own_split(
    targets: Tensor, classes: tuple[str, ...], held_out: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of the training, validation and test set."""
    out = round(held_out * len(targets)) if 0 < held_out < 0.5 else 0
    if not len(classes) <= out <= (len(targets) - len(classes)) // 2:
        raise data_error(
            "The samples cannot be split into three parts.",
            expected=f"a share between 0 and 0.5 that gives each part at least {len(classes)} "
            "samples, the number of classes",
            found=f"held_out={held_out:g} of {len(targets)} samples",
            advice="choose another held_out, or gather more samples.",
        )
    rest, test = stratified_split_indices(targets, out)
    kept, validation = stratified_split_indices(targets[rest], out)
    return rest[kept], rest[validation], test
