"""A run is the same alone and beside others: layers that draw, and rates that stand still."""

import time
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d
from bnutils.networks.mlp import mlp
from bnutils.studies.jitter import jittered_batchnorm
from bnutils.sweeps._engine.planning import SameNetwork
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.sweep import grid
from bnutils.training.batches import batch_indices
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from bnutils.training.run import CURVES
from bnutils.wide import stack, stack_apart, stack_layer
from bnutils.wide.rules.drawing import Drawing
from tests.sweeps.sweep_program import tiny_dataset
from tests.training.plain_loop import plain_step

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=20, points=2, test=True)
REPLICAS = [(0.1, 0), (0.1, 1), (0.3, 1), (0.3, 0)]

pytestmark = pytest.mark.usefixtures("one_thread")


class Noise(nn.Module):
    def forward(self, x):
        return x + 0.1 * torch.randn(x.shape)


class Shake(BatchNorm1d):
    """Draws in training alone, and has weights."""

    def forward(self, x):
        y = super().forward(x)
        return y * torch.rand(x.shape) if self.training else y


class NumPyNoise(nn.Module):
    def forward(self, x):
        return x + 0.1 * torch.from_numpy(np.random.randn(*x.shape)).float()


stack_layer.register(Noise, stack_apart)
stack_layer.register(Shake, stack_apart)


def dense(*makers):
    def build(seed):
        layers = [layer for make in makers for layer in (make(), nn.Linear(16, 16), nn.ReLU())]
        return nn.Sequential(nn.Flatten(), nn.Linear(16, 16), *layers, nn.Linear(16, 3))

    return build


def images(seed):
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        Noise(),
        nn.Dropout(0.3),
        nn.Flatten(),
        Noise(),
        nn.Linear(32, 3),
    )


DRAWING = {
    "dropout": dense(partial(nn.Dropout, 0.3), nn.Dropout),
    "noise": dense(Noise, Noise),
    "noise with weights": dense(partial(Shake, 16)),
    "jitter": dense(partial(jittered_batchnorm, 16), partial(jittered_batchnorm, 16)),
    "several": dense(nn.Dropout, Noise, partial(jittered_batchnorm, 16), nn.Dropout),
    "images": images,
    "no rule": dense(partial(nn.Dropout1d, 0.3), nn.RReLU),
    "no rule, by NumPy": dense(NumPyNoise),
}


