"""Networks trained side by side against the same networks trained one by one."""

import copy
from functools import partial
from inspect import signature

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.networks.mlp import mlp
from bnutils.wide import stack, stack_layer, unstack
from bnutils.wide.rules.drawing import seed_draws
from bnutils.wide.rules.weightless import ELEMENTWISE
from bnutils.wide.together import replicas_together

SEEDS, STEPS, BATCH, LR = (3, 4), 50, 12, 0.01
VECTOR, IMAGE = (10,), (2, 6, 6)
CLASSES = 4
END = nn.Flatten, lambda: nn.LazyLinear(CLASSES)
ACTIVATIONS = {
    nn.LeakyReLU: partial(nn.LeakyReLU, 0.2),
    nn.ELU: partial(nn.ELU, alpha=0.5),
    nn.GELU: partial(nn.GELU, approximate="tanh"),
    nn.Softplus: partial(nn.Softplus, beta=2.0),
    nn.Hardtanh: partial(nn.Hardtanh, -0.5, 1.5),
}


def dense(*between, bias=True):
    """Makers of layers: a Linear of 16 units before each of ``between``, and one for the end."""
    linear = partial(nn.LazyLinear, 16, bias=bias)
    return [maker for other in between for maker in (linear, other)] + [*END]


def frozen(maker, *names):
    def make():
        layer = maker()
        for name in names:
            getattr(layer, name).requires_grad_(False)
        return layer

    return make


def normalizations(kind, channels):
    """Makers of batch normalizations with every setting that there is."""
    settings = [
        {"momentum": 0.3},
        {"momentum": None, "eps": 1e-3},
        {"affine": False},
        {"track_running_stats": False},
        {"affine": False, "track_running_stats": False},
    ]
    if "bias" in signature(kind).parameters:  # in PyTorch only since lately
        settings.append({"bias": False})
    return [partial(kind, channels, **setting) for setting in settings]


def spread(maker):
    """A layer with weights that its initial values do not make a special case."""

    def make():
        layer = maker()
        for parameter in layer.parameters():
            parameter.data += 0.2 * torch.randn_like(parameter)
        return layer

    return make


def batch_normalized(kind, convolution):
    before = partial(nn.LazyLinear, 16, bias=False)
    if convolution:
        before = partial(nn.LazyConv2d, 4, 3, padding=1, bias=False)
    norms = [spread(norm) for norm in normalizations(kind, 4 if convolution else 16)]
    layers = [maker for norm in norms for maker in (before, norm, nn.Tanh)]
    return [*layers, *END]


def activated(kinds):
    makers = [ACTIVATIONS.get(kind, kind) for kind in kinds]
    return dense(*makers)


