"""Layers with one mistake each: they fail their own check and no other; right layers pass all."""

import re
from functools import partial

import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.mistakes import MISTAKES, LayerKind, ShortBatchNorm, passes
from bnutils.mistakes.checks import random_numbers
from bnutils.networks.mlp import mlp
from bnutils.wide import stack, stack_layer, unstack
from tests import ROOT
from tests.practice.thirteen import WRONG as THIRTEEN
from tests.practice.thirteen import DoubleEps, MomentumIgnored

PAGE = ROOT / "book" / "implementation" / "mistakes.md"
PACKAGE = ROOT / "bnutils" / "mistakes"
RIGHT = {
    "short": LayerKind(ShortBatchNorm, ShortBatchNorm),
    "ours": LayerKind(BatchNorm1d, BatchNorm2d),
    "PyTorch's": LayerKind(nn.BatchNorm1d, nn.BatchNorm2d),
}


class KerasLike(ShortBatchNorm):
    """Keras 3: the old value weighs 0.99, epsilon is 1e-3, the running variance is biased."""

    def __init__(self, channels, eps=1e-3, momentum=0.01):
        super().__init__(channels, eps, momentum)

    def update(self, x):
        over = self.averaged(x)
        self.running_mean = self.mixed(self.running_mean, x.detach().mean(over))
        self.running_var = self.mixed(self.running_var, x.detach().var(over, correction=0))


KERAS = {"new_weight": 0.01, "eps": 1e-3, "unbiased": False}
OTHER_CONVENTIONS = {
    "Keras": LayerKind(KerasLike, KerasLike, **KERAS),
    "slow": LayerKind(*(partial(k, momentum=0.01) for k in (BatchNorm1d, BatchNorm2d)), 0.01),
    "Keras' epsilon": LayerKind(
        *(partial(k, eps=1e-3) for k in (BatchNorm1d, BatchNorm2d)), eps=1e-3
    ),
    "large epsilon": LayerKind(
        *(partial(k, eps=0.01) for k in (BatchNorm1d, BatchNorm2d)), eps=0.01
    ),
}
NOT_ASKED = (MomentumIgnored, DoubleEps)  # what a layer makes of its arguments: a kind has none
BY_LAYER = {mistake.layer.__name__: mistake for mistake in MISTAKES}


@pytest.mark.parametrize("check", [m.check for m in MISTAKES], ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", RIGHT)
def test_right_layers_pass_every_check(name, check):
    check(RIGHT[name])


@pytest.mark.parametrize("check", [m.check for m in MISTAKES], ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", OTHER_CONVENTIONS)
def test_another_convention_that_is_declared_is_no_mistake(name, check):
    check(OTHER_CONVENTIONS[name])


def test_a_momentum_reversed_is_one_under_keras_convention_too():
    reversed_keras = partial(KerasLike, momentum=0.99)
    kind = LayerKind(reversed_keras, reversed_keras, **KERAS)
    assert [m.name for m in MISTAKES if not passes(m.check, kind)] == ["momentum reversed"]


@pytest.mark.parametrize("name", BY_LAYER)
def test_a_mistake_fails_its_own_check_by_its_numbers_and_passes_the_eleven_others(name):
    mistake = BY_LAYER[name]
    kind = LayerKind(mistake.layer, mistake.layer)
    with pytest.raises(AssertionError):
        mistake.check(kind)
    others = [other.check for other in MISTAKES if other is not mistake]
    assert len(others) == 11
    for check in others:
        check(kind)


@pytest.mark.parametrize("layer", [each for each in THIRTEEN if each not in NOT_ASKED])
def test_mistakes_of_other_kinds_fail_a_check_too(layer):
    kind = LayerKind(layer, layer)
    assert not all(passes(mistake.check, kind) for mistake in MISTAKES)


def test_any_error_counts_as_not_passed():
    def crash(channels):
        raise RuntimeError

    assert not passes(MISTAKES[0].check, LayerKind(crash, crash))


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.BatchNorm1d, (8, 3)), (nn.BatchNorm2d, (4, 3, 5, 2))]
)
def test_the_short_layer_equals_pytorchs_in_outputs_gradients_and_state(layer, shape):
    ours, theirs = ShortBatchNorm(3).double(), layer(3).double()
    with torch.no_grad():
        for one in (ours, theirs):
            one.weight.copy_(torch.tensor([0.5, 1.0, -2.0]))
            one.bias.copy_(torch.tensor([0.0, 1.0, 3.0]))
    for training in (True, True, False):
        found = []
        for one in (ours.train(training), theirs.train(training)):
            x = (3 * random_numbers(*shape).double() - 1).requires_grad_()
            one.zero_grad()
            y = one(x)
            (y * random_numbers(*shape, seed=1).double()).sum().backward()
            found.append([y, x.grad, one.weight.grad, one.bias.grad])
        torch.testing.assert_close(*found)
        for name in ("running_mean", "running_var"):
            torch.testing.assert_close(getattr(ours, name), getattr(theirs, name))


