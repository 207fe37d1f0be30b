"""Networks that are more than fresh layers of known types train as in a plain loop."""

import random
from functools import partial
from types import MethodType

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, prune, spectral_norm

from bnutils import BatchNorm1d
from bnutils.networks.chance import chance
from bnutils.networks.mlp import mlp
from bnutils.sweeps.fit import fit
from bnutils.training.batches import batch_indices
from bnutils.training.evaluation import evaluate_networks
from bnutils.training.loop import train_together
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, stack_layer, unstack
from tests.sweeps.sweep_program import tiny_dataset
from tests.training.plain_loop import plain_step

DATA = tiny_dataset()
RECIPE = Recipe(batch_size=10, steps=30, points=2, test=True)
LRS, SEEDS = (0.03, 0.3), (4, 2)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("BNUTILS_LIVE", "0")


def normed(seed):
    """Flatten, Linear, BatchNorm1d, ReLU, Linear."""
    return mlp([16, 8, 3], norm=BatchNorm1d, seed=seed)


def changed(change):
    """A builder of networks that ``change(net, seed)`` makes more than their layers."""

    def build(seed):
        net = normed(seed)
        change(net, seed)
        return net

    return build


def mask_gradient(net, seed):
    mask = torch.rand(net[1].weight.shape) < 0.5
    net[1].weight.register_hook(lambda gradient: gradient * mask)


def double_gradient(net, seed):
    net[4].register_full_backward_hook(lambda layer, to_inputs, of_outputs: None)

    def double(weight):
        weight.grad *= 2

    net[4].weight.register_post_accumulate_grad_hook(double)


def replace_forward(net, seed):
    net[1].forward = MethodType(lambda self, x: 2 * F.linear(x, self.weight), net[1])


def replace_class(net, seed):
    net[3].__class__ = DoubledReLU


def freeze_some(net, seed):
    net[1].weight.requires_grad_(seed == SEEDS[0])


def tie(net, seed):
    net[1] = nn.Linear(16, 16)
    net[2] = nn.Linear(16, 16)
    net[2].weight = net[1].weight
    net[4] = nn.Linear(16, 3)


def share_memory(net, seed):
    tie(net, seed)
    net[2].weight = nn.Parameter(net[1].weight.data)


def two_places(net, seed):
    layer = nn.Linear(16, 16)
    net[1], net[2], net[4] = layer, layer, nn.Linear(16, 3)


def mask_output(net, seed):
    net[3].register_buffer("mask", torch.rand(8).round())
    net[3].register_forward_hook(lambda layer, inputs, output: output * layer.mask)


def count_before(net, seed):
    net[2] = nn.BatchNorm1d(8, momentum=None)
    net[2].num_batches_tracked += seed


def drop_gamma(net, seed):
    net[2] = nn.BatchNorm1d(8)
    net[2].weight = None


def other_option(net, seed):
    net[2].eps = 0.1 * seed


def stop_dropping(net, seed):
    net[3] = nn.Dropout(0.5)
    net[3].eval()


def all_evaluating(net, seed):
    net.eval()


def draw_by_numpy(net, seed):
    net[1].weight.data = torch.from_numpy(np.random.randn(8, 16)).float()
    net[1].label = random.random()


class DoubledReLU(nn.ReLU):
    def forward(self, x):
        return 2 * super().forward(x)


class PlainMask(nn.Module):
    """Keeps what it drew where ``state_dict`` does not see it."""

    def __init__(self, width):
        super().__init__()
        self.mask = (torch.rand(width) < 0.5).float()

    def forward(self, x):
        return x * self.mask


class HiddenMask(PlainMask):
    """As a buffer that ``state_dict`` leaves out, and which moves in training."""

    def __init__(self, width):
        super().__init__(width)
        mask = vars(self).pop("mask")
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        if self.training:
            self.mask = 0.9 * self.mask + 0.1 * x.detach().mean(0)
        return super().forward(x)


class Noise(nn.Module):
    """Adds noise in training, from torch's generator."""

    def forward(self, x):
        return x + torch.randn(x.shape) if self.training else x


class OwnNoise(nn.Module):
    """Adds noise in training, from a generator of its own."""

    def __init__(self):
        super().__init__()
        self.generator = torch.Generator().manual_seed(int(torch.randint(1000, ())))

    def forward(self, x):
        return x + torch.randn(x.shape, generator=self.generator) if self.training else x