NETWORKS = {
    "linear": (VECTOR, [partial(nn.Linear, 10, 8, bias=False), nn.Tanh, *dense(nn.ReLU)]),
    "the book's builder": (VECTOR, [partial(mlp, [10, 16, 16, 4], norm=BatchNorm1d)]),
    "pytorch's vectors": (VECTOR, batch_normalized(nn.BatchNorm1d, False)),
    "our vectors": (VECTOR, batch_normalized(BatchNorm1d, False)),
    "pytorch's images": (IMAGE, batch_normalized(nn.BatchNorm2d, True)),
    "our images": (IMAGE, batch_normalized(BatchNorm2d, True)),
    "layer and group norm of vectors": (
        VECTOR,
        dense(
            spread(partial(nn.LayerNorm, 16)),
            nn.Tanh,
            partial(nn.LayerNorm, 16, elementwise_affine=False, eps=1e-3),
            spread(partial(nn.LayerNorm, 16, bias=False)),
            nn.Tanh,
            spread(partial(nn.GroupNorm, 2, 16)),
            partial(nn.GroupNorm, 1, 16, affine=False, eps=1e-3),
        ),
    ),
    "layer and group norm of images": (
        IMAGE,
        [
            spread(partial(nn.LayerNorm, IMAGE)),
            partial(nn.Conv2d, 2, 8, 3, padding=1),
            spread(partial(nn.GroupNorm, 2, 8)),
            nn.Tanh,
            partial(nn.Conv2d, 8, 4, 3, padding=1, bias=False),
            spread(partial(nn.GroupNorm, 4, 4)),  # every channel of its own
            nn.Tanh,
            partial(nn.Conv2d, 4, 4, 3, padding=1, bias=False),
            spread(partial(nn.LayerNorm, (6, 6), bias=False)),  # every image of its own
            partial(nn.GroupNorm, 1, 4, affine=False),
            partial(nn.LayerNorm, (4, 6, 6), elementwise_affine=False),
            *END,
        ],
    ),
    "convolutions": (
        IMAGE,
        [
            partial(nn.Conv2d, 2, 4, 3, padding=1, stride=(1, 2)),
            nn.Tanh,
            partial(nn.Conv2d, 4, 6, (3, 2), groups=2, padding=(2, 1), dilation=(2, 1)),
            nn.Tanh,
            partial(nn.Conv2d, 6, 6, 1, groups=6, bias=False),
            *END,
        ],
    ),
    "padding": (
        IMAGE,
        [
            partial(nn.Conv2d, 2, 4, 3, padding=1, padding_mode="reflect"),
            nn.Tanh,
            partial(nn.Conv2d, 4, 4, 3, padding=2, padding_mode="circular", stride=2),
            nn.Tanh,
            partial(nn.Conv2d, 4, 3, 2, padding="same", padding_mode="replicate", bias=False),
            nn.Tanh,
            partial(nn.Conv2d, 3, 3, 3, padding="valid"),
            *END,
        ],
    ),
    "pooling": (
        IMAGE,
        [
            partial(nn.Conv2d, 2, 4, 3, padding=2),  # 8 × 8
            partial(nn.MaxPool2d, 3, stride=1),
            partial(nn.AvgPool2d, 3, stride=1, padding=1, count_include_pad=False),
            partial(nn.AdaptiveMaxPool2d, (4, 3)),
            partial(nn.AdaptiveAvgPool2d, 2),
            *END,
        ],
    ),
    "dropout": (
        VECTOR,
        [partial(nn.Dropout, 0.1), *dense(partial(nn.Dropout, 0.3), nn.Tanh, nn.Dropout)],
    ),
    "dropout on images": (
        IMAGE,
        [
            partial(nn.Dropout, 0.2),
            partial(nn.Conv2d, 2, 3, 3),
            nn.Dropout,
            nn.Flatten,
            partial(nn.Dropout, 0.4),
            *END,
        ],
    ),
    "flatten first": (IMAGE, [nn.Flatten, *dense(nn.Flatten, nn.Tanh)]),
    "nested": (
        IMAGE,
        [
            lambda: nn.Sequential(
                nn.Conv2d(2, 4, 3, bias=False),
                nn.Sequential(nn.BatchNorm2d(4), nn.Sequential(nn.Tanh())),
            ),
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 16, bias=False), BatchNorm1d(16)),
            nn.Sequential,
            *END,
        ],
    ),
    "frozen": (
        IMAGE,
        [
            frozen(partial(nn.Conv2d, 2, 4, 3, bias=False), "weight"),
            frozen(partial(nn.BatchNorm2d, 4), "weight", "bias"),
            nn.Tanh,
            frozen(partial(nn.Conv2d, 4, 4, 3), "bias"),
            frozen(partial(nn.GroupNorm, 1, 4), "bias"),
            nn.Flatten,
            frozen(partial(nn.Linear, 16, 16), "weight"),
            nn.Tanh,
            frozen(partial(nn.Linear, 16, 16), "weight", "bias"),
            frozen(partial(BatchNorm1d, 16), "weight"),
            frozen(partial(nn.LayerNorm, 16), "weight"),
            nn.Tanh,
            frozen(partial(nn.Linear, 16, 16), "bias"),
            nn.Tanh,
            partial(nn.Linear, 16, CLASSES),
        ],
    ),
}
NETWORKS |= {f"activations, part {i + 1}": (VECTOR, activated(ELEMENTWISE[i::4])) for i in range(4)}


pytestmark = pytest.mark.usefixtures("one_thread")


def build(name, seed, dtype=torch.float32):
    shape, makers = NETWORKS[name]
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        net = nn.Sequential(*(maker() for maker in makers)).eval()
        net(torch.zeros(2, *shape))  # tells layers that did not know the size of their inputs
    return net.to(dtype).train()


def make_batches(name, dtype):
    shape, _ = NETWORKS[name]
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((STEPS, len(SEEDS), BATCH, *shape), generator=generator, dtype=dtype)
    y = torch.randint(CLASSES, (STEPS, len(SEEDS), BATCH), generator=generator)
    return x, y


