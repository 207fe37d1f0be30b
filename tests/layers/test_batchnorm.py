"""The book's layers against PyTorch's: outputs, gradients, state, errors, precision."""

import copy
import itertools
import pickle

import pytest
import torch
from torch import nn

from bnutils import BatchNorm1d, BatchNorm2d
from bnutils.layers.normalize import BatchNormFunction

PAIRS = {"1d": (BatchNorm1d, nn.BatchNorm1d), "2d": (BatchNorm2d, nn.BatchNorm2d)}
SHAPES = [
    ("1d", (2, 3)), ("1d", (7, 1)), ("1d", (32, 100)), ("1d", (1, 4, 5)), ("1d", (6, 4, 9)),
    ("2d", (1, 3, 2, 2)), ("2d", (5, 3, 1, 1)), ("2d", (4, 6, 7, 5)),
]  # fmt: skip
SETTINGS = [
    {"affine": affine, "momentum": momentum, "track_running_stats": track, "eps": eps}
    for affine, momentum, track, eps in itertools.product(
        (True, False), (0.1, 0.9, 0.0, None), (True, False), (1e-5, 1e-2)
    )
] + [{"bias": False}]
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


def seeded(shape, dtype=torch.float64, seed=0):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def twins(kind, channels, dtype=torch.float64, **settings):
    """Our layer and PyTorch's with the same weights, gamma and beta away from 1 and 0."""
    ours, theirs = (layer(channels, dtype=dtype, **settings) for layer in PAIRS[kind])
    with torch.no_grad():
        for seed, name in enumerate(dict(theirs.named_parameters())):
            getattr(theirs, name).copy_(seeded(channels, dtype, seed) + 1)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def assert_same(actual, expected, dtype):
    torch.testing.assert_close(actual, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def assert_same_step(ours, theirs, x, dtype):
    """One forward and one backward pass agree in outputs, gradients and state."""
    results = []
    for layer in (ours, theirs):
        leaf = x.clone().requires_grad_()
        layer.zero_grad()
        y = layer(leaf)
        (y * seeded(y.shape, dtype, 99)).sum().backward()
        gradients = [leaf.grad, *(p.grad for p in layer.parameters())]
        results.append((y.detach(), gradients, layer.state_dict()))
    (y, gradients, state), (y_ref, gradients_ref, state_ref) = results
    assert_same(y, y_ref, dtype)
    assert len(gradients) == len(gradients_ref)
    for gradient, reference in zip(gradients, gradients_ref, strict=True):
        assert_same(gradient, reference, dtype)
    assert list(state) == list(state_ref)
    for name in state_ref:
        assert_same(state[name], state_ref[name], dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize(("kind", "shape"), SHAPES, ids=str)
def test_equals_pytorch_over_several_steps_and_in_eval(kind, shape, settings, dtype):
    ours, theirs = twins(kind, shape[1], dtype, **settings)
    for step in range(4):
        assert_same_step(ours, theirs, 3 * seeded(shape, dtype, 10 + step) - 2, dtype)
    ours.eval(), theirs.eval()
    assert_same_step(ours, theirs, seeded(shape, dtype, 20), dtype)
    ours.train(), theirs.train()
    assert_same_step(ours, theirs, seeded(shape, dtype, 21), dtype)


def test_hand_computed_batch():
    layer = BatchNorm1d(1, eps=0.0, dtype=torch.float64)
    y = layer(torch.tensor([[1.0], [3.0], [5.0], [7.0]], dtype=torch.float64))
    # mean 4, variance (9 + 1 + 1 + 9) / 4 = 5, unbiased 20 / 3
    expected = torch.tensor([[-3.0], [-1.0], [1.0], [3.0]], dtype=torch.float64) / 5**0.5
    torch.testing.assert_close(y, expected)
    assert layer.running_mean.item() == pytest.approx(0.1 * 4)
    assert layer.running_var.item() == pytest.approx(0.9 + 0.1 * 20 / 3)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3), (3, 2, 2, 2)], ids=str)
