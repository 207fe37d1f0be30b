"""The smallest experiment: every learning rate and seed, in this process or several."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.sweeps.fit import fit
from bnutils.sweeps.results import RunFailed
from bnutils.training.batches import batch_indices
from bnutils.training.recipe import Recipe
from bnutils.training.run import CURVES
from tests.sweeps.sweep_program import tiny_dataset

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=20, points=2, test=True)
LRS, SEEDS = (0.03, 0.3), (4, 2, 7)


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_RUNS", str(tmp_path / "runs"))


def normed(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


def unknown(_):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.PReLU(), nn.Linear(8, 3))


def plain_loop(build, lr, seed):
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        net = build(seed)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    order = batch_indices(len(DATA.train), RECIPE.batch_size, seed)
    for _ in range(RECIPE.steps):
        index = next(order)
        optimizer.zero_grad()
        logits = net(DATA.normalise(DATA.train.images[index]))
        F.cross_entropy(logits, DATA.train.labels[index]).backward()
        optimizer.step()
    return net.eval()


def assert_close(runs, others):
    assert (runs.lrs, runs.seeds, runs.steps) == (others.lrs, others.seeds, others.steps)
    for name in (*CURVES, "test_loss", "test_accuracy"):
        np.testing.assert_allclose(
            getattr(runs, name), getattr(others, name), rtol=1e-5, atol=1e-5, err_msg=name
        )
    for row, other_row in zip(runs.nets, others.nets, strict=True):
        for net, other in zip(row, other_row, strict=True):
            for name, value in net.state_dict().items():
                torch.testing.assert_close(
                    other.state_dict()[name], value, rtol=1e-5, atol=1e-5, msg=name
                )


@pytest.mark.parametrize("build", [normed, unknown])
def test_gives_what_a_plain_loop_gives(build):
    runs = fit(build, DATA, RECIPE, lrs=LRS, seeds=SEEDS, jobs=1)
    assert (runs.lrs, runs.seeds, runs.steps) == (LRS, SEEDS, (0, 10, 20))
    assert runs.validation_loss.shape == (2, 3, 3) and runs.seconds > 0
    for i, lr in enumerate(LRS):
        for j, seed in enumerate(SEEDS):
            reference = plain_loop(build, lr, seed)
            for name, value in reference.state_dict().items():
                own = runs.nets[i][j].state_dict()[name]
                torch.testing.assert_close(own, value, rtol=1e-4, atol=1e-5, msg=name)
            logits = reference(DATA.normalise(DATA.test.images))
            loss = F.cross_entropy(logits, DATA.test.labels).item()
            assert runs.test_loss[i, j] == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("build", [normed, unknown])
def test_processes_give_the_numbers_of_one(build):
    here, there = (fit(build, DATA, RECIPE, lrs=LRS, seeds=SEEDS, jobs=jobs) for jobs in (1, 2))
    assert_close(here, there)


def test_functions_that_cannot_be_imported_reach_the_processes():
    width = 6
    here, there = (
        fit(lambda seed: mlp([16, width, 3], seed=seed), DATA, RECIPE, lrs=(0.1,), jobs=jobs)
        for jobs in (1, 2)
    )
    assert here.seeds == (0, 1, 2, 3, 4)
    assert_close(here, there)


def test_leaves_nothing_on_disk(tmp_path):
    fit(normed, DATA, RECIPE, lrs=(0.1,), seeds=(0,), jobs=1)
    assert not list(tmp_path.iterdir())


def test_a_training_that_fails_says_which_and_why():
    def build(seed):
        if seed == 2:
            raise RuntimeError("no network today")
        return normed(seed)

    with pytest.raises(RunFailed, match=r"lr=0\.1, seed=2 failed: RuntimeError: no network today"):
        fit(build, DATA, RECIPE, lrs=(0.1,), seeds=range(3), jobs=1)
