"""Data sets from arrays of one's own."""

import numpy as np
import pandas as pd
import pytest
import torch

from bnutils.data import DataError, from_arrays
from bnutils.networks.mlp import mlp
from bnutils.sweeps.fit import fit
from bnutils.training.recipe import Recipe


def table(samples=120, features=4, classes=3):
    random = np.random.default_rng(0)
    labels = np.arange(samples) % classes
    return random.normal(5 + labels[:, None], 0.3, (samples, features)), labels


def parts(dataset):
    return (dataset.train, dataset.validation, dataset.test)


def test_every_sample_is_in_one_part_with_its_own_label():
    values, labels = table()
    dataset = from_arrays(values, labels, name="own")
    assert [len(part) for part in parts(dataset)] == [72, 24, 24]
    found = [
        (row.flatten().tolist(), int(label))
        for part in parts(dataset)
        for row, label in zip(part.images, part.labels, strict=True)
    ]
    given = zip(values.astype(np.float32).tolist(), labels.tolist(), strict=True)
    assert sorted(found) == sorted(given)
    for part in parts(dataset):
        assert set(torch.bincount(part.labels).tolist()) == {len(part) // 3}


def test_the_split_is_the_same_in_every_call_and_independent_of_the_values():
    values, labels = table()
    first = from_arrays(values, labels, name="own")
    second = from_arrays(values + 1, labels, name="other")
    assert torch.allclose(first.test.images + 1, second.test.images)


def test_features_are_normalised_one_by_one_with_the_training_part():
    values, labels = table()
    values = values * [1, 10, 100, 1000]
    dataset = from_arrays(values, labels, name="own")
    normal = dataset.normalise(dataset.train.images).flatten(1)
    torch.testing.assert_close(normal.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(normal.std(0, correction=0), torch.ones(4), atol=1e-4, rtol=0)
    assert dataset.features == 4


@pytest.mark.parametrize(("shape", "channels"), [((60, 5, 6), 1), ((60, 3, 5, 6), 3)])
def test_pixels_of_uint8_are_divided_by_255(shape, channels):
    values = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    dataset = from_arrays(values, np.arange(60) % 2, name="own")
    assert dataset.train.images.dtype == torch.uint8
    assert dataset.train.images.shape[1:] == (channels, 5, 6)
    assert dataset.scale == 255
    pixels = dataset.train.images.double() / 255
    torch.testing.assert_close(dataset.mean.double(), pixels.mean((0, 2, 3)))
    torch.testing.assert_close(dataset.std.double(), pixels.std((0, 2, 3), correction=0))


def test_words_become_classes():
    values, labels = table()
    words = np.array(["oak", "ash", "elm"])[labels]
    dataset = from_arrays(values, words, name="own")
    assert dataset.classes == ("ash", "elm", "oak")
    means = [dataset.train.images[dataset.train.labels == k].mean().item() for k in range(3)]
    assert np.round(means).tolist() == [6, 7, 5]  # ash is 1, elm is 2, oak is 0


WORDS = [["oak", "ash", "elm"][k % 3] for k in range(120)]
KINDS_OF_LABELS = {
    "a list": WORDS,
    "objects": np.array(WORDS, dtype=object),
    "bytes": np.array(WORDS, dtype=np.bytes_),
    "a column": pd.Series(WORDS),
    "a column of objects": pd.Series(WORDS, dtype=object),
    "a column of pandas' strings": pd.Series(WORDS, dtype="string"),
    "a categorical": pd.Categorical(WORDS),
    "a categorical column": pd.Series(WORDS, dtype="category", index=range(7, 127)),
}


@pytest.mark.parametrize("kind", KINDS_OF_LABELS)
def test_words_are_classes_however_they_are_kept(kind):
    values, _ = table()
    expected = from_arrays(values, np.array(WORDS), name="own")
    found = from_arrays(pd.DataFrame(values), KINDS_OF_LABELS[kind], name="own")
    assert found.classes == ("ash", "elm", "oak")
    for part, other in zip(parts(found), parts(expected), strict=True):
        assert torch.equal(part.labels, other.labels)


@pytest.mark.parametrize("kind", [object, "Int64", "category", "boolean"])
def test_whole_numbers_and_truth_values_of_pandas_are_classes(kind):
    values, labels = table(classes=2)
    column = pd.Series(labels.astype(bool) if kind == "boolean" else labels, dtype=kind)
    assert from_arrays(values, column, name="own").classes in (("0", "1"), ("False", "True"))


@pytest.mark.parametrize(
    ("scale", "shift"), [(1e39, 0), (1, 1e5), (1e-3, 1e5), (1, 1.7e9), (1e-45, 0), (3e37, 1e38)]
)
@pytest.mark.parametrize("shape", [(120, 4), (120, 2, 3), (120, 2, 2, 3)])
def test_values_that_float32_cannot_hold_or_tell_apart_are_normalised_all_the_same(
    scale, shift, shape
):
    values = np.random.default_rng(0).normal(size=shape) * scale + shift
    dataset = from_arrays(values, np.arange(120) % 3, name="own")
    normal = dataset.normalise(dataset.train.images)
    assert normal.dtype == torch.float32
    wide = dataset.train.images.double() if scale > 1e-45 else dataset.train.images
    dims = (0, 2, 3)
    std, mean = torch.std_mean(wide, dims, correction=0, keepdim=True)
    torch.testing.assert_close(normal.double(), ((wide - mean) / std).double(), rtol=0, atol=2e-3)
    assert len(normal.unique()) > 0.99 * len(np.unique(values)) * len(normal) / 120


def test_values_that_float32_keeps_apart_stay_float32():
    values, labels = table()
    assert from_arrays(100 * values, labels, name="own").train.images.dtype == torch.float32


def test_numbers_of_classes_need_not_begin_at_0():
    values, labels = table()
    dataset = from_arrays(values, 10 * labels + 7, name="own")
    assert dataset.classes == ("7", "17", "27")
    assert dataset.train.labels.unique().tolist() == [0, 1, 2]


def test_the_caller_may_change_the_array_afterwards():
    values = np.random.default_rng(0).integers(0, 256, (60, 5, 6)).astype(np.uint8)
    dataset = from_arrays(values, np.arange(60) % 2, name="own")
    before = dataset.train.images.clone()
    values[:] = 0
    assert torch.equal(dataset.train.images, before)


def test_a_network_learns_from_it():
    values, labels = table()
    dataset = from_arrays(values, labels, name="own")
    runs = fit(
        lambda seed: mlp([4, 8, 3], seed=seed),
        dataset, Recipe(batch_size=12, steps=60, points=1), lrs=[0.3], seeds=range(2), jobs=1,
    )  # fmt: skip
    assert runs.validation_accuracy[:, :, -1].min() > 0.9


VALUES, LABELS = table()
GAPS = VALUES.copy()
GAPS[[7, 9], 1] = np.nan
CONSTANT = VALUES.copy()
CONSTANT[:, 2] = 0.1


@pytest.mark.parametrize(
    ("values", "labels", "options", "found", "advice"),
    [
        (VALUES[0], LABELS, {}, r"an array \[4\] of float64", "reshape"),
        (np.array([["a"]]), ["a"], {}, r"an array \[1, 1\] of <U1", "words into numbers"),
        (VALUES[:0], LABELS[:0], {}, r"an array \[0, 4\]", "reshape"),
        (GAPS, LABELS, {}, "2 samples, the first at index 7", "fill the gaps"),
        (VALUES, LABELS[:-1], {}, r"an array \[119\] of int64", "argmax"),
        (VALUES, LABELS / 2, {}, r"an array \[120\] of float64", "argmax"),
        (VALUES, [*WORDS[:-1], None], {}, "of object, of NoneType and str", "without gaps"),
        (VALUES, [*WORDS[:-1], 3.5], {}, "of object, of float and str", "of one kind"),
        (VALUES, [*WORDS[:-1], np.nan], {}, "of object, of float and str", "without gaps"),
        (VALUES, pd.Series(WORDS).mask(LABELS == 1), {}, "of object, of .*str", "without gaps"),
        (VALUES, pd.Series(LABELS).mask(LABELS == 1), {}, "of float64", "without gaps"),
        (VALUES * 1e300, LABELS, {}, r"a largest value of \de\+300", "divide"),
        (VALUES, 0 * LABELS, {}, "1 classes, 120 of class '0'", "more samples"),
        (VALUES, np.arange(120), {}, "120 classes, 1 of class '0'", "no classes"),
        (VALUES, LABELS, {"held_out": 0.5}, "held_out=0.5 of 120", "another held_out"),
        (VALUES, LABELS, {"held_out": 0.01}, "held_out=0.01 of 120", "another held_out"),
        (VALUES, LABELS, {"held_out": float("nan")}, "held_out=nan", "another held_out"),
        (CONSTANT, LABELS, {}, r"no difference in \[2\]", "leave these features"),
        (VALUES, LABELS, {"name": "mnist"}, "that load", "another name"),
        (VALUES, LABELS, {"name": ""}, "nothing", "another name"),
    ],
)
def test_errors_say_what_was_found_and_what_to_do(values, labels, options, found, advice):
    with pytest.raises(
        DataError, match=f"(?s)Expected: .*Found: .*{found}.*What to do: .*{advice}"
    ):
        from_arrays(values, labels, **{"name": "own", **options})