def test_first_and_second_derivatives_match_finite_differences(shape, affine):
    x = seeded(shape).requires_grad_()
    weight, bias = (seeded(shape[1], seed=s).requires_grad_() for s in (1, 2))
    inputs = (x, weight, bias) if affine else (x,)

    def normalize(x, weight=None, bias=None):
        return BatchNormFunction.apply(x, weight, bias, 1e-5)[0]

    assert torch.autograd.gradcheck(normalize, inputs)
    assert torch.autograd.gradgradcheck(normalize, inputs)


@pytest.mark.parametrize("training", [True, False])
def test_second_derivatives_of_the_layer(training):
    layer = BatchNorm1d(3, dtype=torch.float64, momentum=0.0).train(training)
    inputs = (seeded((5, 3)).requires_grad_(),)
    assert torch.autograd.gradcheck(layer, inputs)
    assert torch.autograd.gradgradcheck(layer, inputs)


@pytest.mark.parametrize("shape", [(4, 50), (60, 100), (1024, 20), (8, 5, 14, 14)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_a_large_mean_costs_no_more_precision_than_in_pytorch(shape, seed):
    kind = "1d" if len(shape) == 2 else "2d"
    x = seeded(shape, torch.float32, seed) + 1e4
    (ours, theirs), (_, exact) = twins(kind, shape[1], torch.float32), twins(kind, shape[1])
    truth = exact(x.double())
    error, reference = ((layer(x).double() - truth).abs().max() for layer in (ours, theirs))
    assert error <= 2 * reference
    for name in ("running_mean", "running_var"):
        error, reference = (
            (getattr(layer, name).double() - getattr(exact, name)).abs().max()
            for layer in (ours, theirs)
        )
        # one float32 rounding of the value itself is nobody's fault
        rounding = torch.finfo(torch.float32).eps * getattr(exact, name).abs().max()
        assert error <= 2 * reference + rounding


BAD_INPUTS = {
    "1d: one value": ("1d", {}, (1, 3)),
    "1d: one value in eval, no statistics": ("1d", {"track_running_stats": False}, (1, 3)),
    "1d: one value, sequence": ("1d", {}, (1, 3, 1)),
    "2d: one value": ("2d", {}, (1, 3, 1, 1)),
    "1d: one dimension": ("1d", {}, (3,)),
    "1d: four dimensions": ("1d", {}, (2, 3, 4, 4)),
    "2d: two dimensions": ("2d", {}, (2, 3)),
    "2d: five dimensions": ("2d", {}, (2, 3, 1, 1, 1)),
    "1d: channels": ("1d", {}, (4, 5)),
    "2d: channels": ("2d", {}, (4, 5, 2, 2)),
    "1d: channels, no statistics": ("1d", {"track_running_stats": False}, (4, 5)),
}


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_refuses_what_pytorch_refuses_in_the_same_words(case):
    kind, settings, shape = BAD_INPUTS[case]
    ours, theirs = (layer(3, **settings) for layer in PAIRS[kind])
    if "eval" in case:
        ours.eval(), theirs.eval()
    with pytest.raises((ValueError, RuntimeError)) as expected:
        theirs(torch.zeros(shape))
    with pytest.raises(expected.type) as raised:
        ours(torch.zeros(shape))
    assert str(raised.value) == str(expected.value)


@pytest.mark.parametrize(
    ("layer", "x"), [(torch.float32, torch.float64), (torch.float64, torch.float32)]
)
def test_refuses_mixed_precision_that_pytorch_refuses(layer, x):
    ours, theirs = BatchNorm1d(3, dtype=layer), nn.BatchNorm1d(3, dtype=layer)
    with pytest.raises(RuntimeError, match="mixed dtype"):
        theirs(seeded((4, 3), x))
    with pytest.raises(RuntimeError, match=r"mixed dtype.*\.to\(dtype\)"):
        ours(seeded((4, 3), x))


@pytest.mark.parametrize("shape", [(1, 3), (0, 3)], ids=str)
def test_eval_accepts_one_sample_and_none(shape):
    ours, theirs = twins("1d", 3)
    assert_same(ours.eval()(seeded(shape)), theirs.eval()(seeded(shape)), torch.float64)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("settings", SETTINGS[::5], ids=str)
def test_state_dict_goes_both_ways(kind, settings):
    ours, theirs = twins(kind, 4, **settings)
    shape = (6, 4) if kind == "1d" else (6, 4, 2, 2)
    ours(seeded(shape))
    theirs.load_state_dict(ours.state_dict())
    ours.eval(), theirs.eval()
    assert_same(theirs(seeded(shape, seed=5)), ours(seeded(shape, seed=5)), torch.float64)


@pytest.mark.parametrize("version", [None, 1])
@pytest.mark.parametrize("before", [0, 3])
def test_a_checkpoint_older_than_the_batch_counter_leaves_the_count(version, before):
    counts = []
    for kind in (BatchNorm1d, nn.BatchNorm1d):
        old = kind(3).state_dict()
        del old["num_batches_tracked"]
        old._metadata[""]["version"] = version
        layer = nn.Sequential(kind(3))
        for step in range(before):
            layer(seeded((4, 3), torch.float32, step))
        layer[0].load_state_dict(old)
        counts.append(layer[0].num_batches_tracked.item())
    assert counts == [before, before]


def test_a_new_checkpoint_without_the_count_is_refused():
    incomplete = BatchNorm1d(3).state_dict()
    del incomplete["num_batches_tracked"]
    with pytest.raises(RuntimeError, match="num_batches_tracked"):
        BatchNorm1d(3).load_state_dict(incomplete)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_without_a_count_it_follows_pytorch(momentum):
    ours, theirs = twins("1d", 3, momentum=momentum)
    ours.num_batches_tracked = theirs.num_batches_tracked = None
    assert_same_step(ours, theirs, seeded((5, 3)), torch.float64)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_after_training_are_independent_and_equal(clone):
    layer = BatchNorm1d(3, dtype=torch.float64)
    layer(seeded((5, 3)).requires_grad_()).sum().backward()
    twin = clone(layer)
    assert_same(twin.eval()(seeded((2, 3))), layer.eval()(seeded((2, 3))), torch.float64)
    twin.train()(seeded((5, 3), seed=4))
    assert twin.num_batches_tracked.item() == 2
    assert layer.num_batches_tracked.item() == 1


def test_to_dtype_converts_all_but_the_counter():
    layer = BatchNorm1d(3).to(torch.float64)
    dtypes = {name: value.dtype for name, value in layer.state_dict().items()}
    assert dtypes.pop("num_batches_tracked") == torch.long
    assert set(dtypes.values()) == {torch.float64}
    assert layer(seeded((4, 3))).dtype == torch.float64


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("parameters", ["wide", "same"])
def test_half_precision_stays_close_to_pytorch(dtype, parameters):
    ours, theirs = twins("1d", 6, torch.float32 if parameters == "wide" else dtype)
    x = seeded((32, 6), dtype)
    step = torch.finfo(dtype).eps
    found = []
    for layer in (ours, theirs):
        leaf = x.clone().requires_grad_()
        y = layer(leaf)
        (y * seeded((32, 6), dtype, 1)).sum().backward()
        found.append([y, leaf.grad, layer.weight.grad, layer.bias.grad])
    torch.testing.assert_close(*found, rtol=4 * step, atol=4 * step)
    for layer in (ours.eval(), theirs.eval()):
        assert layer(x).dtype == dtype


def test_no_gradient_flows_into_the_running_statistics():
    layer = BatchNorm1d(3)
    layer(seeded((5, 3), torch.float32).requires_grad_())
    assert not layer.running_mean.requires_grad
    assert layer.running_var.grad_fn is None


def test_reads_like_pytorchs():
    assert repr(BatchNorm2d(3, momentum=None)) == repr(nn.BatchNorm2d(3, momentum=None))
