"""Step 7: what evaluation computes from the statistics that the layer itself has stored."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bnutils.practice.diagnosis.bench import BETA, GAMMA, Bench, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject

MEAN = np.array([1.0, -2.0, 0.5, 3.0])
VARIANCE = np.array([0.25, 4.0, 1.5, 9.0])


@dataclass(frozen=True)
class Setting:
    """What the layer holds, [C] each: γ, β, running mean and variance; and ε as it was measured."""

    gamma: Numbers
    beta: Numbers
    mean: Numbers
    var: Numbers
    eps: float
    outside: bool

    def output(self, x: Numbers) -> Numbers:
        root = np.sqrt(self.var)
        divisor = root + self.eps if self.outside else np.sqrt(self.var + self.eps)
        return np.asarray(self.gamma * (x - self.mean) / divisor + self.beta)


def check_evaluation(bench: Bench) -> None:
    """γ, β, running mean and variance, ε: all used, each once."""
    facts, findings = bench.facts, bench.findings
    if facts.mode in ("batch", "inverted") or facts.mean is None or facts.var is None:
        if facts.mode != "batch":
            findings.unknown["evaluation"] = "the running statistics were not found"
        return
    held = set_up(bench, VARIANCE)
    x = batch(bench.channels, m=3, seed=30)
    layer = set_layer(bench, held)
    y = layer(x, False)
    for n in (1, 2):
        if not layer.same(layer(x[:n], False), y[:n]):
            findings.mistake("evaluation-uses-batch", f"{n} of 3 samples alone come out differently")
            return
    if not layer.same(y, held.output(x)) and not _explain(bench, layer, held, x, y):
        findings.mistake("evaluation-wrong", "none of the usual slips explains the outputs")
        return
    if "evaluation-variance" not in findings.found and facts.eps is not None:
        _check_small_variance(bench)


def set_up(bench: Bench, var: Numbers) -> Setting:
    facts, count = bench.facts, bench.channels
    values = [np.resize(v, count) for v in (GAMMA, BETA, MEAN, var)]
    gamma = values[0] if facts.gamma else np.ones(count)
    if "γ" in bench.findings.notes and facts.gamma:
        gamma = gamma + 1
    beta = values[1] if facts.beta else np.zeros(count)
    if "beta-scaled" in bench.findings.found:
        beta = gamma * beta
    if any(key in bench.findings.found for key in ("affine-shared", "gamma-wrong", "beta-wrong", "affine-axis")):
        gamma, beta = np.ones(count), np.zeros(count)
    stored = values[3] ** 2 if facts.deviation else values[3]
    return Setting(gamma, beta, values[2], stored, facts.eps or 0.0, facts.eps_outside)


def set_layer(bench: Bench, setting: Setting) -> Subject:
    """The layer with these numbers in it."""
    facts = bench.facts
    one = np.allclose(setting.gamma, 1) and facts.gamma is not None
    layer = bench.base if one else bench.scaled(bench.base, GAMMA, BETA)
    stored = np.sqrt(setting.var) if facts.deviation else setting.var
    places = {str(facts.mean): setting.mean, str(facts.var): stored}
    own = layer.held()
    return layer.with_values({p: v if own[p].size > 1 else v[0] for p, v in places.items()})


def slips(held: Setting) -> Iterator[tuple[dict[str, str], Setting]]:
    """Settings that a slip amounts to, with its names: fewest slips first."""
    gammas = [("", held.gamma), ("evaluation-gamma", np.ones_like(held.gamma))]
    betas = [("", held.beta), ("evaluation-beta", 0 * held.beta), ("evaluation-beta", held.gamma * held.beta)]
    means = [("", held.mean), ("evaluation-mean", 0 * held.mean)]
    spreads = [("", held.var)] + [
        ("evaluation-variance", v)
        for v in (np.sqrt(held.var), held.var**2, 1 / held.var, np.ones_like(held.var))
    ]
    epsilons = [("", held.eps), ("evaluation-eps", 0.0), ("evaluation-eps", 1e-5)]
    places = [("", held.outside), ("evaluation-eps", not held.outside)]
    every = itertools.product(gammas, betas, means, spreads, epsilons, places)
    for parts in sorted(every, key=lambda parts: sum(bool(name) for name, _ in parts)):
        names = {name: "" for name, _ in parts if name}
        yield names, Setting(*(value for _, value in parts))  # type: ignore[arg-type]


def _explain(bench: Bench, layer: Subject, held: Setting, x: Numbers, y: Numbers) -> bool:
    """Names the slips that give these outputs; whether there are any."""
    for names, setting in slips(held):
        if not layer.same(y, setting.output(x)):
            continue
        for name in names:
            bench.findings.mistake(name, "outputs in evaluation, with numbers set for them")
        if bench.facts.deviation and "evaluation-variance" in names:
            bench.facts.deviation = False
        return True
    return False


def _check_small_variance(bench: Bench) -> None:
    """Where the variance is of the size of ε, it shows which ε is added, and where."""
    eps = bench.facts.eps or 1e-5
    held = set_up(bench, np.array([0.5, 1.0, 2.0, 4.0]) * eps)
    layer, x = set_layer(bench, held), batch(bench.channels, m=3, seed=31)
    y = layer(x, False)
    if not np.allclose(y, held.output(x), rtol=max(1e-3, 10 * layer.tolerance), atol=1e-3):
        bench.findings.mistake("evaluation-eps", f"with a running variance of about {eps:.1g}")


def check_images_evaluated(bench: Bench) -> None:
    """Images in evaluation: every pixel of a channel as a vector's value of it."""
    images, facts, findings = bench.images, bench.facts, bench.findings
    if images is None or facts.mode in ("batch", "inverted") or facts.mean is None or facts.var is None:
        return
    if facts.mean not in images.sized() or facts.var not in images.sized():
        return
    x = batch(bench.channels, seed=32, images=True)
    vectors = set_layer(bench, set_up(bench, VARIANCE))
    own = vectors.held()
    values = {p: own[p] for p in (facts.gamma, facts.beta, facts.mean, facts.var) if p}
    flat = vectors(np.moveaxis(x, 1, -1).reshape(-1, bench.channels), False)  # [B·H·W, C]
    try:
        y = images.with_values(values)(x, False)
    except Exception as error:
        findings.mistake("evaluation-axes", f"images of 2 × 5 raise {type(error).__name__}")
        return
    expected = np.moveaxis(flat.reshape(3, 2, 5, bench.channels), -1, 1)
    if not images.same(y, expected):
        findings.mistake("evaluation-axes", "images come out otherwise than vectors of their pixels")
