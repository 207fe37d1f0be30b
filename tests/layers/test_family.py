"""The relatives of batch normalization against closed forms, PyTorch's layers and their limits."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.dyt import DyT
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.rmsnorm import RMSNorm
from bnutils.layers.weight_standardization import (
    WSConv2d,
    WSLinear,
    standardize,
    with_standardized_weights,
)
from bnutils.networks.deep import residual_mlp
from bnutils.networks.mlp import mlp
from bnutils.networks.residual import Residual
from bnutils.networks.skipinit import SkipInit
from bnutils.wide import stack, stack_layer, unstack

pytestmark = pytest.mark.usefixtures("one_thread")
CHANNELS = 4
close = partial(torch.testing.assert_close, rtol=1e-10, atol=1e-10)


def seeded(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def away_from_start(layer, seed=1):
    """The layer with parameters that their initial values do not make a special case."""
    with torch.no_grad():
        for i, parameter in enumerate(layer.parameters()):
            parameter += 0.3 * seeded(*parameter.shape, seed=seed + i).to(parameter.dtype)
    return layer


def double(kind, *args, **settings):
    return away_from_start(kind(*args, **settings).double())


def gradients(layer, x):
    leaf = x.clone().requires_grad_()
    y = layer(leaf)
    inputs = [leaf, *layer.parameters()]
    return y, torch.autograd.grad((y * seeded(*y.shape, seed=9)).sum(), inputs)


# Ghost batch normalization


@pytest.mark.parametrize("shape", [(12, CHANNELS), (12, CHANNELS, 5)])
def test_ghost_is_batch_normalization_of_every_group(shape):
    layer = double(GhostBatchNorm1d, CHANNELS, 3)
    x = 2 * seeded(*shape) - 1
    means, variances = [], []
    parts = []
    for part in x.split(3):
        dims = [0, *range(2, x.dim())]
        means.append(part.mean(dims))
        variances.append(part.var(dims, correction=1))
        parts.append(F.batch_norm(part, None, None, layer.weight, layer.bias, True, eps=layer.eps))
    expected = torch.cat(parts)
    close(layer(x), expected)
    close(layer.running_mean, 0.1 * torch.stack(means).mean(0))
    close(layer.running_var, 0.9 + 0.1 * torch.stack(variances).mean(0))
    assert layer.num_batches_tracked == 1


def test_ghost_with_one_group_is_batch_normalization():
    ghost, batch = double(GhostBatchNorm1d, CHANNELS, 8), double(BatchNorm1d, CHANNELS)
    for step in range(3):
        x = seeded(8, CHANNELS, seed=step) + 3
        for a, b in zip(gradients(ghost, x), gradients(batch, x), strict=True):
            close(a, b)
    close(ghost.state_dict(), batch.state_dict())
    close(ghost.eval()(x), batch.eval()(x))


def test_ghost_groups_of_one_sequence_are_instance_normalization():
    x = seeded(6, CHANNELS, 7)
    close(GhostBatchNorm1d(CHANNELS, 1).double()(x), nn.InstanceNorm1d(CHANNELS, dtype=x.dtype)(x))


def test_ghost_groups_do_not_feel_each_other():
    layer, x = GhostBatchNorm1d(CHANNELS, 4), seeded(8, CHANNELS, dtype=torch.float32)
    other = torch.cat([x[:4], 5 * x[4:] + 1])
    assert torch.equal(layer(x)[:4], layer(other)[:4])


def test_ghost_takes_what_batch_normalization_saved_and_any_batch_in_evaluation():
    batch = double(BatchNorm1d, CHANNELS)
    batch(seeded(8, CHANNELS))
    ghost = GhostBatchNorm1d(CHANNELS, 4).double()
    ghost.load_state_dict(batch.state_dict())
    x = seeded(3, CHANNELS, seed=5)
    close(ghost.eval()(x), batch.eval()(x))


def test_ghost_without_running_statistics_groups_in_evaluation_too():
    layer = GhostBatchNorm1d(CHANNELS, 2, track_running_stats=False, affine=False).eval().double()
    x = seeded(6, CHANNELS)
    close(layer(x), layer.train()(x))
    assert layer.state_dict() == {}


def test_ghost_refuses_what_does_not_divide():
    with pytest.raises(ValueError, match=r"batch of 7 .* groups of 4.*multiple of 4"):
        GhostBatchNorm1d(CHANNELS, 4)(torch.zeros(7, CHANNELS))
    with pytest.raises(ValueError, match=r"more than 1 value per channel in a group"):
        GhostBatchNorm1d(CHANNELS, 1)(torch.zeros(4, CHANNELS))
    with pytest.raises(ValueError, match="group_size is 0"):
        GhostBatchNorm1d(CHANNELS, 0)
    with pytest.raises(ValueError, match="2D or 3D"):
        GhostBatchNorm1d(CHANNELS, 2)(torch.zeros(4))
    assert GhostBatchNorm1d(CHANNELS, 2)(torch.zeros(0, CHANNELS)).shape == (0, CHANNELS)


# Batch renormalization


def renormalized(x, layer):
    """Algorithm 1 of the paper, line by line, for vectors."""
    mu, sigma = layer.running_mean, (layer.running_var + layer.eps).sqrt()
    mu_b = x.mean(0)
    sigma_b = ((x - mu_b).square().mean(0) + layer.eps).sqrt()
    r = (sigma_b / sigma).clip(1 / layer.r_max, layer.r_max).detach()
    d = ((mu_b - mu) / sigma).clip(-layer.d_max, layer.d_max).detach()
    return layer.weight * ((x - mu_b) / sigma_b * r + d) + layer.bias


@pytest.mark.parametrize(("r_max", "d_max"), [(1.0, 0.0), (1.2, 0.3), (3.0, 5.0), (1e9, 1e9)])
def test_renorm_is_the_paper_s_algorithm(r_max, d_max):
    layer = double(BatchRenorm1d, CHANNELS, r_max, d_max)
    for step in range(4):
        x = 3 * seeded(6, CHANNELS, seed=step) + torch.arange(CHANNELS)
        before = copy.deepcopy(layer)
        y, found = gradients(layer, x)
        expected, wanted = gradients(partial_module(before), x)
        close(y, expected)
        for a, b in zip(found, wanted, strict=True):
            close(a, b)
        close(layer.running_mean, before.running_mean.lerp(x.mean(0), 0.1))
        close(layer.running_var, before.running_var.lerp(x.var(0), 0.1))
        assert layer.num_batches_tracked == step + 1


class partial_module(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.weight, self.bias, self.layer = layer.weight, layer.bias, [layer]

    def forward(self, x):
        return renormalized(x, self.layer[0])


def test_renorm_without_room_is_batch_normalization():
    renorm, batch = double(BatchRenorm1d, CHANNELS, 1.0, 0.0), double(BatchNorm1d, CHANNELS)
    for step in range(3):
        x = seeded(8, CHANNELS, 5, seed=step) + 3
        for a, b in zip(gradients(renorm, x), gradients(batch, x), strict=True):
            close(a, b)
    close(renorm.state_dict(), batch.state_dict())


def test_renorm_without_limits_trains_with_what_evaluation_returns():
    layer = double(BatchRenorm1d, CHANNELS, float("inf"), float("inf"))
    layer(5 * seeded(8, CHANNELS) + 2)
    x = seeded(2, CHANNELS, seed=3)
    expected = copy.deepcopy(layer).eval()(x)
    close(layer(x), expected)


def test_renorm_limits_are_attributes_that_a_schedule_may_move():
    layer, batch = (kind(CHANNELS).double() for kind in (BatchRenorm1d, BatchNorm1d))
    layer.r_max, layer.d_max = 1.0, 0.0
    x = 4 * seeded(8, CHANNELS) + 2
    close(layer(x), batch(x))
    layer.r_max, layer.d_max = 3.0, 5.0
    assert not torch.allclose(layer(x), batch(x))


def test_renorm_clips_by_hand():
    layer = BatchRenorm1d(1, 2.0, 1.0, eps=0.0, affine=False, dtype=torch.float64)
    # Mean 10 and deviation 6 against 0 and 1: r = 6 becomes 2, d = 10 becomes 1.
    y = layer(torch.tensor([[4.0], [16.0]], dtype=torch.float64))
    close(y, torch.tensor([[-1.0], [3.0]], dtype=torch.float64))


def test_renorm_refuses_limits_without_the_identity_and_one_value():
    for limits in ((0.9, 0.0), (1.0, -0.1), (float("nan"), 0.0)):
        with pytest.raises(ValueError, match="at least 1 and at least 0"):
            BatchRenorm1d(CHANNELS, *limits)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        BatchRenorm1d(CHANNELS)(torch.zeros(1, CHANNELS))
    with pytest.raises(RuntimeError, match="elements"):
        BatchRenorm1d(CHANNELS)(torch.zeros(2, CHANNELS + 1))


# Weight standardization


@pytest.mark.parametrize(
    "layer", [partial(WSLinear, 30, 5), partial(WSConv2d, 4, 6, 3, groups=2, padding=1)]
)
def test_standardized_weights_have_mean_0_and_variance_1(layer):
    weight = standardize(3 * layer().double().weight + 0.5, eps=1e-14).flatten(1)
    close(weight.mean(1), torch.zeros(len(weight), dtype=torch.float64))
    close(weight.var(1, correction=0), torch.ones(len(weight), dtype=torch.float64))


def test_standardization_is_the_paper_s_formula():
    weight = seeded(5, 2, 3, 3)
    flat = weight.flatten(1)  # [out, I]
    mean = flat.sum(1, keepdim=True) / 18
    sigma = ((flat.square().sum(1, keepdim=True) / 18 - mean.square()) + 1e-5).sqrt()
    close(standardize(weight).flatten(1), (flat - mean) / sigma)


@pytest.mark.parametrize(("ours", "theirs", "shape"), [
    (partial(WSLinear, 6, 5), partial(nn.Linear, 6, 5), (7, 6)),
    (partial(WSLinear, 6, 5, bias=False), partial(nn.Linear, 6, 5, bias=False), (2, 7, 6)),
    (partial(WSConv2d, 2, 4, 3, stride=2, padding=1, padding_mode="reflect"),
     partial(nn.Conv2d, 2, 4, 3, stride=2, padding=1, padding_mode="reflect"), (3, 2, 6, 6)),
])  # fmt: skip
def test_a_layer_with_standardized_weights(ours, theirs, shape):
    layer, plain = double(ours), theirs().double()
    plain.load_state_dict({**layer.state_dict(), "weight": standardize(layer.weight)})
    close(layer(seeded(*shape)), plain(seeded(*shape)))
    fresh = ours().double()
    fresh.load_state_dict(layer.state_dict())
    close(fresh(seeded(*shape)), layer(seeded(*shape)))


def test_standardized_weights_are_blind_to_scale_and_shift():
    weight = 100 * seeded(5, 40)
    close(standardize(7 * weight + 3, eps=0.0), standardize(weight, eps=0.0))


def test_with_standardized_weights_replaces_all_but_the_last():
    net = mlp([6, 5, 4, 3], norm=nn.LayerNorm, seed=1)
    state = copy.deepcopy(net.state_dict())
    other = with_standardized_weights(net)
    kinds = [type(layer) for layer in other if isinstance(layer, nn.Linear)]
    assert kinds == [WSLinear, WSLinear, nn.Linear]
    close(other.state_dict(), state)
    x = seeded(4, 6, dtype=torch.float32)
    hidden = F.relu(other[2](x @ standardize(state["1.weight"]).T))
    torch.testing.assert_close(other[:4](x), hidden)
    assert all(parameter.device.type == "cpu" for parameter in other.parameters())


# Dynamic tanh


def test_dyt_is_its_formula_and_starts_so():
    layer = DyT(CHANNELS, alpha_init=0.75).double()
    x = seeded(5, 3, CHANNELS)
    close(layer(x), torch.tanh(0.75 * x))
    alpha, gamma, beta = away_from_start(layer).parameters()
    close(layer(x), gamma * torch.tanh(alpha * x) + beta)
    close(layer.eval()(x), layer.train()(x))


def test_dyt_of_small_values_is_linear_and_of_large_ones_bounded():
    layer = double(DyT, CHANNELS)
    x = 1e-5 * seeded(5, CHANNELS)
    close(layer(x), layer.weight * layer.alpha * x + layer.bias)
    far = 1e6 * seeded(5, CHANNELS)
    close(layer(far), layer.weight * (layer.alpha * far).sign() + layer.bias)


def test_dyt_names_the_width_it_expects():
    with pytest.raises(ValueError, match=r"expected 4 values a sample, got \(2, 5\)"):
        DyT(CHANNELS)(torch.zeros(2, 5))


# Residual blocks and SkipInit


def test_skipinit_is_the_identity_at_the_start_and_only_its_scalar_learns_there():
    block = SkipInit(nn.ReLU(), nn.Linear(CHANNELS, CHANNELS)).double()
    x = seeded(5, CHANNELS)
    y, (dx, dalpha, dweight, dbias) = gradients(block, x)
    assert torch.equal(y, x)
    close(dx, seeded(5, CHANNELS, seed=9))
    close(dalpha, (seeded(5, CHANNELS, seed=9) * block.branch(x)).sum())
    assert not dweight.any() and not dbias.any() and dalpha != 0


def test_blocks_are_their_formulas():
    x = seeded(5, CHANNELS)
    residual = double(Residual, nn.Linear(CHANNELS, CHANNELS), nn.Tanh())
    close(residual(x), x + torch.tanh(residual.branch[0](x)))
    skip = double(SkipInit, nn.Linear(CHANNELS, CHANNELS), nn.Tanh(), alpha_init=0.5)
    close(skip(x), x + skip.alpha * torch.tanh(skip.branch[0](x)))
    one = SkipInit(nn.Linear(CHANNELS, CHANNELS), alpha_init=1.0).double()
    plain = Residual(one.branch[0])
    close(one(x), plain(x))
    empty = Residual()
    close(empty(x), 2 * x)


@pytest.mark.parametrize("block", [nn.Sequential, Residual, SkipInit])
@pytest.mark.parametrize("norm", [None, BatchNorm1d])
def test_deep_networks_share_their_initial_weights(block, norm):
    net = residual_mlp(6, 3, width=5, blocks=2, block=block, norm=norm, seed=4)
    reference = residual_mlp(6, 3, width=5, blocks=2, seed=4)
    found = [layer.weight for layer in net.modules() if isinstance(layer, nn.Linear)]
    wanted = [layer.weight for layer in reference.modules() if isinstance(layer, nn.Linear)]
    assert len(found) == 4
    close(found, wanted)
    assert sum(isinstance(layer, BatchNorm1d) for layer in net.modules()) == 2 * (norm is not None)
    x = seeded(4, 2, 3, dtype=torch.float32)
    if norm is None:
        h = net[1](x.flatten(1))
        for inner in net[2:4]:
            change = (inner if block is nn.Sequential else inner.branch)[-1](h.relu())
            h = {nn.Sequential: change, Residual: h + change, SkipInit: h}[block]
        torch.testing.assert_close(net(x), net[-1](h.relu()))


def test_the_gain_scales_the_branches_only():
    small = residual_mlp(6, 3, width=5, blocks=2, branch_gain=0.1, seed=4)
    full = residual_mlp(6, 3, width=5, blocks=2, seed=4)
    for (name, a), (_, b) in zip(small.named_parameters(), full.named_parameters(), strict=True):
        torch.testing.assert_close(a, 0.1 * b if "branch" in name else b)


# All of them


LAYERS = {
    "ghost": (partial(GhostBatchNorm1d, CHANNELS, 3), (6, CHANNELS)),
    "ghost of sequences": (partial(GhostBatchNorm1d, CHANNELS, 3), (6, CHANNELS, 2)),
    "renorm": (partial(BatchRenorm1d, CHANNELS, 1.0, 0.0), (6, CHANNELS)),
    "ws linear": (partial(WSLinear, CHANNELS, 3), (5, CHANNELS)),
    "ws convolution": (partial(WSConv2d, 2, 3, 3), (2, 2, 4, 4)),
    "rms norm": (partial(RMSNorm, CHANNELS, eps=1e-5), (5, CHANNELS)),
    "dyt": (partial(DyT, CHANNELS), (5, CHANNELS)),
    "residual": (lambda: Residual(nn.Linear(CHANNELS, CHANNELS), nn.Tanh()), (5, CHANNELS)),
    "skipinit": (lambda: SkipInit(nn.Linear(CHANNELS, CHANNELS), nn.Tanh()), (5, CHANNELS)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_the_slopes(name):
    make, shape = LAYERS[name]
    layer = double(make)
    names = [key for key, _ in layer.named_parameters()]

    def output(x, *values):
        state = {
            **dict(copy.deepcopy(layer).named_buffers()),
            **dict(zip(names, values, strict=True)),
        }
        return torch.func.functional_call(layer, state, (x,))

    inputs = [seeded(*shape), *(p.detach().clone() for p in layer.parameters())]
    assert torch.autograd.gradcheck(output, [value.requires_grad_() for value in inputs])


@pytest.mark.parametrize("name", LAYERS)
def test_a_saved_layer_computes_the_same(name):
    make, shape = LAYERS[name]
    layer, fresh = double(make), make().double()
    layer(seeded(*shape))
    fresh.load_state_dict(layer.state_dict())
    close(fresh.eval()(seeded(*shape, seed=2)), layer.eval()(seeded(*shape, seed=2)))


@pytest.mark.parametrize("name", ["ghost", "ghost of sequences", "renorm"])
def test_half_precision_stays_near(name):
    make, shape = LAYERS[name]
    x = seeded(*shape, dtype=torch.float32)
    y = make()(x.bfloat16())
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), make()(x), rtol=0.05, atol=0.05)


def families(norm):
    return lambda seed: mlp([6, 8, 8, 3], norm=norm, seed=seed)


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
    "rms": families(partial(RMSNorm, eps=1e-5)),
    "rms, bare": families(partial(RMSNorm, elementwise_affine=False)),
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


def test_every_rule_of_the_family_is_proved():
    proved = {type(layer) for make in STACKS.values() for layer in make(0).modules()}
    rules = {kind for kind in stack_layer.registry if kind.__module__.startswith("bnutils.family")}
    assert rules == {kind for kind in proved if kind.__module__.startswith("bnutils.family")}
    assert len(rules) == 7


def test_frozen_parameters_stay_frozen_in_a_stack():
    nets = [nn.Sequential(SkipInit(nn.Linear(3, 3)), DyT(3), RMSNorm(3)) for _ in range(2)]
    for net in nets:
        net.requires_grad_(False)
    assert not any(parameter.requires_grad for parameter in stack(nets).parameters())


def test_no_rule_for_an_rms_over_several_dimensions():
    with pytest.raises(TypeError, match="several dimensions"):
        stack([nn.Sequential(RMSNorm((2, 3)))])
