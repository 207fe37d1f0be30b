"""The digits that come with scikit-learn: 1 797 images of 8 x 8 pixels with 17 grey values."""

import torch

from bnutils.data.dataset import Dataset, Part
from bnutils.data.splits import stratified_split_indices
from bnutils.data.statistics import pixel_statistics

DIGITS_SCALE = 16.0
DIGITS_HELD_OUT = 300


def digits_dataset() -> Dataset:
    """scikit-learn's digits, 1 197 / 300 / 300 images, every part stratified; needs no files."""
    from sklearn.datasets import load_digits  # imported here, as it takes a second

    bunch = load_digits()
    images = torch.from_numpy(bunch.images).to(torch.uint8).unsqueeze(1)
    labels = torch.from_numpy(bunch.target).to(torch.int64)
    rest, test = stratified_split_indices(labels, DIGITS_HELD_OUT)
    kept, held_out = stratified_split_indices(labels[rest], DIGITS_HELD_OUT)
    train = Part(images[rest[kept]], labels[rest[kept]])
    mean, std = pixel_statistics(train.images, DIGITS_SCALE)
    return Dataset(
        name="digits",
        train=train,
        validation=Part(images[rest[held_out]], labels[rest[held_out]]),
        test=Part(images[test], labels[test]),
        classes=tuple(str(digit) for digit in bunch.target_names),
        scale=DIGITS_SCALE,
        mean=mean,
        std=std,
        stratified=True,
    )
