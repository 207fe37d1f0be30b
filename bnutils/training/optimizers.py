"""Optimizers: settings as torch.optim names them, and one step on many weights at once.

``torch.optim`` has one learning rate for a tensor; a stack needs one for each network in it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from math import sqrt
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from bnutils.training.checking import real_number, yes_or_no


class Moment(NamedTuple):
    """Parameters that have a gradient, and for each of them what an optimizer needs.

    ``rates`` are learning rates that broadcast to the parameters, ``kept`` the averages of
    gradients, 0 before the first step, ``counts`` the steps, this one included.
    """

    weights: tuple[Tensor, ...]
    gradients: tuple[Tensor, ...]
    rates: tuple[Tensor, ...]
    kept: tuple[tuple[Tensor, ...], ...]
    counts: tuple[int, ...]


class Optimizer(ABC):
    """The settings of an optimizer; the learning rate is not among them."""

    averages: ClassVar[int]  # of gradients, that it keeps for each weight

    @abstractmethod
    def step(self, at: Moment) -> None:
        """Change the weights, and what is kept of their gradients, in place."""

    def __repr__(self) -> str:
        """The settings that are not the usual ones."""
        values = {f.name: (getattr(self, f.name), f.default) for f in fields(self)}  # type: ignore[arg-type]
        other = ", ".join(f"{name}={v!r}" for name, (v, usual) in values.items() if v != usual)
        return f"{type(self).__name__}({other})"

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)  # the way into a frozen dataclass


@dataclass(frozen=True, repr=False)
class SGD(Optimizer):
    """Stochastic gradient descent as ``torch.optim.SGD``: d = g + λw; b = μb + d; w -= η·b.

    μ is ``momentum``, λ is ``weight_decay``, and with ``nesterov`` w -= η·(d + μb).
    Raises ValueError for a momentum outside [0, 1], a negative decay, and for ``nesterov`` without
    momentum. Source: Sutskever et al. (2013), with the learning rate outside b.
    """

    averages = 1
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        self._set(
            momentum=real_number("momentum", self.momentum, 0, 1),
            nesterov=yes_or_no("nesterov", self.nesterov),
            weight_decay=real_number("weight_decay", self.weight_decay, 0),
        )
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov is True but momentum is 0; give momentum=0.9, say")

    def step(self, at: Moment) -> None:
        """See `Optimizer`."""
        steps = at.gradients
        if self.weight_decay:
            steps = torch._foreach_add(steps, at.weights, alpha=self.weight_decay)
        if self.momentum:
            (sums,) = at.kept
            torch._foreach_mul_(sums, self.momentum)
            torch._foreach_add_(sums, steps)
            ahead = self.nesterov
            steps = torch._foreach_add(steps, sums, alpha=self.momentum) if ahead else sums
        torch._foreach_addcmul_(at.weights, steps, at.rates, -1)


@dataclass(frozen=True, repr=False)
class AdamW(Optimizer):
    """Adam with decoupled weight decay as ``torch.optim.AdamW``: w -= η·(m̂ / (√v̂ + ε) + λw).

    m̂ and v̂ are averages of the gradients and of their squares with the factors ``betas``, freed of
    their start at 0; ε is ``eps``, λ is ``weight_decay``.
    Raises ValueError for betas outside [0, 1) and a negative ``eps`` or decay.
    Source: Loshchilov and Hutter (2019), with the decay times the whole learning rate.
    """

    averages = 2
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        try:
            betas = tuple(real_number("a beta", beta, 0) for beta in self.betas)
        except TypeError:  # nothing to go through
            betas = ()
        if len(betas) != 2 or max(betas) >= 1:
            raise ValueError(
                f"betas is {self.betas!r}; give two numbers below 1, as in betas=(0.9, 0.999)"
            )
        self._set(
            betas=betas,
            eps=real_number("eps", self.eps, 0),
            weight_decay=real_number("weight_decay", self.weight_decay, 0),
        )

    def step(self, at: Moment) -> None:
        """See `Optimizer`."""
        (means, squares), (one, other) = at.kept, self.betas
        torch._foreach_addcmul_(at.weights, at.weights, at.rates, -self.weight_decay)
        torch._foreach_lerp_(means, at.gradients, 1 - one)
        torch._foreach_mul_(squares, other)
        torch._foreach_addcmul_(squares, at.gradients, at.gradients, 1 - other)
        sizes = torch._foreach_sqrt(squares)
        torch._foreach_div_(sizes, [sqrt(1 - other**n) for n in at.counts])
        torch._foreach_add_(sizes, self.eps)
        torch._foreach_mul_(sizes, [1 - one**n for n in at.counts])
        torch._foreach_addcmul_(at.weights, torch._foreach_div(means, sizes), at.rates, -1)