class NumPyNoise(nn.Module):
    """Adds noise in training, from NumPy's generator."""

    def forward(self, x):
        return x + torch.from_numpy(np.random.randn(*x.shape)).float() if self.training else x


class Cast(nn.Module):
    def forward(self, x):
        return x.double()


class Single(nn.Module):
    def forward(self, x):
        return x.float()


def sequence(*makers):
    return lambda seed: nn.Sequential(nn.Flatten(), *(maker() for maker in makers))


LINEAR, END = partial(nn.Linear, 16, 8), partial(nn.Linear, 8, 3)
PLAIN = changed(lambda net, seed: None)
# What a stack must refuse, or else do just as the network does.
NETWORKS = {
    "pruned": changed(lambda net, seed: prune.random_unstructured(net[1], "weight", 0.9)),
    "pruned, rows": changed(lambda net, seed: prune.ln_structured(net[1], "weight", 0.5, 2, 0)),
    "weight norm": changed(lambda net, seed: parametrizations.weight_norm(net[1])),
    "spectral norm": changed(lambda net, seed: parametrizations.spectral_norm(net[1])),
    "spectral norm by hooks": changed(lambda net, seed: spectral_norm(net[1])),
    "forward hook": changed(
        lambda net, seed: net[1].register_forward_hook(lambda layer, inputs, output: 2 * output)
    ),
    "hook before": changed(
        lambda net, seed: net[3].register_forward_pre_hook(lambda layer, inputs: inputs[0] + 1)
    ),
    "hook of the whole": changed(
        lambda net, seed: net.register_forward_hook(lambda layer, inputs, output: 2 * output)
    ),
    "mask on a buffer": changed(mask_output),
    "gradient mask": changed(mask_gradient),
    "gradient hooks": changed(double_gradient),
    "replaced method": changed(replace_forward),
    "replaced class": changed(replace_class),
    "one in another mode": changed(lambda net, seed: net[2].eval()),
    "dropout that rests": changed(stop_dropping),
    "all in evaluation mode": changed(all_evaluating),
    "frozen in one network": changed(freeze_some),
    "tied": changed(tie),
    "tied by memory": changed(share_memory),
    "one layer twice": changed(two_places),
    "counted before": changed(count_before),
    "beta alone": changed(drop_gamma),
    "other options": changed(other_option),
    "drawn by NumPy": changed(draw_by_numpy),
    "a plain tensor": sequence(LINEAR, partial(PlainMask, 8), END),
    "a buffer that is not saved": sequence(LINEAR, partial(HiddenMask, 8), END),
    "lazy": sequence(partial(nn.LazyLinear, 8), nn.LazyBatchNorm1d, nn.ReLU, END),
    "noise": sequence(LINEAR, Noise, END),
    "noise of its own": sequence(LINEAR, OwnNoise, END),
    "noise by NumPy": sequence(LINEAR, NumPyNoise, END),
    "dropout of channels": sequence(LINEAR, partial(nn.Dropout1d, 0.4), nn.AlphaDropout, END),
    "random leaks": sequence(LINEAR, nn.RReLU, END),
    "double": sequence(Cast, partial(LINEAR, dtype=torch.double), Single, END),
    "linear on images": lambda seed: nn.Sequential(
        nn.Linear(4, 5), nn.Flatten(), nn.Linear(20, 3)
    ),
}  # fmt: skip
REFUSED = NETWORKS.keys() - {"beta alone", "all in evaluation mode", "linear on images"}


def plain_loop(build, lr, seed):
    with chance(seed):
        net = build(seed)
        if "Lazy" in str(net):
            with torch.no_grad():
                net.eval()(torch.zeros(2, 1, 4, 4))  # tells the layers their size
            net.train()
    start = net.training
    order = batch_indices(len(DATA.train), RECIPE.batch_size, seed)
    with chance(seed):
        for _ in range(RECIPE.steps):
            plain_step(net, DATA, next(order), lr)
    assert net.training is start
    return net


