"""What functions of a reader measure of each network, while a sweep trains."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.fit import fit
from bnutils.sweeps.results import RunFailed
from bnutils.sweeps.sweep import grid
from bnutils.sweeps.tuning import tuned
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from bnutils.training.run import CURVES
from tests.sweeps.sweep_program import tiny_dataset

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=20, points=4)
LRS, SEEDS = (0.1, 0.3), (4, 0, 7)


def normed(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


def dropping(seed):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Dropout(0.5), nn.Linear(8, 3))


def unknown(seed):
    """With a layer that no rule can stack, so that its networks train one by one."""
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.PReLU(), nn.Linear(8, 3))


def drawn(seed):
    return DATA.resampled(seed, train=40, validation=20)


def right(net, data):
    assert not net.training and not torch.is_grad_enabled()
    logits = net(data.normalise(data.validation.images))
    return (logits.argmax(1) == data.validation.labels).double().mean()


def weight(net, data):
    return net[1].weight  # [8, 16]


MEASURE = {"right": right, "weight": weight}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_JOBS", "1")


@pytest.mark.parametrize("build", [normed, dropping, unknown])
@pytest.mark.parametrize("data", [DATA, drawn], ids=["one", "own"])
def test_each_network_is_measured_at_every_step_on_its_data(build, data):
    runs = fit(build, data, RECIPE, lrs=LRS, seeds=SEEDS, measure=MEASURE)
    assert runs.measured["right"].shape == (2, 3, 5)
    np.testing.assert_allclose(runs.measured["right"], runs.validation_accuracy)
    weights = runs.measured["weight"]
    assert weights.shape == (2, 3, 5, 8, 16) and weights.dtype == np.float32
    for i, row in enumerate(runs.nets):
        for j, net in enumerate(row):
            np.testing.assert_array_equal(weights[i, j, -1], net[1].weight.detach())
            assert not np.array_equal(weights[i, j, 0], weights[i, j, 1])
    np.testing.assert_array_equal(runs.at(0.3).measured["right"], runs.measured["right"][1:])


def meddling(net, data):
    """Changes what it is given, draws from everything, and needs gradients."""
    with torch.enable_grad():
        net.train()(data.normalise(data.train.images)).sum().backward()
    found = sum(p.grad.norm() for p in net.parameters()) + torch.rand(()) + np.random.rand()
    for parameter in net.parameters():
        parameter.zero_()
    return found


@pytest.mark.parametrize("build", [normed, dropping, unknown])
def test_measuring_does_not_disturb_the_training(build):
    replicas = [(0.1, 0), (0.3, 0), (0.1, 1)]
    before = torch.get_rng_state()
    runs = train_together(build, DATA, RECIPE, replicas, {"meddling": meddling, **MEASURE})
    assert torch.equal(before, torch.get_rng_state())
    for run, other in zip(runs, train_together(build, DATA, RECIPE, replicas), strict=True):
        for name in CURVES:
            np.testing.assert_array_equal(getattr(run, name), getattr(other, name))
        for one, same in zip(run.network.parameters(), other.network.parameters(), strict=True):
            assert torch.equal(one, same)
        assert other.measured == {} and (run.measured["meddling"] > 0).all()
    assert runs[0].measured["meddling"][0] == runs[1].measured["meddling"][0]  # of one seed


def sweep(measure=MEASURE, **more):
    return grid({"BN": normed}, DATA, RECIPE, lrs=LRS, seeds=SEEDS, measure=measure, **more)


def test_what_was_measured_is_stored_and_comes_from_other_processes(tmp_path):
    store = FolderStore(tmp_path / "runs")
    trained = sweep().run(store, jobs=2)
    here, kept = sweep().run(MemoryStore()), sweep().run(store)
    for record, other, stored in zip(trained.records, here.records, kept.records, strict=True):
        assert stored.arrays["seconds"] == record.arrays["seconds"]  # not trained again
        for name in ("measured/right", "measured/weight", "train_loss"):
            np.testing.assert_array_equal(record.arrays[name], other.arrays[name])
            np.testing.assert_array_equal(record.arrays[name], stored.arrays[name])
    assert kept.of("BN").measured.keys() == {"right", "weight"}


def test_what_measures_is_part_of_a_run():
    def keys(measure):
        store = MemoryStore()
        sweep(measure).run(store)
        return set(store.records)

    same = {"right": lambda net, data: [torch.ones(()), 2.0]}
    found = [keys(m) for m in ({}, MEASURE, same, {"other": same["right"]})]
    assert len(set.union(*found)) == sum(map(len, found))
    assert keys({"right": lambda net, data: [torch.ones(()), 2.0]}) == found[2]


def test_only_the_evidence_of_a_choice_is_measured():
    recipe = replace(RECIPE, steps=4)
    chosen = tuned({"BN": normed}, DATA, recipe, lrs=[0.1], seeds=(8, 9), measure=MEASURE)
    results = chosen.run(MemoryStore())
    assert results.of("BN").measured["right"].shape == (1, 2, 5)
    assert results.choices["BN", recipe].measured == {}


@pytest.mark.parametrize(
    "measure", [{"a b": right}, {"": right}, {3: right}, {"right": 0.5}, [right], None]
)
def test_what_is_no_measure_is_refused(measure):
    with pytest.raises(ValueError, match=r"give names, of letters, .* with functions of a network"):
        sweep(measure)


@pytest.mark.parametrize("value", ["much", None, [[1], [1, 2]], {"a": 1}, 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(RunFailed, match=r"measure 'm' gave .*; give a number, or an array"):
        sweep({"m": lambda net, data: value}).run(MemoryStore()).of("BN")


def test_other_shapes_are_refused():
    start = {seed: normed(seed)[1].weight for seed in SEEDS}

    def growing(net, data):
        return np.zeros(2 if any(torch.equal(net[1].weight, w) for w in start.values()) else 3)

    words = r"measure 'm' gave an array \[2\] at first and \[3\] later; give one shape"
    with pytest.raises(RunFailed, match=words):
        sweep({"m": growing}).run(MemoryStore()).of("BN")
    sizes = {seed: np.zeros(seed) for seed in SEEDS}

    def by_seed(net, data):
        return next(sizes[s] for s, w in start.items() if torch.equal(net[1].weight, w))

    still = grid({"BN": normed}, DATA, RECIPE, lrs=[0.0], seeds=SEEDS, measure={"m": by_seed})
    with pytest.raises(ValueError, match="measure 'm' gave different shapes for runs"):
        still.run(MemoryStore()).of("BN")
