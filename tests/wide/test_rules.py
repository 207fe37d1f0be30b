"""The rules for the layers of this library: stacks of them against each network alone."""

import copy
import shutil
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import bnutils
from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.layers.dyt import DyT
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.layers.weight_standardization import (
    with_standardized_weights,
)
from bnutils.networks.deep import residual_mlp
from bnutils.networks.mlp import mlp
from bnutils.networks.residual import Residual
from bnutils.networks.skipinit import SkipInit
from bnutils.surgery.frozen import frozen
from bnutils.sweeps._store.fingerprint import Digester
from bnutils.sweeps._store.sources import code_origin, library_digest, source_digest
from bnutils.training.loop import train_together
from bnutils.wide import stack, stack_layer, unstack
from tests import ROOT
from tests.layers.values import away_from_start, close, seeded


def families(norm):
    return lambda seed: mlp([6, 8, 8, 3], norm=norm, seed=seed)


def moved(net):
    """The network with running statistics that are not those of a fresh one."""
    net(seeded(9, 6, dtype=torch.float32))
    return net


def deep(block, norm=None):
    return lambda seed: residual_mlp(6, 3, width=8, blocks=2, block=block, norm=norm, seed=seed)


STACKS = {
    "ghost": families(partial(GhostBatchNorm1d, group_size=4)),
    "ghost, bare": families(
        partial(GhostBatchNorm1d, group_size=4, affine=False, track_running_stats=False)
    ),
    "ghost, settings": families(
        partial(GhostBatchNorm1d, group_size=4, eps=1e-2, momentum=None, bias=False)
    ),
    "renorm": families(BatchRenorm1d),
    "renorm, settings": families(
        partial(BatchRenorm1d, r_max=1.5, d_max=0.5, eps=1e-2, momentum=0.3, bias=False)
    ),
    "renorm, bare": families(partial(BatchRenorm1d, affine=False)),
    "synchronized": families(SyncBatchNorm1d),
    "synchronized, settings": families(partial(SyncBatchNorm1d, eps=1e-2, affine=False)),
    "frozen": lambda seed: frozen(moved(families(BatchNorm1d)(seed))),
    "rms": families(partial(nn.RMSNorm, eps=1e-5)),
    "rms, bare": families(partial(nn.RMSNorm, elementwise_affine=False)),
    "ws": lambda seed: with_standardized_weights(mlp([6, 8, 8, 3], norm=nn.LayerNorm, seed=seed)),
    "ws, biases": lambda seed: nn.Sequential(*with_standardized_weights(mlp([6, 8, 3], seed=seed))),
    "dyt": families(partial(DyT, alpha_init=0.8)),
    "residual": deep(Residual, BatchNorm1d),
    "residual in residual": lambda seed: nn.Sequential(
        nn.Flatten(),
        Residual(SkipInit(nn.Linear(6, 6), nn.Tanh(), alpha_init=0.3)),
        nn.Linear(6, 3),
    ),
    "skipinit": deep(SkipInit, DyT),
    "skipinit, started": deep(partial(SkipInit, alpha_init=0.4)),
}


def train(net, images, labels, stacked):
    for x, y in zip(images, labels, strict=True):
        net.zero_grad()
        logits = net(x)
        if stacked:
            loss = F.cross_entropy(logits.mT, y, reduction="none").mean(1).sum()
        else:
            loss = F.cross_entropy(logits, y)
        loss.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.05 * parameter.grad


@pytest.mark.parametrize("name", STACKS)
def test_side_by_side_equals_one_by_one(name):
    seeds, steps = (3, 4, 5), 30
    together = []
    for seed in seeds:
        torch.manual_seed(seed)
        together.append(away_from_start(STACKS[name](seed).double(), seed))
    alone, start = copy.deepcopy(together), copy.deepcopy(together)
    x = seeded(steps, len(seeds), 8, 6)
    y = torch.randint(3, (steps, len(seeds), 8), generator=torch.Generator().manual_seed(1))
    for i, net in enumerate(alone):
        train(net, x[:, i], y[:, i], stacked=False)
    stacked = stack(together)
    train(stacked, x, y, stacked=True)
    unstack(stacked, together)
    outputs = stacked.eval()(x[0])
    for i, (net, reference, old) in enumerate(zip(together, alone, start, strict=True)):
        close(net.state_dict(), reference.state_dict())
        close(outputs[i], reference.eval()(x[0, i]))
        for key, value in net.named_parameters():
            assert not torch.equal(value, old.state_dict()[key]), key


def test_every_rule_of_the_library_is_proved():
    proved = {type(layer) for make in STACKS.values() for layer in make(0).modules()}
    rooms = ("bnutils.layers.", "bnutils.networks.", "bnutils.surgery.")
    rules = {kind for kind in stack_layer.registry if kind.__module__.startswith(rooms)}
    assert len(rules) > 8 and rules - {BatchNorm2d} <= proved  # that one in test_stacking


def test_a_change_of_any_rule_changes_the_key_of_a_run(tmp_path, monkeypatch):
    copied = shutil.copytree(ROOT / "bnutils", tmp_path / "bnutils")
    monkeypatch.setattr(bnutils, "__path__", [str(copied)])

    def key():
        for cache in (code_origin, library_digest, source_digest):
            cache.cache_clear()
        return Digester().digest(train_together)

    keys = [key()]
    for file in sorted((copied / "wide" / "rules").glob("*.py")):
        file.write_text(file.read_text("utf-8") + "\nNEW = 1\n", "utf-8")
        keys.append(key())
    monkeypatch.undo()
    assert len(keys) > 6 and len(set(keys)) == len(keys)
    assert key() == keys[0]


def test_frozen_parameters_stay_frozen_in_a_stack():
    nets = [nn.Sequential(SkipInit(nn.Linear(3, 3)), DyT(3), nn.RMSNorm(3)) for _ in range(2)]
    for net in nets:
        net.requires_grad_(False)
    assert not any(parameter.requires_grad for parameter in stack(nets).parameters())


def test_no_rule_for_an_rms_over_several_dimensions():
    with pytest.raises(TypeError, match="several dimensions"):
        stack([nn.Sequential(nn.RMSNorm((2, 3)))])
