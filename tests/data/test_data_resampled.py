"""Training and validation set drawn anew: which samples, in what numbers, with which constants."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from bnutils.data import DataError, Dataset, Part, from_arrays, load
from tests.sweeps.sweep_program import tiny_dataset


def plain() -> Dataset:
    """100 training and 40 validation images, numbered by their first pixel, not stratified."""
    tiny = tiny_dataset()
    images = tiny.train.images.repeat(2, 1, 1, 1)[:140]
    images[:, 0, 0, 0] = torch.arange(140, dtype=torch.uint8)
    labels = torch.arange(140) % 3
    train, validation = Part(images[:100], labels[:100]), Part(images[100:], labels[100:])
    return replace(tiny, train=train, validation=validation)


def numbers(dataset: Dataset) -> list[list[int]]:
    return [part.images[:, 0, 0, 0].tolist() for part in (dataset.train, dataset.validation)]


def rows(*parts: Part) -> Counter[tuple[bytes, int]]:
    return Counter(
        (image.numpy().tobytes(), int(label))
        for part in parts
        for image, label in zip(part.images, part.labels, strict=True)
    )


@pytest.mark.parametrize("dataset", [plain(), load("digits")], ids=["plain", "digits"])
def test_the_samples_are_dealt_anew_and_the_test_set_stays(dataset: Dataset) -> None:
    again = dataset.resampled(3)
    assert len(again.train) == len(dataset.train)
    assert rows(again.train, again.validation) == rows(dataset.train, dataset.validation)
    assert rows(again.train) != rows(dataset.train)
    assert again.test is dataset.test
    kept = ("name", "classes", "scale")
    assert all(getattr(again, name) == getattr(dataset, name) for name in kept)


def test_a_seed_gives_one_draw_and_another_seed_another() -> None:
    dataset = plain()
    draws = [numbers(dataset.resampled(seed, train=50, validation=20)) for seed in range(20)]
    assert draws[4] == numbers(dataset.resampled(4, train=50, validation=20))
    assert len({tuple(train) for train, _ in draws}) == 20
    counts = Counter(number for train, _ in draws for number in train)
    assert set(counts) == set(range(140))  # of either set, and each now and then
    for train, validation in draws:
        assert (len(set(train)), len(set(validation))) == (50, 20)
        assert not set(train) & set(validation)


def test_nothing_is_drawn_as_the_training_draws_it() -> None:
    order = torch.randperm(140, generator=torch.Generator().manual_seed(5)).tolist()
    train, validation = numbers(plain().resampled(5))
    assert validation + train != order


def test_labels_go_with_their_images_and_every_class_is_there_in_proportion() -> None:
    dataset = load("digits")
    everything = rows(dataset.train, dataset.validation)
    share = torch.bincount(torch.cat([dataset.train.labels, dataset.validation.labels])) / 1497
    for seed in range(3):
        again = dataset.resampled(seed, train=200, validation=100)
        assert not rows(again.train, again.validation) - everything
        for part in (again.train, again.validation):
            counts = torch.bincount(part.labels)
            assert (counts - share * len(part)).abs().max() < 1.5


def test_constants_are_those_of_the_new_training_set() -> None:
    random = np.random.default_rng(0)
    values, labels = random.normal(7, 3, (120, 4)), np.arange(120) % 3
    halves = replace(load("digits"), scale=4.0)
    for dataset in (load("digits"), halves, from_arrays(values, labels, name="own")):
        again = dataset.resampled(1, train=60)
        scaled = again.train.images.double() / again.scale
        torch.testing.assert_close(again.mean.double(), scaled.mean((0, 2, 3)))
        torch.testing.assert_close(again.std.double(), scaled.std((0, 2, 3), correction=0))
        assert not torch.equal(again.mean, dataset.mean)
    floats = replace(halves, train=replace(halves.train, images=halves.train.images.float()))
    floats = replace(floats, validation=floats.train.take(300))
    normal = (again := floats.resampled(1, train=60)).normalise(again.train.images)
    assert abs(normal.mean().item()) < 1e-5 and abs(normal.std().item() - 1) < 1e-3


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"train": 1198}, r"at most 1497 for both\n  Found: train=1198 and validation=300"),
        ({"validation": 1000}, "train=1197 and validation=1000"),
        ({"train": 9}, "at least 10 for each set"),
        ({"train": 100, "validation": 0}, "at least 10 for each set"),
    ],
)
def test_sizes_that_cannot_be_had_are_refused(sizes: dict[str, int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        load("digits").resampled(0, **sizes)


def test_what_is_no_whole_number_is_refused() -> None:
    with pytest.raises(TypeError, match="integer"):
        load("digits").resampled(0, train=0.5)
    with pytest.raises(ValueError, match="non-negative"):
        load("digits").resampled(-1)
