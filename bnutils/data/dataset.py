"""Images and labels in memory, in three parts."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bnutils.data.errors import data_error

if TYPE_CHECKING:
    from torch import Tensor

DATASET_TITLES: Mapping[str, str] = {
    "digits": "scikit-learn's digits",
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
}


@dataclass(frozen=True, eq=False)
class Part:
    """Images with their labels.

    `images` is [N, C, H, W] of uint8 or floating-point numbers, `labels` is int64 [N]. Raises
    ValueError for other shapes.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                "expected images [N, C, H, W] and labels [N], got "
                f"{list(self.images.shape)} and {list(self.labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def take(self, n: int) -> Part:
        """The first n images, all of them if there are fewer; shares memory with this part."""
        return Part(self.images[:n], self.labels[:n])


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set for classification, with constants to normalise its images.

    `scale` is the value of the brightest pixel. `mean` and `std` are float32 [C], computed on the
    training set alone, with pixels scaled to [0, 1]; `std` is the population standard deviation.
    Both are float64 where the images are. `stratified` tells how training and validation set were
    split.
    """

    name: str
    train: Part
    validation: Part
    test: Part
    classes: tuple[str, ...]
    scale: float
    mean: Tensor
    std: Tensor
    stratified: bool = False

    @property
    def features(self) -> int:
        """Number of values in one image, C * H * W."""
        return math.prod(self.train.images.shape[1:])

    def normalise(self, images: Tensor) -> Tensor:
        """Images [*, C, H, W] in 0..scale as float32 of the same shape, (x/scale - mean)/std."""
        import torch

        if images.dtype == torch.float64:  # whose values float32 cannot tell apart or hold
            mean, std = (v.to(images.device).view(-1, 1, 1) for v in (self.mean, self.std))
            return ((images / self.scale - mean) / std).float()
        factor = (1 / (self.scale * self.std)).to(images.device).view(-1, 1, 1)  # [C, 1, 1]
        shift = (self.mean / self.std).to(images.device).view(-1, 1, 1)  # [C, 1, 1]
        return images.to(torch.float32, copy=True).mul_(factor).sub_(shift)

    def resampled(
        self, seed: int, train: int | None = None, validation: int | None = None
    ) -> Dataset:
        """Training and validation set drawn anew from the samples of both, by default as large.

        The draw depends on `seed`, is stratified where the split was, and has nothing in common
        with what a training draws from the same seed. `mean` and `std` are those of the new
        training set; the test set stays.
        Raises DataError for more samples than there are, and for fewer than a split needs.
        """
        import torch

        from bnutils.data.splits import drawing_seed, random_split_indices, stratified_split_indices
        from bnutils.data.statistics import training_statistics

        images, labels = (
            torch.cat([getattr(part, name) for part in (self.train, self.validation)])
            for name in ("images", "labels")
        )
        kept = len(self.train) if train is None else operator.index(train)
        held_out = len(self.validation) if validation is None else operator.index(validation)
        least = len(self.classes) if self.stratified else 1
        if min(kept, held_out) < least or kept + held_out > len(labels):
            raise data_error(
                "So many samples cannot be drawn.",
                expected=f"at least {least} for each set, and at most {len(labels)} for both",
                found=f"train={kept} and validation={held_out}",
                advice="give other sizes, or start from a data set with more samples.",
            )
        chosen = drawing_seed(seed)
        ours, out = (
            stratified_split_indices(labels, held_out, kept, chosen)
            if self.stratified
            else random_split_indices(len(labels), held_out, kept, chosen)
        )
        new, held = Part(images[ours], labels[ours]), Part(images[out], labels[out])
        mean, std = training_statistics(new.images, self.scale)
        return replace(self, train=new, validation=held, mean=mean, std=std)

    @property
    def title(self) -> str:
        """Its name as readers know it, such as MNIST."""
        return DATASET_TITLES.get(self.name, self.name)

    def describe(self) -> str:
        """One line: title, sizes of the parts, image size, classes, setting if there is one."""
        train, validation, test = (
            f"{len(part):,}".replace(",", " ") for part in (self.train, self.validation, self.test)
        )
        channels, height, width = self.train.images.shape[1:]
        size = f"{height} x {width}" + (f" in {channels} channels" if channels > 1 else "")
        setting = f" (BNUTILS_DATASET={self.name})" if self.name in DATASET_TITLES else ""
        return (
            f"Data: {self.title}, {train} training, "
            f"{validation} validation and {test} test images, {size}, "
            f"{len(self.classes)} classes{setting}"
        )