@torch.no_grad()
def measured(net, part):
    logits = net.eval()(DATA.normalise(part.images))
    accuracy = (logits.argmax(1) == part.labels).double().mean().item()
    return F.cross_entropy(logits, part.labels).item(), accuracy


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_back_is_what_was_measured_and_what_a_loop_trains(name):
    build = NETWORKS[name]
    runs = fit(build, DATA, RECIPE, lrs=LRS, seeds=SEEDS, jobs=1)
    for i, lr in enumerate(LRS):
        for j, seed in enumerate(SEEDS):
            net = runs.nets[i][j]
            loss, accuracy = measured(net, DATA.test)
            assert runs.test_loss[i, j] == pytest.approx(loss, rel=1e-4)
            assert runs.test_accuracy[i, j] == pytest.approx(accuracy)
            assert runs.validation_loss[i, j, -1] == pytest.approx(
                measured(net, DATA.validation)[0], rel=1e-4
            )
            expected = plain_loop(build, lr, seed)
            for key, value in expected.state_dict().items():
                torch.testing.assert_close(
                    net.state_dict()[key], value, rtol=1e-3, atol=1e-4, msg=key
                )
            assert measured(expected, DATA.test)[0] == pytest.approx(loss, rel=1e-3)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_stack_refuses_what_it_would_lose(name):
    nets = []
    for seed in SEEDS:
        with chance(seed):
            nets.append(NETWORKS[name](seed))
    with pytest.raises((TypeError, ValueError), match=r"no rule to stack|one architecture"):
        stack(nets)


def test_a_stack_refuses_while_hooks_watch_all_modules():
    nets = [normed(seed) for seed in SEEDS]
    with (
        nn.modules.module.register_module_forward_hook(lambda layer, inputs, output: None),
        pytest.raises(TypeError, match="hooks on all modules"),
    ):
        stack(nets)
    assert stack(nets)


def test_a_stack_leaves_the_networks_and_their_modes_alone():
    nets = [normed(seed) for seed in SEEDS]
    stack(nets).eval()
    assert all(module.training for net in nets for module in net.modules())


class Gain(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(8))

    def forward(self, x):
        return self.gain * x


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda first, layers: Gain(), "no method write_back"),
        (lambda first, layers: nn.Identity(), "does not train as many values"),
        (lambda first, layers: stack_layer.dispatch(nn.Linear)(nn.Linear(1, 1), [nn.Linear(1, 1)]),
         "does not train as many values"),
    ],
)  # fmt: skip
def test_a_rule_that_leaves_something_out_is_refused(monkeypatch, rule, words):
    monkeypatch.setattr(stack_layer, "registry", {**stack_layer.registry, Gain: rule})
    with pytest.raises(TypeError, match=words):
        stack([nn.Sequential(nn.Flatten(), LINEAR(), Gain(), END()) for _ in SEEDS])


class Wrong(nn.Module):
    """Not what Gain computes, though with as many weights."""

    def __init__(self, layers):
        super().__init__()
        self.gain = nn.Parameter(torch.stack([layer.gain.detach() for layer in layers]))

    def forward(self, x):
        return x + self.gain[:, :, None]

    def write_back(self, layers):
        for layer, gain in zip(layers, self.gain, strict=True):
            layer.gain.data.copy_(gain)


def test_a_rule_that_computes_something_else_is_not_used(monkeypatch):
    rule = lambda first, layers: Wrong(layers)  # noqa: E731
    monkeypatch.setattr(stack_layer, "registry", {**stack_layer.registry, Gain: rule})
    build = sequence(LINEAR, Gain, END)
    (run,) = train_together(build, DATA, RECIPE, [(0.1, 3)])
    assert run.test_loss == pytest.approx(
        measured(plain_loop(build, 0.1, 3), DATA.test)[0], rel=1e-3
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_evaluating_several_is_evaluating_each(name):
    nets = []
    for seed in SEEDS:
        with chance(seed):
            nets.append(NETWORKS[name](seed))
            nets[-1](DATA.normalise(DATA.train.images[:10]))  # moves statistics, sizes lazy layers
    modes = [[module.training for module in net.modules()] for net in nets]
    loss, accuracy = evaluate_networks(nets, DATA, DATA.validation)
    assert modes == [[module.training for module in net.modules()] for net in nets]
    for i, net in enumerate(nets):
        assert (loss[i], accuracy[i]) == pytest.approx(measured(net, DATA.validation), rel=1e-4)


def test_nothing_to_evaluate_is_an_error():
    with pytest.raises(ValueError, match="no networks"):
        evaluate_networks([], DATA, DATA.validation)


def test_a_stack_is_not_written_over_one_network_twice():
    net = normed(0)
    other = normed(1)
    other[1].weight = net[1].weight
    for nets in ([net, net], [net, other]):
        with pytest.raises(ValueError, match="share the memory"):
            unstack(stack(nets), nets)
