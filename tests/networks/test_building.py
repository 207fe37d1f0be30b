"""Networks from a reader's function: each of its own, one for a seed, and given back as is."""

import copy
import itertools
import random
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d
from bnutils.networks.building import build_seeded, build_separate
from bnutils.networks.chance import chance, chance_state
from bnutils.networks.mlp import mlp
from bnutils.sweeps._store.folder import FolderStore
from bnutils.sweeps._store.store import MemoryStore
from bnutils.sweeps.fit import fit
from bnutils.sweeps.results import RunFailed
from bnutils.sweeps.sweep import grid
from bnutils.training.recipe import Recipe
from tests.sweeps.sweep_program import tiny_dataset

DATA = tiny_dataset()
IMAGES = DATA.normalise(DATA.train.images[:4])
RECIPE = Recipe(batch_size=10, steps=20, points=1)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")


def normed(seed):
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


NET = normed(0)
BODY = nn.Sequential(nn.Linear(16, 8), nn.ReLU())
NORM = BatchNorm1d(8, affine=False)
WEIGHT = torch.randn(8, 16)
MASK = torch.ones(8)


@cache
def remembered(seed):
    return normed(seed)


def with_weight_of_all(seed):
    net = normed(seed)
    net[1].weight.data = WEIGHT
    return net


def with_part_of_one_tensor(seed):
    net = normed(seed)
    net[4].weight.data = WEIGHT.view(-1)[24 * seed : 24 * seed + 24].view(3, 8)
    return net


def with_tensor_of_all(seed):
    net = normed(seed)
    net[3].mask = MASK
    return net


SHARING = {
    "one network": lambda seed: NET,
    "one network for each seed": remembered,
    "one body": lambda seed: nn.Sequential(nn.Flatten(), BODY, nn.Linear(8, 3)),
    "one normalization": lambda seed: nn.Sequential(nn.Flatten(), nn.Linear(16, 8), NORM),
    "one weight": with_weight_of_all,
    "parts of one tensor": with_part_of_one_tensor,
    "one plain tensor": with_tensor_of_all,
}


@pytest.mark.parametrize("name", SHARING)
@pytest.mark.parametrize(("lrs", "seeds"), [((0.1,), (0,)), ((0.1,), (0, 1)), ((0.1, 0.2), (0,))])
@pytest.mark.parametrize("jobs", [1, 2])
def test_networks_that_share_memory_are_refused(name, lrs, seeds, jobs):
    before = [copy.deepcopy(module.state_dict()) for module in (NET, BODY, NORM)]
    with pytest.raises(RunFailed, match=r"(?s)share the memory of .*copy\.deepcopy\(net\)"):
        fit(SHARING[name], DATA, RECIPE, lrs=lrs, seeds=seeds, jobs=jobs)
    for module, state in zip((NET, BODY, NORM), before, strict=True):
        for key, value in module.state_dict().items():
            assert torch.equal(value, state[key]), key


@pytest.mark.parametrize(
    "build",
    [
        lambda seed: copy.deepcopy(NET),
        lambda seed: nn.Sequential(nn.Flatten(), copy.deepcopy(BODY), nn.Linear(8, 3)),
        lambda seed: nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Identity(), nn.Linear(8, 3)),
    ],
)
def test_copies_all_start_where_the_first_did(build):
    runs = fit(build, DATA, RECIPE, lrs=(0.1, 0.2), seeds=(0, 1), jobs=1)
    start = F.cross_entropy(
        build_seeded(build, 0).eval()(DATA.normalise(DATA.train.images)), DATA.train.labels
    )
    np.testing.assert_allclose(runs.train_loss[:, 0, 0], start.item(), rtol=1e-5)


COUNT = itertools.count()


def restless(seed):
    net = normed(seed)
    net[1].weight.data += next(COUNT)
    return net


def from_the_system(seed):
    net = normed(seed)
    net[1].weight.data += torch.from_numpy(np.random.default_rng().normal(size=(8, 16)))
    return net


def of_any_width(seed):
    return mlp([16, 8 + int(np.random.default_rng().integers(10**6)) % 97, 3], seed=seed)


@pytest.mark.parametrize("build", [restless, from_the_system, of_any_width])
@pytest.mark.parametrize("seeds", [(5,), (5, 6), (5, 5)])
def test_one_seed_gives_one_network(build, seeds):
    with pytest.raises(ValueError, match=r"(?s)two different networks for the seed 5.*default_rng"):
        build_separate(build, seeds, IMAGES[None])


def by_torch(seed):
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))


def by_numpy(seed):
    net = normed(seed)
    net[1].weight.data = torch.from_numpy(np.random.randn(8, 16)).float()
    return net


def by_python(seed):
    net = normed(seed)
    net[1].weight.data *= random.random()
    return net


@pytest.mark.parametrize("build", [by_torch, by_numpy, by_python])
def test_every_source_of_chance_starts_from_the_seed(build):
    first, again, other = build_separate(build, [3, 3, 4], IMAGES[None])
    weights = [torch.cat([p.flatten() for p in net.parameters()]) for net in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    runs = [fit(build, DATA, RECIPE, lrs=(0.1,), seeds=(3,), jobs=jobs) for jobs in (1, 2, 1)]
    for each in runs[1:]:
        np.testing.assert_allclose(each.train_loss, runs[0].train_loss, rtol=1e-5)


def test_chance_outside_goes_on_as_if_nothing_had_been_drawn():
    before = chance_state()
    with chance(7):
        drawn = torch.rand(()).item(), np.random.rand(), random.random()
        inside = chance_state()
    assert chance_state() == before != inside
    with pytest.raises(KeyError), chance(7):
        assert (torch.rand(()).item(), np.random.rand(), random.random()) == drawn
        raise KeyError
    assert chance_state() == before


class Counting(nn.Module):
    """Scales by a number that training changes, in a place that no array holds."""

    def __init__(self, place):
        super().__init__()
        self.place = place
        self.scale = 1.0
        self.scales = [1.0]

    def forward(self, x):
        if self.training:
            self.scale *= 1.1
            self.scales[0] = self.scale
        return x * (self.scale if self.place == "attribute" else self.scales[0])


def closure(seed):
    net, scale = normed(seed), [1.0]

    def hook(layer, inputs, output):
        scale[0] *= 1.1 if layer.training else 1
        return scale[0] * output

    net[3].register_forward_hook(hook)
    return net


LOST = {
    "number": lambda seed: nn.Sequential(nn.Flatten(), nn.Linear(16, 3), Counting("attribute")),
    "list": lambda seed: nn.Sequential(nn.Flatten(), nn.Linear(16, 3), Counting("list")),
    "closure": closure,
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_a_network_that_cannot_be_given_back_is_an_error(tmp_path, name, kind):
    sweep = grid({"odd": LOST[name]}, DATA, RECIPE, lrs=(0.1,), seeds=(0,), keep_networks=True)
    results = sweep.run(FolderStore(tmp_path) if kind == "folder" else MemoryStore(), jobs=1)
    with pytest.raises(RunFailed, match=r"(?s)cannot be made again.*register_buffer"):
        results.of("odd")
