"""Running statistics computed anew, with the weights as they are."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d, combine_moments
from bnutils.networks.building import evaluating
from bnutils.surgery.frozen import FrozenBatchNorm
from bnutils.surgery.norm_layers import BATCH_NORMS, AnyBatchNorm, norm_layers

Net = TypeVar("Net", bound=nn.Module)


@torch.no_grad()
def precise_statistics(net: Net, batches: Iterable[Tensor], *, pooled: bool = False) -> Net:
    """A copy of ``net`` whose running statistics are computed anew from ``batches``.

    Each batch [B, ...] passes through with its own statistics, as in training. The mean and the
    unbiased variance are the plain averages over the batches, which count alike; with ``pooled``
    they are those of all values as if they were one batch, so that the variance, divided by the
    number of values, has the part between the batches too. Only batch normalization is in
    training mode meanwhile, so that dropout draws nothing. Modes and momenta are those of ``net``;
    frozen layers stay as they are.
    Raises ValueError where there are no batches, nothing to compute, a layer that no batch
    reaches, or one of an unknown type that has running statistics.
    Source: Ioffe and Szegedy (2015), Algorithm 2, line 10; pooled: Wu and Johnson (2021), section
    3.1, E[μ² + σ²] - E[μ]².
    """
    copy = deepcopy(net)
    with evaluating(copy):
        records = {name: _Record(norm) for name, norm in _tracking(copy, can_pool=pooled).items()}
        count = 0
        for x in batches:
            copy(x)
            count += 1
        if not count:
            raise ValueError("there are no batches: give at least one, of 2 samples or more")
        for name, record in records.items():
            if not record.counts:
                raise ValueError(
                    f"layer {name!r} got none of the batches, so that it would be left without "
                    f"statistics: give the part of the network that is used in evaluation mode"
                )
            record.finish(pooled)
    return copy


class _Record:
    """The moments of each batch that a layer gets, of which it takes over the average."""

    def __init__(self, norm: AnyBatchNorm) -> None:
        self.norm, self.momentum = norm, norm.momentum
        self.counts: list[int] = []
        self.means: list[Tensor] = []
        self.variances: list[Tensor] = []
        norm.reset_running_stats()
        norm.momentum = 1.0  # the running statistics are the last batch's
        norm.train()
        self.hook = norm.register_forward_hook(self.note)

    def note(self, norm: AnyBatchNorm, inputs: tuple[Tensor, ...], _: Tensor) -> None:
        assert norm.running_mean is not None and norm.running_var is not None  # for mypy
        self.counts.append(inputs[0].numel() // inputs[0].shape[1])  # values per channel
        self.means.append(norm.running_mean.to("cpu", torch.float64, copy=True))  # [C]
        self.variances.append(norm.running_var.to("cpu", torch.float64, copy=True))  # [C]

    def finish(self, pooled: bool) -> None:
        self.hook.remove()
        self.norm.momentum = self.momentum
        means, variances = torch.stack(self.means), torch.stack(self.variances)  # [K, C]
        mean, var = means.mean(0), variances.mean(0)  # [C]
        if pooled:
            counts = torch.tensor(self.counts).to(means)  # [K]
            mean, var = combine_moments(counts, means, variances * (counts[:, None] - 1))
        assert self.norm.running_mean is not None and self.norm.running_var is not None  # for mypy
        self.norm.running_mean.copy_(mean)
        self.norm.running_var.copy_(var)


@torch.no_grad()
def adapt_statistics(net: Net, x: Tensor, *, prior: float = 0.0, dim: int = 0) -> Net:
    """A copy of ``net`` whose running statistics are moved towards those of one batch ``x``.

    With n samples in ``x`` [n, ...] the new statistics are (``prior`` · old + n · batch) /
    (``prior`` + n): 0 forgets the old ones. Each layer sees its input as the layers below, already
    adapted, pass it on. For a stack of networks, which takes [S, n, ...], ``dim`` is 1.
    Raises ValueError for a negative ``prior`` or where there is nothing to adapt.
    Source: Schneider et al. (2020), eq. 3.
    """
    if prior < 0:
        raise ValueError(f"prior is {prior}: it counts samples; expected 0 or more")
    copy, n = deepcopy(net), x.shape[dim]
    adapted: set[nn.Module] = set()

    def absorb(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, AnyBatchNorm)  # for mypy
        if norm in adapted:
            raise ValueError(
                f"{norm} stands at two places, whose statistics differ: use two layers"
            )
        adapted.add(norm)
        momentum, norm.momentum = norm.momentum, n / (prior + n)
        norm.train()
        norm.forward(inputs[0])
        norm.eval()
        norm.momentum = momentum

    hooks = [norm.register_forward_pre_hook(absorb) for norm in _tracking(copy).values()]
    with evaluating(copy):
        copy(x)
    for hook in hooks:
        hook.remove()
    return copy


def _tracking(net: nn.Module, can_pool: bool = False) -> dict[str, AnyBatchNorm]:
    """The layers with running statistics, by name; those of groups in a batch cannot be pooled."""
    known = BATCH_NORMS if can_pool else BATCH_NORMS | {GhostBatchNorm1d, SyncBatchNorm1d}
    layers = norm_layers(net, known, other={FrozenBatchNorm})
    norms = {name: norm for name, norm in layers.items() if norm.running_mean is not None}
    if uncounted := [name for name, norm in norms.items() if norm.num_batches_tracked is None]:
        raise ValueError(
            f"layers {uncounted} count no batches, which averages need: give each a "
            f"num_batches_tracked, a tensor of int64"
        )
    if not norms:
        raise ValueError("the network has no batch normalization with running statistics")
    return norms
