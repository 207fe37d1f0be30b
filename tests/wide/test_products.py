"""Products of stacks of matrices against those in double precision."""

import pytest
import torch

from bnutils.wide import products
from bnutils.wide.products import LARGE, LONG, has_fast_product, product

SHAPES = {  # S, m, k, n
    "small": (3, 10, 20, 6),
    "large and short": (3, 150, 150, 100),
    "large and long": (3, 60, 250, 150),
    "large, one": (1, 150, 150, 100),
    "long and thin": (2, 4, 5000, 110),
    "one value wide": (2, 1500, 1500, 1),
    "thin": (9, 100, 100, 2),
    "just below": (1, 125, 128, 124),
    "just above": (1, 125, 128, 126),
}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(params=["as it is", "without oneDNN"], autouse=True)
def processor(request, monkeypatch):
    """Both kinds of processor, as far as this one can be both."""
    if request.param == "without oneDNN":
        monkeypatch.setattr(products, "has_fast_product", lambda: False)
    return request.param


def operands(shape, transposed=False, dtype=torch.float32):
    replicas, m, k, n = shape
    generator = torch.Generator().manual_seed(0)
    pair = []
    for rows, columns in ((m, k), (k, n)):
        size = (replicas, columns, rows) if transposed else (replicas, rows, columns)
        values = torch.randn(size, generator=generator, dtype=dtype)
        pair.append(values.mT if transposed else values)
    return pair


def assert_right(result, expected, terms):
    """Equal but for the rounding of sums of so many terms of size 1."""
    assert result.dtype == torch.float32 and result.is_contiguous()
    torch.testing.assert_close(result.double(), expected, rtol=1e-5, atol=5e-6 * terms**0.5)


def test_the_shapes_lie_on_both_sides_of_the_thresholds():
    sizes = {name: m * k * n for name, (_, m, k, n) in SHAPES.items()}
    assert sizes["just below"] < LARGE <= sizes["just above"]
    assert sizes["small"] < LARGE <= sizes["large and short"]
    assert SHAPES["large and short"][2] < LONG <= SHAPES["large and long"][2]


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_products_and_gradients_are_right(name, transposed):
    replicas, m, k, n = SHAPES[name]
    a, b = operands(SHAPES[name], transposed)
    upstream = torch.randn((replicas, m, n), generator=torch.Generator().manual_seed(1))
    exact_a, exact_b = (x.double().requires_grad_() for x in (a, b))
    exact = torch.bmm(exact_a, exact_b)
    exact.backward(upstream.double())
    for wants in ((True, True), (True, False), (False, True)):
        pair = [x.detach().requires_grad_(want) for x, want in zip((a, b), wants, strict=True)]
        y = product(*pair)
        assert_right(y.detach(), exact.detach(), k)
        y.backward(upstream)
        for x, want, reference, terms in zip(pair, wants, (exact_a, exact_b), (n, m), strict=True):
            assert (x.grad is not None) == want
            if want:
                torch.testing.assert_close(
                    x.grad.double(), reference.grad, rtol=1e-5, atol=5e-6 * terms**0.5
                )


def test_nothing_is_recorded_where_no_gradient_is_wanted():
    for name in ("small", "large and long"):
        assert not product(*operands(SHAPES[name])).requires_grad


@pytest.mark.parametrize("name", ["small", "large and long", "large, one"])
def test_double_precision_stays_double(name):
    a, b = operands(SHAPES[name], dtype=torch.float64)
    y = product(a, b)
    assert y.dtype == torch.float64
    torch.testing.assert_close(y, torch.bmm(a, b), rtol=1e-13, atol=1e-13)


def test_gradients_of_other_layouts():
    """Gradients that arrive expanded or transposed, as sums and views send them."""
    a, b = (x.requires_grad_() for x in operands(SHAPES["large and long"]))
    exact_a, exact_b = (x.detach().double().requires_grad_() for x in (a, b))
    product(a, b).sum().backward()
    torch.bmm(exact_a, exact_b).sum().backward()
    torch.testing.assert_close(a.grad.double(), exact_a.grad, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(b.grad.double(), exact_b.grad, rtol=1e-5, atol=1e-4)


def test_one_operand_for_all_replicas():
    """As in evaluation: the same samples, expanded without a copy."""
    a, b = operands(SHAPES["large and long"])
    shared = b[:1].expand_as(b)
    exact = torch.bmm(a.double(), shared.double())
    assert_right(product(a, shared), exact, SHAPES["large and long"][2])


def test_a_replica_that_is_undefined_leaves_the_others_alone():
    a, b = operands(SHAPES["large and long"])
    expected = product(a, b)[1:].clone()
    a[0] = float("nan")
    y = product(a, b)
    assert y[0].isnan().all()
    assert torch.equal(y[1:], expected)


def test_the_fast_product_is_used_where_it_pays(processor, monkeypatch):
    if processor != "as it is" or not has_fast_product():
        pytest.skip("this processor has no fast product")
    slow = []
    bmm = torch.bmm
    monkeypatch.setattr(torch, "bmm", lambda a, b: slow.append(a.shape) or bmm(a, b))
    used = {}
    for name in SHAPES:
        slow.clear()
        product(*operands(SHAPES[name]))
        used[name] = not slow
    assert {name for name in SHAPES if used[name]} == {
        "large and long", "large, one", "long and thin", "just above",
    }  # fmt: skip
