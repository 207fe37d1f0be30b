"""The bench on which a layer is measured: its forms, and what the steps before have found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.arguments import default
from bnutils.practice.diagnosis.building import Maker
from bnutils.practice.diagnosis.findings import Findings
from bnutils.practice.diagnosis.forming import subject
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject

ORDINARY = 1e-5  # ε
CLOSE = 2e-3  # of the weights of an average
VALUES = 6  # a channel has in a batch by which averages are measured
GAMMA, BETA = np.array([2.0, -1.5, 0.5, 3.0]), np.array([0.3, -1.0, 2.0, 0.7])  # to set them to


@dataclass
class Facts:
    """What was measured so far; None is what could not be."""

    mode: str = "right"
    gamma: str | None = None  # where it is held
    gamma_from: float = 0.0  # 1 where the layer multiplies by 1 + γ, or by e^γ
    gamma_log: bool = False  # the latter
    beta: str | None = None
    mean: str | None = None
    var: str | None = None
    vectors_ok: bool = False  # channels do not mix
    images_ok: bool = False
    spread_ok: bool = False
    unbiased: bool = False  # the batch's variance
    own_factor: float = 1.0  # of the batch's variance, for the values of an average
    eps: float | None = None
    eps_kind: str = "inside"  # of the root, "outside", or "clamped" to it
    alpha: float | None = None
    old_weighs: bool = False  # what momentum is the weight of
    deviation: bool = False  # stored, where a variance is expected
    debiased: bool = False  # by evaluation, of averages that start at 0
    spread_known: bool = False  # that of a variance, perhaps of a factor too large
    idle: list[str] = field(default_factory=list)  # parameters that move nothing


@dataclass
class Bench:
    """``start`` is the layer as it was made, ``warm`` after one batch, ``base`` with γ 1 and β 0.

    ``images`` is ``base`` for images, None where the layer takes none.
    """

    maker: Maker
    start: Subject
    findings: Findings
    image_start: Subject | None = None
    stopped: bool = False  # what was found leaves nothing to measure
    facts: Facts = field(default_factory=Facts)
    warm: Subject = field(init=False)
    base: Subject = field(init=False)
    images: Subject | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        try:
            self.warm = self.start.after(batch(self.start.channels, seed=1), True)[0]
        except Exception:  # of images of one pixel, seen by another step
            self.warm = self.start
        self.base = self.warm
        if self.image_start is not None:
            x = batch(self.image_start.channels, seed=1, images=True)
            self.images = self.image_start.after(x, True)[0]

    @property
    def channels(self) -> int:
        return self.start.channels

    def scaled(self, subject: Subject, gamma: Any, beta: Any) -> Subject:
        """``subject`` with γ and β set, as far as they were found."""
        places = ((self.facts.gamma, gamma), (self.facts.beta, beta))
        own = subject.held()
        return subject.with_values({p: self.sized(v, own[p]) for p, v in places if p in own})

    def declared(self, names: frozenset[str]) -> float | None:
        """The value of an attribute with one of ``names``, or else the default of the argument."""
        for name, value in getattr(self.start.layer, "__dict__", {}).items():
            if words.one_of(name, names) and type(value) in (float, int):
                return float(value)
        return self.maker.default(names)

    def chosen(self, names: frozenset[str]) -> bool:
        """Whether the reader gave the argument, so that its value is meant."""
        if self.maker.source is type(self.start.layer):  # it was made here, of its defaults
            return self.maker.gives(names)
        usual = default(type(self.start.layer), names)
        return self.maker.gives(names) or (usual is not None and usual != self.declared(names))

    def is_new(self) -> bool:
        """Whether the layer is as its author starts it: made here, or with a running mean of 0."""
        mean = self.facts.mean
        held = self.start.held()
        return self.maker.fresh or (mean in held and not held[str(mean)].any())

    def neutral(self, subject: Subject) -> Subject:
        """``subject`` without an effect of γ and β."""
        return self.scaled(subject, 1.0 - self.facts.gamma_from, 0.0)

    def sized(self, values: Any, like: Numbers) -> Any:
        """As many of ``values`` as there are channels, or one."""
        if np.ndim(values) == 0:
            return values
        return np.resize(values, self.channels) if like.size > 1 else np.asarray(values)[0]

    def again(self, **settings: float) -> Subject:
        """The layer made anew with other arguments, after one batch, with γ 1 and β 0."""
        maker = replace(self.maker, settings={**self.maker.settings, **settings})
        start = self.start
        made = subject(maker, start.rank, start.dtype, start.last)
        warm = made.after(batch(start.channels, seed=1), True)[0]
        return self.neutral(warm)


def root(var: Numbers, eps: float, kind: str) -> Numbers:
    """What is divided by, for a variance and an ε of a kind as in `Facts`."""
    if kind == "outside":
        return np.asarray(np.sqrt(var) + eps)
    return np.asarray(np.sqrt(np.maximum(var, eps) if kind == "clamped" else var + eps))


def batch(
    channels: int, m: int = 8, seed: int = 0, images: bool = False, mean: float = 1.0
) -> Numbers:
    """Normal numbers [m, C], or [3, C, 2, 5], each channel with a mean and spread of its own."""
    shape = (3, channels, 2, 5) if images else (m, channels)
    drawn = np.random.default_rng(seed).normal(size=shape)
    along = (1, -1, 1, 1) if images else (1, -1)
    place = np.arange(channels)
    spread, centre = (0.7 + 0.4 * place).reshape(along), mean * (1 + place % 3).reshape(along)
    return np.asarray(drawn * spread + centre)
