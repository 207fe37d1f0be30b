"""Data sets in memory: parts, constants, descriptions."""

import dataclasses
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torchvision.datasets import MNIST

from bnutils.data import Dataset, Part, load
from bnutils.data.splits import random_split_indices
from bnutils.data.statistics import pixel_statistics

DATA_FOLDER = Path(os.environ.get("BNUTILS_DATA") or "no folder").absolute()
needs_mnist = pytest.mark.skipif(
    not (DATA_FOLDER / "MNIST" / "raw").is_dir(), reason="BNUTILS_DATA has no MNIST"
)


@pytest.fixture(scope="module", params=["digits", pytest.param("mnist", marks=needs_mnist)])
def dataset(request: pytest.FixtureRequest) -> Iterator[Dataset]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BNUTILS_DATASET", raising=False)
        yield load(request.param, DATA_FOLDER)


def published(name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels outside the test set, then of the test set where it is official."""
    if name == "digits":
        bunch = load_digits()
        empty = torch.empty(0)
        return torch.tensor(bunch.images), torch.tensor(bunch.target), empty, empty
    train, test = (MNIST(str(DATA_FOLDER), train=part) for part in (True, False))
    return train.data, train.targets, test.data, test.targets


def fingerprints(images: Tensor, labels: Tensor) -> Counter[tuple[bytes, int]]:
    rows = images.to(torch.uint8).flatten(1).numpy()
    return Counter((row.tobytes(), int(label)) for row, label in zip(rows, labels, strict=True))


def test_sizes_types_and_classes(dataset: Dataset) -> None:
    sizes = {"digits": (1197, 300, 300, 64, 16.0), "mnist": (55_000, 5_000, 10_000, 784, 255.0)}
    parts = (dataset.train, dataset.validation, dataset.test)
    assert (*map(len, parts), dataset.features, dataset.scale) == sizes[dataset.name]
    side = {"digits": 8, "mnist": 28}[dataset.name]
    for part in parts:
        assert part.images.dtype == torch.uint8
        assert part.images.shape[1:] == (1, side, side)
        assert part.labels.dtype == torch.int64
        assert part.labels.unique().tolist() == list(range(10))
    assert int(dataset.train.images.max()) == dataset.scale
    assert dataset.classes == tuple("0123456789")


def test_the_parts_are_the_published_images_each_once_and_labelled(dataset: Dataset) -> None:
    images, labels, test_images, test_labels = published(dataset.name)
    parts = [dataset.train, dataset.validation]
    if dataset.name == "digits":
        parts.append(dataset.test)
    else:
        assert torch.equal(dataset.test.images[:, 0], test_images)
        assert torch.equal(dataset.test.labels, test_labels)
    found: Counter[tuple[bytes, int]] = Counter()
    for part in parts:
        found += fingerprints(part.images, part.labels)
    assert found == fingerprints(images, labels)


def test_no_image_is_in_two_parts(dataset: Dataset) -> None:
    train, validation, test = (
        set(fingerprints(part.images, part.labels))
        for part in (dataset.train, dataset.validation, dataset.test)
    )
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_constants_are_those_of_the_training_part_alone(dataset: Dataset) -> None:
    pixels = dataset.train.images.numpy().astype(np.float64) / dataset.scale
    assert dataset.mean.dtype == dataset.std.dtype == torch.float32
    assert dataset.mean.item() == pytest.approx(pixels.mean(), rel=1e-6)
    assert dataset.std.item() == pytest.approx(pixels.std(), rel=1e-6)
    everything = torch.cat([dataset.train.images, dataset.validation.images, dataset.test.images])
    assert dataset.mean.item() != pytest.approx(
        everything.numpy().mean(dtype=np.float64) / dataset.scale, rel=1e-6
    )


def test_normalised_training_images_have_mean_0_and_deviation_1(dataset: Dataset) -> None:
    normal = dataset.normalise(dataset.train.images).double()
    assert abs(normal.mean().item()) < 1e-5
    assert normal.std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_two_loads_are_equal(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BNUTILS_DATASET", raising=False)
    torch.manual_seed(1)
    again = load(dataset.name, DATA_FOLDER)
    for part in ("train", "validation", "test"):
        assert torch.equal(getattr(dataset, part).images, getattr(again, part).images)
        assert torch.equal(getattr(dataset, part).labels, getattr(again, part).labels)


def test_loading_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    load("digits")
    drawn = torch.rand(3), np.random.rand(3)
    torch.manual_seed(5)
    np.random.seed(5)
    assert torch.equal(drawn[0], torch.rand(3))
    assert np.array_equal(drawn[1], np.random.rand(3))


def test_digits_are_stratified() -> None:
    dataset = load("digits")
    totals = torch.bincount(torch.tensor(load_digits().target))
    for part in (dataset.train, dataset.validation, dataset.test):
        share = totals * len(part) / totals.sum()
        assert (torch.bincount(part.labels) - share).abs().max() < 1.5


@needs_mnist
def test_mnist_has_the_constants_that_are_known_for_it() -> None:
    images, *_ = published("mnist")
    mean, std = pixel_statistics(images.unsqueeze(1), 255.0)
    assert mean.item() == pytest.approx(0.1307, abs=1e-3)
    assert std.item() == pytest.approx(0.3081, abs=1e-3)


@needs_mnist
def test_description_of_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BNUTILS_DATASET", raising=False)
    assert load("mnist", DATA_FOLDER).describe() == (
        "Data: MNIST, 55 000 training, 5 000 validation and 10 000 test images, 28 x 28, "
        "10 classes (BNUTILS_DATASET=mnist)"
    )


def test_description_of_digits() -> None:
    assert load("digits").describe() == (
        "Data: scikit-learn's digits, 1 197 training, 300 validation and 300 test images, 8 x 8, "
        "10 classes (BNUTILS_DATASET=digits)"
    )


@needs_mnist
@pytest.mark.slow
def test_loading_mnist_takes_at_most_250_mb() -> None:
    program = """
import re
import torch  # which the first data set loads
from pathlib import Path
from bnutils.data import load
def memory(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
Path("/proc/self/clear_refs").write_text("5")
before = memory("VmRSS")
dataset = load("mnist")
print(memory("VmHWM") - before, memory("VmRSS") - before)
"""
    environment = {**os.environ, "BNUTILS_DATA": str(DATA_FOLDER)}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    if "clear_refs" in result.stderr:
        pytest.skip("this system cannot reset the peak of a process's memory")
    assert result.returncode == 0, result.stderr
    peak, kept = (int(word) / 1024 for word in result.stdout.split())
    assert 50 < peak < 250
    assert kept < 150


def test_statistics_of_each_channel() -> None:
    images = torch.randint(
        0, 256, (50, 3, 4, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    images[:, 1] //= 3
    mean, std = pixel_statistics(images, 255.0)
    pixels = images.numpy().astype(np.float64) / 255
    np.testing.assert_allclose(mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(std, pixels.std(axis=(0, 2, 3)), rtol=1e-6)


def colour_dataset() -> Dataset:
    part = Part(torch.zeros(4, 3, 2, 2, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
    mean, std = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0.5, 0.25, 2.0])
    return Dataset("small", part, part, part, ("a", "b"), 255.0, mean, std)


@pytest.mark.parametrize("shape", [(3, 2, 2), (5, 3, 2, 2), (2, 5, 3, 2, 2)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_normalise_is_its_formula_and_leaves_its_argument_alone(
    shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    dataset = colour_dataset()
    images = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    before = images.clone()
    result = dataset.normalise(images)
    assert torch.equal(images, before)
    assert result.dtype == torch.float32
    mean = np.array([0.1, 0.2, 0.3])[:, None, None]
    std = np.array([0.5, 0.25, 2.0])[:, None, None]
    np.testing.assert_allclose(
        result, (before.numpy().astype(np.float64) / 255 - mean) / std, rtol=1e-5, atol=1e-6
    )


def test_features_and_description_in_colour() -> None:
    assert colour_dataset().features == 12
    assert colour_dataset().describe().endswith("2 x 2 in 3 channels, 2 classes")


def test_take_shares_memory_and_stops_at_the_end() -> None:
    train = load("digits").train
    few = train.take(7)
    assert len(few) == 7
    assert few.images.data_ptr() == train.images.data_ptr()
    assert torch.equal(few.labels, train.labels[:7])
    assert len(train.take(10_000)) == len(train)


@pytest.mark.parametrize(
    ("images", "labels"), [((4, 2, 2), (4,)), ((4, 1, 2, 2), (3,)), ((4, 1, 2, 2), (4, 1))]
)
def test_a_part_of_the_wrong_shape_is_refused(
    images: tuple[int, ...], labels: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"expected images \[N, C, H, W\] and labels \[N\]"):
        Part(torch.zeros(images, dtype=torch.uint8), torch.zeros(labels, dtype=torch.int64))


def test_data_sets_are_frozen() -> None:
    dataset = colour_dataset()
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.scale = 1.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.train.labels = dataset.train.labels  # type: ignore[misc]


def test_random_split_is_disjoint_complete_and_in_random_order() -> None:
    kept, held_out = random_split_indices(1000, 100)
    assert (len(kept), len(held_out)) == (900, 100)
    assert torch.cat([kept, held_out]).sort().values.equal(torch.arange(1000))
    assert not kept.equal(kept.sort().values)


def test_reading_data_imports_no_library_that_it_does_not_need():
    code = (
        "import sys; from bnutils.data import load; load('digits');"
        "assert not {'torchvision', 'torch._dynamo'} & set(sys.modules), 'slow import'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