SEEN_IN_TRAINING = {"UnbiasedBatchNorm"}


@pytest.mark.parametrize("name", BY_LAYER)
def test_outputs_in_training_mode_give_only_the_unbiased_variance_away(name):
    x = random_numbers(16, 4)
    same = torch.allclose(BY_LAYER[name].layer(4)(x), nn.BatchNorm1d(4)(x), atol=1e-4)
    assert same == (name not in SEEN_IN_TRAINING)


@pytest.mark.parametrize("name", BY_LAYER)
def test_on_inputs_made_for_it_the_outputs_in_training_mode_give_away_three_more(name):
    layer = BY_LAYER[name].layer
    inputs = {
        "large mean": (nn.BatchNorm1d, random_numbers(256, 4) + 1e4),
        "constant": (nn.BatchNorm1d, torch.full((64, 4), 100.1)),
        "images": (nn.BatchNorm2d, random_numbers(64, 4, 4, 4) + torch.arange(4.0)[:, None, None]),
    }
    differing = {
        key
        for key, (right, x) in inputs.items()
        if not torch.allclose(layer(4)(x), right(4)(x), atol=0.05)
    }
    expected = {"ShortcutBatchNorm": {"large mean"}, "TinyEpsBatchNorm": {"constant"}}
    expected["LastAxisBatchNorm"] = {"images"}
    assert differing == expected.get(name, set())


def test_wrong_axes_are_right_for_images_with_the_channels_last():
    x = random_numbers(4, 5, 6, 3)  # [B, H, W, C]
    wrong = BY_LAYER["LastAxisBatchNorm"].layer(3)
    expected = nn.BatchNorm2d(3)(x.movedim(-1, 1)).movedim(1, -1)
    torch.testing.assert_close(wrong(x), expected)


STACKED = [ShortBatchNorm, *(m.layer for m in MISTAKES if m.layer in stack_layer.registry)]


@pytest.mark.parametrize("layer", STACKED, ids=lambda layer: layer.__name__)
def test_a_stack_computes_what_its_networks_compute_alone(layer):
    def networks():
        return [mlp([6, 5, 4, 3], norm=layer, seed=seed) for seed in range(3)]

    alone, stacked_nets = networks(), networks()
    stacked = stack(stacked_nets)
    x = random_numbers(3, 8, 6) + 1  # [S, B, features]
    for training in (True, True, False):
        stacked.train(training)
        own = torch.stack([net.train(training)(x[s]) for s, net in enumerate(alone)])
        y = stacked(x)
        torch.testing.assert_close(y, own)
    y.sum().backward(), own.sum().backward()
    unstack(stacked, stacked_nets)
    for one, other in zip(alone, stacked_nets, strict=True):
        for name, value in one.state_dict().items():
            torch.testing.assert_close(other.state_dict()[name], value, msg=name)


def test_the_layers_that_the_page_trains_can_be_stacked():
    trained = re.search(r"^arms = \{\n(.*?)^\}", PAGE.read_text("utf-8"), re.M | re.S)[1]
    assert set(re.findall(r": (\w+),", trained)) <= {layer.__name__ for layer in STACKED}


def lines(text):
    return {line.strip() for line in text.splitlines()}


def test_the_fixes_on_the_page_go_from_the_wrong_code_to_the_right():
    wrong = set().union(*(lines(path.read_text("utf-8")) for path in PACKAGE.glob("*.py")))
    right = lines((PACKAGE / "short.py").read_text("utf-8"))
    fixes = re.findall(r"^```diff\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(fixes) == len(MISTAKES)
    for fix in fixes:
        for line in fix.splitlines():
            sign, code = line[0], line[1:].strip()
            if code.startswith("nn.Linear"):  # a layer of the network, not of ours
                continue
            known = wrong if sign == "-" else right
            assert any(own == code or own.startswith(f"{code}  #") for own in known), line


def test_the_page_shows_every_wrong_layer_and_every_check():
    shown = set(re.findall(r"^:pyobject: (\w+)$", PAGE.read_text("utf-8"), re.M))
    for mistake in MISTAKES:
        assert {mistake.layer.__name__, mistake.check.__name__} <= shown
