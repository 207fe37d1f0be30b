"""Optimizers for many networks at once against torch.optim on each network alone."""

import copy
import json
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.data.dataset import Dataset, Part
from bnutils.layers.dyt import DyT
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.layers.weight_standardization import with_standardized_weights
from bnutils.networks.building import build_seeded
from bnutils.networks.mlp import mlp
from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps.sweep import grid
from bnutils.training.batches import batch_indices
from bnutils.training.descent import descend
from bnutils.training.loop import train_together
from bnutils.training.optimizers import SGD, AdamW
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, unstack
from bnutils.wide.rules.drawing import Apart, seed_draws
from bnutils.wide.spreading import spread
from bnutils.wide.together import Alone
from tests.layers.values import close, seeded
from tests.sweeps.sweep_program import tiny_dataset
from tests.training.plain_loop import plain_gradients
from tests.wide.test_company import DRAWING
from tests.wide.test_rules import STACKS
from tests.wide.test_stacking import IMAGE, NETWORKS
from tests.wide.test_stacking import build as built

REPLICAS = [(0.01, 3), (0.002, 4)]
# With a smaller eps AdamW makes steps of rounding noise, which is all the gradient that a shift
# before batch normalization has: torch.optim itself then differs when its weights are rounded.
ALL = [SGD(momentum=0.8, nesterov=True, weight_decay=0.1), AdamW(eps=1e-3, weight_decay=0.5)]
OTHERS = [SGD(momentum=0.9), SGD(weight_decay=0.1), AdamW(), AdamW((0.8, 0.9), 1e-2, 0)]
SHAPES = {name: shape for name, (shape, _) in NETWORKS.items()}
SHAPES |= {f"rule: {name}": (6,) for name in STACKS}
SHAPES["layers: all"] = (6,)
SHAPES |= {f"drawing: {name}": (1, 4, 4) for name in DRAWING if not name.startswith("no rule")}

pytestmark = pytest.mark.usefixtures("one_thread")


class AsTheyAre(Dataset):
    """Images that keep their precision."""

    def normalise(self, images):
        return images


def dataset(shape, dtype):
    images = seeded(60, *[1] * (3 - len(shape)), *shape).to(dtype)
    part, ones = Part(images, torch.arange(60) % 3), torch.ones(1)
    return AsTheyAre("x", part, part, part, ("0", "1", "2"), 1.0, ones, ones)


def every_layer(seed):
    """A network of all layers of this library, with no shift before batch normalization."""
    norms = [
        BatchNorm1d,
        partial(GhostBatchNorm1d, group_size=4),
        BatchRenorm1d,
        SyncBatchNorm1d,
        DyT,
    ]
    layers = [each for n in norms for each in (nn.Linear(6, 6, bias=False), n(6), nn.Tanh())]
    ends = with_standardized_weights(mlp([6, 6, 3], seed=seed))
    return nn.Sequential(BatchNorm2d(1), nn.Tanh(), nn.Flatten(), *layers, *ends)


def build(name, seed):
    kind, _, rest = name.partition(": ")
    if rest:
        return build_seeded(
            {"rule": STACKS, "drawing": DRAWING, "layers": {"all": every_layer}}[kind][rest], seed
        )
    net = built(name, seed)
    return net if SHAPES[name] == IMAGE else nn.Sequential(nn.Flatten(), *net)


def by_torch(net, data, recipe, lr, seed):
    order = batch_indices(len(data.train), recipe.batch_size, seed)
    kind = getattr(torch.optim, type(recipe.optimizer).__name__)
    optimizer = kind(net.parameters(), lr, **vars(recipe.optimizer))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)  # what layers draw from
        for step in range(1, recipe.steps + 1):
            optimizer.param_groups[0]["lr"] = lr * recipe.lr_factor(step)
            plain_gradients(net, data, next(order))
            optimizer.step()


def assert_equals_torch(nets, shape, optimizer, steps, dtype, tolerance, alone=False):
    """Train ``nets`` in a stack, or one by one, and compare what torch.optim makes of each."""
    recipe = Recipe(8, steps, points=1, warmup=0.3, drop_at=0.7, optimizer=optimizer)
    data, expected = dataset(shape, dtype), copy.deepcopy(nets)
    for net, (lr, seed) in zip(expected, REPLICAS, strict=False):
        by_torch(net, data, recipe, lr, seed)
    wide = None if alone else stack(nets)
    parts = [(Alone(n), [r]) for n, r in zip(nets, REPLICAS, strict=False)] if alone else []
    for stacked, replicas in parts or [(wide, REPLICAS)]:
        lrs, seeds = zip(*replicas, strict=True)
        seed_draws(stacked, seeds)
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seeds[0])
            for _ in descend(stacked, data, recipe, lrs=lrs, seeds=seeds):
                pass
    if wide is not None:
        unstack(wide, nets)
    for net, reference in zip(nets, expected, strict=True):
        for name, value in reference.state_dict().items():
            found = net.state_dict()[name]
            close(found, value, rtol=tolerance, atol=tolerance, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.parametrize("optimizer", ALL, ids=repr)
@pytest.mark.parametrize("name", SHAPES)
def test_every_rule_trains_as_torch_does(name, optimizer):
    nets = [build(name, seed).double() for _, seed in REPLICAS]
    assert_equals_torch(nets, SHAPES[name], optimizer, 10, torch.float64, 1e-10)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
@pytest.mark.parametrize("optimizer", [*ALL, AdamW()], ids=repr)
@pytest.mark.parametrize(
    ("name", "alone"),
    [("convolutions", False), ("rule: residual in residual", True), ("layers: all", False)],
)
def test_it_stays_so_for_many_steps(name, alone, optimizer, dtype, tolerance):
    nets = [build(name, seed).to(dtype) for _, seed in REPLICAS]
    assert_equals_torch(nets, SHAPES[name], optimizer, 200, dtype, tolerance, alone)


class Sometimes(nn.Module):
    """One weight has a gradient at every third pass, one never."""

    def __init__(self):
        super().__init__()
        self.gain, self.unused = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(2))
        self.passes = 0

    def forward(self, x):
        self.passes += 1
        return x if self.passes % 3 else x * self.gain


