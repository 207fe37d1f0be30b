"""The first experiment: its data and networks, and how networks are followed."""

import copy
import json
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.data import load
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.studies.figure_one import FigureOne, black_and_white, sigmoid_network
from bnutils.studies.following import Followed, first_reached, follow
from bnutils.sweeps.tuning import EVIDENCE
from bnutils.training.batches import batch_indices
from bnutils.training.recipe import Recipe
from tools.longrun.__main__ import main, typical_unit

pytestmark = pytest.mark.usefixtures("one_thread")
SIZES = (64, 7, 5, 10)


@pytest.fixture(scope="module")
def dataset():
    return load("digits")


def test_images_are_black_and_white_and_normalised_by_their_own_statistics(dataset):
    shown = black_and_white(dataset)
    for part in ("train", "validation", "test"):
        before, after = getattr(dataset, part), getattr(shown, part)
        assert after.images.dtype == torch.uint8
        assert torch.equal(after.images == 16, before.images >= 8)
        assert after.images.unique().tolist() == [0, 16]
        assert torch.equal(after.labels, before.labels)
    x = shown.normalise(shown.train.images).double()
    assert x.mean().item() == pytest.approx(0, abs=1e-4)
    assert x.std(correction=0).item() == pytest.approx(1, abs=1e-4)


def test_the_arms_are_the_paper_s_networks_from_the_same_draws(dataset):
    arms = FigureOne.on(dataset).arms
    plain, normed, wide = (arms[arm](3) for arm in ("no BN", "BN", "wide"))
    weights = [[m.weight for m in net if isinstance(m, nn.Linear)] for net in (plain, normed, wide)]
    assert [tuple(w.shape) for w in weights[0]] == [(100, 64), (100, 100), (100, 100), (10, 100)]
    assert weights[0][1].std().item() == pytest.approx(0.05, rel=0.03)
    assert weights[2][1].std().item() == pytest.approx(4 / 100**0.5, rel=0.03)
    assert all(torch.equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    kinds = [type(layer) for layer in normed]
    assert kinds == [nn.Flatten, *[nn.Linear, BatchNorm1d, nn.Sigmoid] * 3, nn.Linear]


def test_the_factor_makes_all_trainings_longer(dataset):
    usual, longer = FigureOne.on(dataset), FigureOne.on(dataset, 3)
    assert longer.recipe.steps == 3 * usual.recipe.steps
    assert {recipe.steps for recipe in longer.rates([0.1]).recipes} == {3 * usual.short}


@pytest.mark.parametrize("norm", [None, BatchNorm1d])
def test_followed_networks_are_those_of_a_plain_loop(dataset, norm):
    recipe, lr, seeds = Recipe(batch_size=12, steps=6, points=2), 0.5, (2, 5)
    build = partial(sigmoid_network, sizes=SIZES, norm=norm)
    found = follow(build, dataset, recipe, lr=lr, seeds=seeds, images=200)
    assert found.steps == (0, 3, 6)
    assert found.accuracy.shape == (2, 3) and found.percentiles.shape == (2, 3, 3, 5)
    x, labels = dataset.normalise(dataset.test.images[:200]), dataset.test.labels[:200]
    for s, seed in enumerate(seeds):
        net, stream = build(seed), batch_indices(len(dataset.train), 12, seed)
        optimizer = torch.optim.SGD(net.parameters(), lr=lr)
        for t in range(3):
            # With everything up to the last sigmoid, and the two layers from it on, apart.
            with torch.no_grad():
                arriving = copy.deepcopy(net).eval()[:-2](x).numpy()
                right = (copy.deepcopy(net).eval()(x).argmax(1) == labels).double().mean().item()
            expected = np.percentile(arriving, [15, 50, 85], axis=0)
            assert found.percentiles[s, t] == pytest.approx(expected, abs=1e-4)
            assert found.accuracy[s, t] == pytest.approx(right, abs=0.006)  # a tie may fall
            for _ in range(3):
                index = next(stream)
                loss = F.cross_entropy(
                    net(dataset.normalise(dataset.train.images[index])), dataset.train.labels[index]
                )
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()


def test_levels_are_first_reached_on_the_line_between_points():
    curves = np.array([[0.0, 0.5, 0.4, 1.0], [0.0, 0.1, 0.2, 0.3], [0.9, 0.1, 0.1, 0.1]])
    assert first_reached((0, 10, 20, 40), curves, 0.25).tolist() == [5.0, pytest.approx(30), 0.0]
    assert first_reached((0, 10, 20, 40), curves[1:2], 0.35).tolist() == [np.inf]


def test_drift_by_hand():
    unit = np.array([[-1.0, 0.0, 1.0], [1.0, 2.0, 5.0]])  # medians 0 and 2, half spreads 1 and 2
    found = Followed((0, 1), np.zeros((1, 2)), unit[None, :, :, None], 0.0)
    assert found.drift() == pytest.approx(np.array([[2 / 1.5]]))


def test_the_typical_unit_has_the_median_drift():
    medians = np.array([[0.0, 0.0, 0.0], [1.0, 9.0, 3.0]])  # [T, units]
    percentiles = np.stack([medians - 1, medians, medians + 1], axis=1)[None]
    assert typical_unit(Followed((0, 1), np.zeros((1, 2)), percentiles, 0.0)) == 2


@pytest.mark.filterwarnings("ignore::bnutils.training.curves.EdgeOfGrid")
def test_the_long_run_writes_what_the_page_reads(dataset, tmp_path, monkeypatch, capsys):
    for name, value in (("DATASET", "digits"), ("RUNS", ""), ("JOBS", "1"), ("LIVE", "0")):
        monkeypatch.setenv(f"BNUTILS_{name}", value)
    path = tmp_path / "long.json"
    main(["--steps", "4", "--choice", "3", "--output", str(path)])
    report = json.loads(path.read_text("utf-8"))
    assert report["data"] == "digits" and report["settings"]["steps"] == 4
    assert report["made"].count("-") == 2 and report["versions"]["torch"] == torch.__version__
    assert set(report["arms"]) == {"no BN", "BN", "wide"}
    points = len(report["steps"])
    for arm in report["arms"].values():
        assert np.shape(arm["test_accuracy"]) == (len(EVIDENCE), points)
        assert np.shape(arm["percentiles_of_typical_unit"]) == (points, 3)
        assert arm["lr"] in report["settings"]["rates"]
        ends = {float(lr): np.mean(values) for lr, values in
                arm["validation_accuracy_by_lr"].items()}  # fmt: skip
        assert ends[arm["lr"]] == max(ends.values())
    assert "wrote" in capsys.readouterr().out
