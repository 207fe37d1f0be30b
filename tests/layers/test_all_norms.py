"""What every normalization layer of this book has in common, and every stack of them."""

import copy
from functools import partial

import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.layers.dyt import DyT
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.layers.weight_standardization import WSLinear
from bnutils.mistakes import ShortBatchNorm
from bnutils.networks.residual import Residual
from bnutils.networks.skipinit import SkipInit
from bnutils.surgery.frozen import frozen
from bnutils.wide import stack, unstack
from tests.layers.values import CHANNELS as C
from tests.layers.values import close, double, seeded

BATCH_NORMS = {
    "vectors": BatchNorm1d,
    "images": BatchNorm2d,
    "ghost": partial(GhostBatchNorm1d, group_size=4),
    "ghost of one group": partial(GhostBatchNorm1d, group_size=8),
    "renorm": BatchRenorm1d,
    "synchronized": SyncBatchNorm1d,
    "frozen": lambda *args, **settings: frozen(BatchNorm1d(*args, **settings)),
}
OTHERS = {
    "dyt": DyT,
    "rms": nn.RMSNorm,
    "bare rms": partial(nn.RMSNorm, elementwise_affine=False),
    "residual": lambda width: Residual(nn.Linear(width, width)),
    "skipinit": lambda width: SkipInit(nn.Linear(width, width), alpha_init=0.5),
    "standardized weights": lambda width: WSLinear(width, width),
    "short": ShortBatchNorm,
}


def inputs(name, *front):
    return 2 * seeded(*front, 8, C, *(3, 2) * (name == "images")) - 1


def plain(name):
    return BATCH_NORMS[name](C)


def bare(name):
    return BATCH_NORMS[name](C, affine=False)


def without_beta(name):
    return BATCH_NORMS[name](C, bias=False)


def without_gamma(name):
    layer = BATCH_NORMS[name](C)
    layer.weight = None
    return layer


def untracked(name):
    return BATCH_NORMS[name](C, affine=False, track_running_stats=False)


LAYERS = [
    (make, name) for make in (plain, bare, without_beta, without_gamma) for name in BATCH_NORMS
]
LAYERS += [(untracked, name) for name in BATCH_NORMS if name not in ("renorm", "frozen")]
LAYERS += [(lambda name: OTHERS[name](C), name) for name in OTHERS]


def part_name(part):
    return getattr(part, "__name__", part)


IDS = [f"{name}, {make.__name__}" for make, name in LAYERS]


def gradients(layer, after, x):
    leaf = x.clone().requires_grad_()
    y = after(layer(leaf))
    wanted = [leaf, *layer.parameters()]
    return [y, *torch.autograd.grad((y * seeded(*y.shape, seed=9)).sum(), wanted)]


OVERWRITING = {
    "relu": (nn.ReLU(inplace=True), nn.ReLU()),
    "elu": (nn.ELU(inplace=True), nn.ELU()),
    "a product": (lambda y: y.mul_(3), lambda y: y * 3),
    "zero": (lambda y: y.zero_() + 1, lambda y: y * 0 + 1),
}


@pytest.mark.parametrize("after", OVERWRITING)
@pytest.mark.parametrize(("make", "name"), LAYERS, ids=IDS)
def test_the_output_may_be_overwritten(make, name, after):
    layer = double(make, name)
    inside, apart = OVERWRITING[after]
    for training in (True, False):
        layer.train(training)
        twin = copy.deepcopy(layer)
        found = gradients(layer, inside, inputs(name)), gradients(twin, apart, inputs(name))
        torch.testing.assert_close(*found, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "name"), [(m, n) for m, n in LAYERS if n != "short"], ids=part_name
)
def test_the_output_of_a_stack_may_be_overwritten_and_is_that_of_each_alone(make, name):
    nets = [double(nn.Sequential, make(name), nn.Flatten()) for _ in "12"]
    x = inputs(name, 2)
    found = gradients(stack(nets), nn.ReLU(inplace=True), x)
    torch.testing.assert_close(found, gradients(stack(nets), nn.ReLU(), x), rtol=0, atol=0)
    for net, own, y in zip(nets, x, found[0], strict=True):
        torch.testing.assert_close(y, net(own).relu(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.complex64])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("make", "name"),
    [(m, n) for m, n in LAYERS if n in BATCH_NORMS],
    ids=part_name,
)
def test_refuses_what_is_no_floating_point_number_as_pytorch_does(make, name, training, dtype):
    x = torch.ones(8, C, *(3, 2) * (name == "images"), dtype=dtype)
    theirs = nn.BatchNorm2d(C) if name == "images" else nn.BatchNorm1d(C)
    with pytest.raises(NotImplementedError):
        theirs.train(training)(x)
    with pytest.raises(NotImplementedError, match=rf"got {dtype}; convert the input"):
        make(name).train(training)(x)