def train_alone(net, images, labels):
    optimizer = torch.optim.SGD(net.parameters(), lr=LR)
    for x, y in zip(images, labels, strict=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def train_stacked(stacked, images, labels):
    optimizer = torch.optim.SGD(stacked.parameters(), lr=LR)
    for x, y in zip(images, labels, strict=True):
        optimizer.zero_grad()
        F.cross_entropy(stacked(x).mT, y, reduction="none").mean(1).sum().backward()
        optimizer.step()


def assert_same_training(together, alone, images, labels, tolerance):
    """Train both kinds, the second one by one, and compare states and outputs."""
    close = partial(torch.testing.assert_close, rtol=tolerance, atol=tolerance)
    for i, (seed, net) in enumerate(zip(SEEDS, alone, strict=True)):
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)  # what Dropout draws from
            train_alone(net, images[:, i], labels[:, i])
    stacked = stack(together)
    seed_draws(stacked, SEEDS)
    train_stacked(stacked, images, labels)
    unstack(stacked, together)
    outputs = stacked.eval()(images[0])
    for i, (net, reference) in enumerate(zip(together, alone, strict=True)):
        state = net.state_dict()
        assert state.keys() == reference.state_dict().keys()
        for name, value in reference.state_dict().items():
            close(state[name], value, msg=lambda words, name=name: f"{name}: {words}")
        expected = reference.eval()(images[0, i])
        close(net.eval()(images[0, i]), expected)
        close(outputs[i], expected)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
@pytest.mark.parametrize("name", NETWORKS)
def test_side_by_side_equals_one_by_one(name, dtype, tolerance):
    alone = [build(name, seed, dtype) for seed in SEEDS]
    together, before = copy.deepcopy(alone), copy.deepcopy(alone)
    assert_same_training(together, alone, *make_batches(name, dtype), tolerance)
    for net, start in zip(together, before, strict=True):
        fixed = {name for name, p in start.named_parameters() if not p.requires_grad}
        assert bool(fixed) == (name == "frozen")
        for key, value in start.state_dict().items():
            assert torch.equal(net.state_dict()[key], value) == (key in fixed), key


def test_every_layer_with_a_rule_is_proved():
    proved = {type(layer) for name in NETWORKS for layer in build(name, 0).modules()}
    ours = ("torch.", "bnutils.layers.batchnorm")  # others are proved in test_rules
    ways = {kind: rule.__module__ for kind, rule in stack_layer.registry.items()}
    rules = {kind for kind in ways if kind.__module__.startswith(ours)}
    assert len(rules) > 20 and rules - {nn.RMSNorm} <= proved


def test_the_stack_of_one_network_is_that_network():
    net = build("nested", 0)
    x = torch.randn((1, 8, *IMAGE), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(stack([net])(x)[0], copy.deepcopy(net)(x[0]))


def test_stacking_takes_a_copy_and_unstacking_brings_it_back():
    nets = [build("our vectors", seed) for seed in SEEDS]
    before = copy.deepcopy(nets)
    stacked = stack(nets)
    for parameter in stacked.parameters():
        parameter.data += 1
    for net, start in zip(nets, before, strict=True):
        for name, value in start.state_dict().items():
            assert torch.equal(net.state_dict()[name], value)
    unstack(stacked, nets)
    for net, start in zip(nets, before, strict=True):
        for value, old in zip(net.parameters(), start.parameters(), strict=True):
            assert torch.equal(value, old + 1)


def test_the_stack_is_in_the_mode_of_the_networks():
    nets = [build("dropout", seed) for seed in SEEDS]
    assert all(module.training for module in stack(nets).modules())
    assert not any(module.training for module in stack([net.eval() for net in nets]).modules())


def test_dropout_of_everything_and_of_nothing():
    x = torch.ones(2, 5, 3)
    for p, expected in ((0.0, x), (1.0, 0 * x)):
        assert torch.equal(stack([nn.Sequential(nn.Dropout(p)) for _ in range(2)])(x), expected)


@pytest.mark.parametrize("name", ["our vectors", "pytorch's images", "padding", "dropout"])
def test_a_replica_that_diverges_leaves_the_others_alone(name):
    nets = [build(name, seed) for seed in SEEDS]
    x, _ = make_batches(name, torch.float32)
    stacked, broken = stack(nets), copy.deepcopy(nets)
    for parameter in broken[0].parameters():
        parameter.data.fill_(float("nan"))
    beside = stack(broken)
    outputs = []
    for each in (stacked, beside):
        seed_draws(each, SEEDS)
        outputs.append(each(x[0]))
        outputs[-1].square().sum().backward()
    assert outputs[1][0].isnan().all()
    torch.testing.assert_close(outputs[1][1], outputs[0][1])
    for healthy, other in zip(stacked.parameters(), beside.parameters(), strict=True):
        expected, gradient = (p.grad.chunk(2)[1] for p in (healthy, other))
        torch.testing.assert_close(gradient, expected)


def with_layer(make):
    return [nn.Sequential(nn.Linear(3, 4), make(), nn.Linear(4, 2)) for _ in range(2)]


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class HalfBatchNorm(BatchNorm1d):
    def forward(self, x):
        return torch.cat([super(HalfBatchNorm, self).forward(part) for part in x.chunk(2)])


class DoubledReLU(nn.ReLU):
    def forward(self, x):
        return 2 * super().forward(x)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (partial(nn.Softmax, dim=1), "Softmax"),
        (lambda: nn.Sequential(nn.Tanh(), nn.PReLU()), "PReLU"),
        # Heirs of a known layer may compute something else.
        (lambda: Residual(nn.Linear(4, 4)), "Residual"),
        (partial(HalfBatchNorm, 4), "HalfBatchNorm"),
        (DoubledReLU, "DoubledReLU"),
    ],
)
def test_an_unknown_layer_is_named_with_the_way_out(make, name):
    with pytest.raises(TypeError, match=rf"{name}; .*one by one \(fit.*stack_layer\.register"):
        stack(with_layer(make))