@pytest.mark.parametrize("optimizer", [*ALL, *OTHERS], ids=repr)
def test_a_weight_without_gradient_is_left_out(optimizer):
    nets = [nn.Sequential(nn.Flatten(), Sometimes(), nn.Linear(6, 3)).double()]
    assert_equals_torch(nets, (6,), optimizer, 12, torch.float64, 1e-10, alone=True)
    assert nets[0][1].unused.tolist() == [1, 1] and nets[0][1].gain != 1


def test_values_lie_where_the_weights_of_their_networks_do():
    for name in SHAPES:
        nets = [build(name, seed) for _, seed in REPLICAS]
        for net, value in zip(nets, (2.0, 5.0), strict=True):
            for parameter in net.parameters():
                parameter.data.fill_(value)
        stacked = stack(nets)
        found = spread((2.0, 5.0), stacked)
        assert list(found) == [p for p in stacked.parameters() if p.requires_grad]
        for parameter, values in found.items():
            assert torch.equal(values.expand_as(parameter), parameter), name
    apart = stack([build("drawing: noise with weights", 0)])
    assert any(isinstance(module, Apart) for module in apart.modules())


def test_a_weight_that_does_not_divide_among_the_networks_is_an_error():
    stacked = nn.Linear(4, 3)
    with pytest.raises(ValueError, match=r"of 2 networks has a parameter \[3, 4\].*first dimen"):
        spread((0.1, 0.2), stacked)


def normed(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


@pytest.mark.parametrize("optimizer", [*ALL, *OTHERS], ids=repr)
def test_gradients_are_measured_without_the_learning_rate(optimizer):
    replicas = [(0.1, 0), (0.4, 0), (0.0, 0)]
    plain, other = (
        train_together(normed, tiny_dataset(), recipe, replicas)
        for recipe in (Recipe(10, 1, 1, 1.0), Recipe(10, 1, 1, 1.0, optimizer=optimizer))
    )
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(two.gradient_norm[1], one.gradient_norm[1], rtol=1e-5)
    still = other[2].network.state_dict()
    assert all(torch.equal(still[k], v) for k, v in normed(0).named_parameters())


def test_results_tell_optimizers_apart(tmp_path):
    recipes = [Recipe(10, 5, 1, optimizer=o) for o in (SGD(), SGD(momentum=0.9), AdamW())]
    sweep = grid({"BN": normed}, tiny_dataset(), recipes, lrs=[0.01, 0.1], seeds=[0])
    results = sweep.run(FolderStore(tmp_path), jobs=1)
    assert len({run.key for run in results.runs}) == 6
    words = ["SGD()", "SGD(momentum=0.9)", "AdamW()"]
    assert results.table()["optimizer"].tolist() == [w for w in words for _ in range(2)]
    ends = [results.of("BN", optimizer=r.optimizer).train_loss[1, 0, -1] for r in recipes]
    assert len(set(ends)) == 3
    with pytest.raises(ValueError, match=r"optimizer=SGD\(\); optimizer=SGD\(momentum=0\.9\); opt"):
        results.of("BN")
    again = grid({"BN": normed}, tiny_dataset(), recipes[2], lrs=[0.1], seeds=[0])
    (run,) = again.run(FolderStore(tmp_path), jobs=1).runs
    assert run.key == results.runs[5].key and "optimizer" not in again.run(jobs=1).table()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SGD(momentum=1.5), r"momentum is 1\.5; give a number from 0 to 1"),
        (lambda: SGD(weight_decay=-1), "weight_decay is -1; give a number of at least 0"),
        (lambda: SGD(nesterov=True), "nesterov is True but momentum is 0; give momentum"),
        (lambda: SGD(0.9, nesterov="yes"), "nesterov is 'yes'; give True or False"),
        (lambda: AdamW(betas=0.9), r"betas is 0\.9; give two numbers below 1"),
        (lambda: AdamW(betas=(0.9,)), r"betas is \(0\.9,\); give two numbers below 1"),
        (lambda: AdamW(betas=(0.9, 1)), r"betas is \(0\.9, 1\); give two numbers below 1"),
        (lambda: AdamW(betas=("a", 0.9)), "a beta is 'a'; give a number"),
        (lambda: AdamW(eps=-1e-8), "eps is -1e-08; give a number of at least 0"),
        (lambda: Recipe(optimizer="AdamW"), r"optimizer is 'AdamW'; give SGD\(momentum=0\.9\), s"),
        (lambda: Recipe(optimizer=AdamW), "optimizer is <class .*; give SGD"),
        (lambda: Recipe(optimizer=torch.optim.SGD([torch.ones(1)])), "(?s)optimizer is SGD .*; g"),
    ],
)
def test_settings_of_another_kind_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_settings_are_plain_values():
    assert AdamW(np.array([0.5, 0.9]), np.float32(0), np.int64(1)) == AdamW((0.5, 0.9), 0.0, 1.0)
    assert json.dumps(vars(AdamW(np.array([0.5, 0.75])))).startswith('{"betas": [0.5, 0.75]')
    assert hash(Recipe()) == hash(Recipe(optimizer=SGD(np.float64(0)))) != hash(Recipe(10))