@pytest.mark.parametrize("name", BATCH_NORMS)
def test_without_gamma_it_is_the_layer_whose_gamma_is_1(name):
    found = []
    for layer in (without_gamma(name), BATCH_NORMS[name](C)):
        with torch.no_grad():
            layer.double().bias.copy_(seeded(C))
        y, dx, *rest = gradients(layer, nn.Identity(), inputs(name))
        found.append((y, dx, rest[-1], layer.eval()(inputs(name))))
    torch.testing.assert_close(*found, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [plain, without_gamma, without_beta])
@pytest.mark.parametrize("name", BATCH_NORMS)
def test_a_stack_writes_back_what_its_layers_have(make, name):
    nets = [nn.Sequential(make(name), nn.Flatten()).double() for _ in "12"]
    x = inputs(name, 2)
    stacked = stack(nets)
    (stacked(x) * seeded(8, 1)).sum().backward()
    with torch.no_grad():
        for parameter in stacked.parameters():
            parameter -= parameter.grad
    unstack(stacked, nets)
    for index, own in enumerate(x):
        other = nn.Sequential(make(name), nn.Flatten()).double()
        (other(own) * seeded(8, 1)).sum().backward()
        with torch.no_grad():
            for parameter in other.parameters():
                parameter -= parameter.grad
        torch.testing.assert_close(nets[index].state_dict(), other.state_dict())


@pytest.mark.parametrize("name", BATCH_NORMS)
def test_a_constant_channel_without_epsilon_gives_beta(name):
    layer = BATCH_NORMS[name](C, eps=0.0).double()
    layer.bias.data.copy_(seeded(C))
    if name in ("renorm", "frozen"):  # they divide by the running variance, here that of a constant
        layer.running_var[1] = 0
    x = inputs(name)
    x[:, 1] = layer.running_mean[1]
    y, dx, *rest = gradients(layer, nn.Identity(), x)
    assert all(value.isfinite().all() for value in (y, dx, *rest))
    assert (y[:, 1] == layer.bias[1]).all() and (dx[:, 1] == 0).all()


@pytest.mark.parametrize("name", BATCH_NORMS)
def test_a_negative_epsilon_is_refused(name):
    with pytest.raises(ValueError, match=r"eps is -1.*0 or more"):
        BATCH_NORMS[name](C, eps=-1.0).double()(inputs(name))


CASES = {
    "ghost": (partial(GhostBatchNorm1d, C, 3), (6, C)),
    "ghost of sequences": (partial(GhostBatchNorm1d, C, 3), (6, C, 2)),
    "renorm": (partial(BatchRenorm1d, C, 1.0, 0.0), (6, C)),
    "ws linear": (partial(WSLinear, C, 3), (5, C)),
    "dyt": (partial(DyT, C), (5, C)),
    "residual": (lambda: Residual(nn.Linear(C, C), nn.Tanh()), (5, C)),
    "skipinit": (lambda: SkipInit(nn.Linear(C, C), nn.Tanh()), (5, C)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_the_slopes(name):
    make, shape = CASES[name]
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


@pytest.mark.parametrize("name", CASES)
def test_a_saved_layer_computes_the_same(name):
    make, shape = CASES[name]
    layer, fresh = double(make), make().double()
    layer(seeded(*shape))
    fresh.load_state_dict(layer.state_dict())
    close(fresh.eval()(seeded(*shape, seed=2)), layer.eval()(seeded(*shape, seed=2)))


@pytest.mark.parametrize("name", ["ghost", "ghost of sequences", "renorm"])
def test_half_precision_stays_near(name):
    make, shape = CASES[name]
    x = seeded(*shape, dtype=torch.float32)
    y = make()(x.bfloat16())
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), make()(x), rtol=0.05, atol=0.05)
