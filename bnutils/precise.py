"""Running statistics computed anew, with the weights as they are."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

from bnutils.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.replicas.shapes import Enter

TRACKING_NORMS = (BatchNorm1d, BatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d)
Net = TypeVar("Net", bound=nn.Module)


@torch.no_grad()
def precise_statistics(net: Net, batches: Iterable[Tensor]) -> Net:
    """A copy of ``net`` whose running statistics are the plain averages over ``batches``.

    Each batch [B, ...] counts alike and passes through with its own statistics, as in training;
    the variance that is averaged is the unbiased one. Only batch normalization is in training
    mode meanwhile, so that dropout draws nothing. Modes and momenta are those of ``net``.
    Raises ValueError where there are no batches, or nothing to compute.
    Source: Wu and Johnson (2021), section 3.1.
    """
    copy = deepcopy(net)
    norms = _tracking(copy)
    momenta = [norm.momentum for norm in norms]
    copy.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average
        norm.train()
    count = 0
    for x in batches:
        copy(x)
        count += 1
    if not count:
        raise ValueError("there are no batches: give at least one, of 2 samples or more")
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return _with_modes_of(net, copy)


@torch.no_grad()
def adapt_statistics(net: Net, x: Tensor, *, prior: float = 0.0) -> Net:
    """A copy of ``net`` whose running statistics are moved towards those of one batch ``x``.

    With n samples in ``x`` [n, ...] the new statistics are (``prior`` · old + n · batch) /
    (``prior`` + n): 0 forgets the old ones. Each layer sees its input as the layers below, already
    adapted, pass it on. A stack of networks takes [S, n, ...] and n from the second dimension.
    Raises ValueError for a negative ``prior`` or where there is nothing to adapt.
    Source: Schneider et al. (2020), eq. 3.
    """
    if prior < 0:
        raise ValueError(f"prior is {prior}: it counts samples; expected 0 or more")
    copy = deepcopy(net).eval()
    is_stack = any(isinstance(part, Enter) for part in copy.children())
    n = x.shape[1 if is_stack else 0]

    def absorb(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, TRACKING_NORMS)
        momentum, norm.momentum = norm.momentum, n / (prior + n)
        norm.train()
        norm.forward(inputs[0])
        norm.eval()
        norm.momentum = momentum

    hooks = [norm.register_forward_pre_hook(absorb) for norm in _tracking(copy)]
    copy(x)
    for hook in hooks:
        hook.remove()
    return _with_modes_of(net, copy)


def _tracking(net: nn.Module) -> list[BatchNorm1d | BatchNorm2d | nn.BatchNorm1d | nn.BatchNorm2d]:
    norms = [part for part in net.modules() if isinstance(part, TRACKING_NORMS)]
    norms = [norm for norm in norms if norm.running_mean is not None]
    if not norms:
        raise ValueError("the network has no batch normalization with running statistics")
    return norms


def _with_modes_of(net: nn.Module, copy: Net) -> Net:
    for part, own in zip(net.modules(), copy.modules(), strict=True):
        own.training = part.training
    return copy