def test_a_whole_network_of_another_type_is_refused():
    with pytest.raises(TypeError, match="no rule to stack Residual"):
        stack([Residual(nn.Linear(4, 4)) for _ in range(2)])


def test_refuses_a_flatten_that_keeps_dimensions_and_shared_weights():
    with pytest.raises(TypeError, match=r"use nn\.Flatten\(\)"):
        stack([nn.Sequential(nn.Flatten(2)) for _ in range(2)])
    shared = nn.Linear(3, 3)
    with pytest.raises(TypeError, match="stands in a network twice"):
        stack([nn.Sequential(shared, nn.Tanh(), shared)])


def test_refuses_no_networks_and_different_architectures():
    with pytest.raises(ValueError, match="at least one network"):
        stack([])
    for one, other in (
        (mlp([3, 2]), mlp([3, 4, 2])),
        (nn.Sequential(nn.Tanh()), nn.Sequential(nn.ReLU())),
        (nn.Sequential(BatchNorm1d(3)), nn.Sequential(BatchNorm1d(3, eps=1e-3))),
        (nn.Sequential(nn.LayerNorm(3)), nn.Sequential(nn.LayerNorm(3, eps=1e-3))),
        (nn.Sequential(nn.Dropout(0.1)), nn.Sequential(nn.Dropout(0.2))),
    ):
        with pytest.raises(ValueError, match="one architecture"):
            stack([one, other])


class Scale(nn.Module):
    """A reader's own layer: one factor for each of its channels, and a count of calls."""

    def __init__(self, channels):
        super().__init__()
        self.factor = nn.Parameter(1 + 0.1 * torch.randn(channels))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        self.calls += self.training
        return x * self.factor


class StackedScale(nn.Module):
    def __init__(self, layers):
        super().__init__()
        factors = torch.stack([layer.factor.detach() for layer in layers])
        self.factor = nn.Parameter(factors[:, :, None])  # [S, C, 1]
        self.calls = 0

    def forward(self, x):
        self.calls += self.training
        return x * self.factor

    def write_back(self, layers):
        for factor, layer in zip(self.factor, layers, strict=True):
            layer.factor.data.copy_(factor[:, 0])
            layer.calls.fill_(self.calls)


def test_a_reader_can_register_a_rule(monkeypatch):
    monkeypatch.setitem(NETWORKS, "reader's", (VECTOR, dense(partial(Scale, 16), nn.Tanh)))
    with pytest.raises(TypeError, match="no rule to stack Scale"):
        stack([build("reader's", 0)])

    @stack_layer.register
    def _(first: Scale, layers):
        return StackedScale(layers)

    alone = [build("reader's", seed, torch.float64) for seed in SEEDS]
    batches = make_batches("reader's", torch.float64)
    assert_same_training(copy.deepcopy(alone), alone, *batches, tolerance=1e-10)
    assert alone[0][1].calls == STEPS


def test_so_many_train_together_as_is_fast():
    dense_net, unknown = mlp([4, 3, 2]), nn.Sequential(nn.Linear(3, 2), nn.Softmax(dim=1))
    image_net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 2))
    sizes = (1, 16, 256, 1024, 4096)
    widths = [replicas_together(dense_net, size) for size in sizes]
    assert widths == sorted(widths, reverse=True) and widths[0] > 1 and widths[-1] == 1
    assert [replicas_together(unknown, size) for size in sizes] == [1] * len(sizes)
    assert replicas_together(image_net, 4) > replicas_together(image_net, 64) == 1