def assert_same(one, other):
    for name in (*CURVES, "test_loss", "test_accuracy"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=1e-3, atol=1e-5, err_msg=name
        )
    for key, value in one.network.state_dict().items():
        torch.testing.assert_close(other.network.state_dict()[key], value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("batch_size", [5, 10])
@pytest.mark.parametrize("name", DRAWING)
def test_a_run_is_the_same_alone_and_in_any_company(name, batch_size):
    recipe = Recipe(batch_size, steps=20, points=2, test=True)
    together = train_together(DRAWING[name], DATA, recipe, REPLICAS)
    backwards = train_together(DRAWING[name], DATA, recipe, REPLICAS[::-1])[::-1]
    for replica, run, other in zip(REPLICAS, together, backwards, strict=True):
        (alone,) = train_together(DRAWING[name], DATA, recipe, [replica])
        assert_same(alone, run)
        assert_same(alone, other)


@pytest.mark.parametrize("name", ["dropout", "noise", "noise with weights", "jitter", "several"])
def test_these_train_side_by_side(name):
    stacked = stack([DRAWING[name](seed) for seed in range(2)])
    assert any(isinstance(module, Drawing) for module in stacked.modules())


@pytest.mark.parametrize("name", ["noise", "noise with weights", "jitter"])
def test_it_is_what_a_plain_loop_gives(name):
    run = train_together(DRAWING[name], DATA, Recipe(10, 20, 1), REPLICAS)[1]
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(1)
        net = DRAWING[name](1)
        torch.manual_seed(1)
        order = batch_indices(len(DATA.train), 10, 1)
        for part in (DATA.train, DATA.validation):  # measured at the start, which may draw
            net.eval()(DATA.normalise(part.images))
        net.train()
        for _ in range(20):
            plain_step(net, DATA, next(order), 0.1)
    for key, value in net.state_dict().items():
        torch.testing.assert_close(run.network.state_dict()[key], value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [Noise, NumPyNoise])
def test_a_rule_that_draws_for_all_at_once_is_an_error(monkeypatch, kind):
    shared = {**stack_layer.registry, kind: lambda first, layers: kind()}
    monkeypatch.setattr(stack_layer, "registry", shared)
    monkeypatch.setattr("bnutils.training.loop.side_by_side", lambda nets, *_: [stack(nets)])
    with pytest.raises(RuntimeError, match=r"all networks share.*stack_apart"):
        train_together(dense(kind), DATA, RECIPE, REPLICAS)


def test_layers_with_matrices_do_not_work_apart():
    with pytest.raises(TypeError, match="no layer with matrices"):
        stack_apart(nn.Linear(1, 1), [nn.Linear(1, 1)])


@pytest.mark.parametrize("build", [partial(mlp, [16, 8, 3]), DRAWING["no rule"], images])
@pytest.mark.parametrize("beside", [[], [(0.3, 1)], [(0.0, 1), (0.3, 1)]])
def test_a_rate_of_zero_has_gradients_and_moves_nothing(beside, build):
    def seeded(seed):
        return build(seed) if not isinstance(build, partial) else build(seed=seed)

    recipe = Recipe(batch_size=10, steps=1, points=1)
    run, *others = train_together(seeded, DATA, recipe, [(0.0, 2), *beside])
    (moved,) = train_together(seeded, DATA, recipe, [(1e-3, 2)])
    np.testing.assert_allclose(run.gradient_norm[1], moved.gradient_norm[1], rtol=1e-4)
    assert all(np.isfinite(each.gradient_norm[1]).all() for each in (run, *others))
    (start,) = train_together(seeded, DATA, Recipe(10, 0, 1), [(0.1, 2)])
    for key, value in start.network.named_parameters():
        assert torch.equal(dict(run.network.named_parameters())[key], value)


def sleepy(seed):
    net = mlp([16, 8, 3], seed=seed)
    net[1].register_forward_pre_hook(lambda layer, inputs: time.sleep(0.02))
    return net


def test_seconds_are_those_of_the_processor():
    since = time.perf_counter()
    (run,) = train_together(sleepy, DATA, RECIPE, [(0.1, 0)])
    passed, slept = time.perf_counter() - since, 0.02 * RECIPE.steps
    assert 0 < run.seconds < passed - slept


def late_bound():
    return {width: lambda seed: mlp([16, width, 3], seed=seed) for width in (4, 8)}  # noqa: B023


def equal_partials():
    return {"a": partial(mlp, [16, 4, 3]), "b": partial(mlp, [16, 4, 3])}


def equal_functions():
    def one(seed):
        return mlp([16, 4, 3], seed=seed)

    def other(seed):
        return mlp([16, 4, 3], seed=seed)

    return {"one": one, "between": partial(mlp, [16, 5, 3]), "other": other}


@pytest.mark.parametrize("arms", [late_bound, equal_partials, equal_functions])
def test_arms_that_are_one_network_are_told(arms, monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    sweep = grid(arms(), DATA, Recipe(10, 1, 1), lrs=(0.1,), seeds=(0,))
    with pytest.warns(SameNetwork, match="build the same networks") as caught:
        sweep.run(MemoryStore(), jobs=1)
    assert len(caught) == 1 and caught[0].filename == __file__


def test_one_function_may_have_two_labels(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    build = equal_functions()["one"]
    sweep = grid({"a": build, "b": build}, DATA, Recipe(10, 1, 1), lrs=(0.1,), seeds=(0,))
    sweep.run(MemoryStore(), jobs=1)
