"""Numbers and layers for tests, the same at every call."""

from functools import partial

import torch

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
