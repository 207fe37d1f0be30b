"""Step 7: what evaluation computes from the statistics that the layer itself has stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.bench import BETA, GAMMA, ORDINARY, Bench, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.slips import Setting, debiased, explain
from bnutils.practice.diagnosis.subject import Subject

MEAN = np.array([1.0, -2.0, 0.5, 3.0])
SHARED = {  # mistakes that both modes may have from one line
    "gamma-wrong", "not-centred", "spread-wrong", "not-scaled", "variance-not-centred",
}  # fmt: skip
VARIANCE = np.array([0.25, 4.0, 1.5, 9.0])


def check_evaluation(bench: Bench) -> None:
    """γ, β, running mean and variance, ε: all used, each once."""
    facts, findings = bench.facts, bench.findings
    if facts.mode in ("batch", "inverted"):
        return
    if facts.mean is None or facts.var is None or not facts.vectors_ok:
        findings.unknown["evaluation"] = "the running statistics were not found, one per channel"
        return
    held = set_up(bench, VARIANCE)
    x = batch(bench.channels, m=3, seed=30)
    layer = set_layer(bench, held)
    y = layer(x, False)
    for n in (1, 2):
        if not layer.same(layer(x[:n], False), y[:n]):
            findings.mistake("evaluation-uses-batch", f"{n} of 3 samples come out otherwise")
            return
    if facts.alpha and layer.same(y, debiased(held, facts.alpha).output(x)):
        findings.notes["evaluation"] = "corrects the averages for what they start at, as Adam does"
        facts.debiased = True
        return
    names = explain(layer, held, x, y, facts.eps)
    if names is None and not SHARED.isdisjoint(findings.found):
        findings.unknown["evaluation"] = "training computes something else already"
        return
    if names is None or len(names) > 3:
        nothing = "x comes out as it went in" if names else "no usual slip explains the outputs"
        findings.mistake("evaluation-wrong", nothing)
        return
    explained = bool(names)
    if _only_training_differs(bench):
        names -= {"evaluation-eps"}
    if not facts.spread_known and facts.mode != "running":  # training divides by the same
        names -= {"evaluation-variance", "evaluation-eps"}
    for name in sorted(names):
        findings.mistake(name, "outputs in evaluation, with numbers set for them")
    if explained or not facts.spread_known or facts.eps is None or facts.eps < 0:
        return
    if not (_only_training_differs(bench) or _fits(bench, facts.eps, facts.eps_kind)):
        told = f"with a running variance of about {facts.eps or ORDINARY:.1g}"
        findings.mistake("evaluation-eps", told)


def set_up(bench: Bench, var: Numbers) -> Setting:
    """γ, β, mean and ``var`` to be set, as far as training showed that they do what they should."""
    facts, found, count = bench.facts, bench.findings.found, bench.channels
    gamma, beta, mean, spread = (np.resize(v, count) for v in (GAMMA, BETA, MEAN, var))
    if not facts.gamma or not {"affine-shared", "gamma-wrong", "affine-axis"}.isdisjoint(found):
        gamma = np.ones(count)
    if facts.gamma_log:
        gamma = np.abs(gamma)
    if not facts.beta or not {"affine-shared", "beta-wrong"}.isdisjoint(found):
        beta = np.zeros(count)
    if "not-centred" in found:  # in both modes, perhaps
        mean = np.zeros(count)
    stored = spread**2 if facts.deviation else spread
    return Setting(gamma, beta, mean, stored, facts.eps or 0.0, facts.eps_kind)


def set_layer(bench: Bench, setting: Setting) -> Subject:
    """The layer with these numbers in it, whatever its own γ counts from."""
    facts = bench.facts
    gamma = np.log(setting.gamma) if facts.gamma_log else setting.gamma - facts.gamma_from
    beta = setting.beta / (setting.gamma if "beta-scaled" in bench.findings.found else 1)
    layer = bench.scaled(bench.base, gamma, beta)
    stored = np.sqrt(setting.var) if facts.deviation else setting.var
    places = {str(facts.mean): setting.mean, str(facts.var): stored}
    own = layer.held()
    return layer.with_values({p: v if own[p].size > 1 else v[0] for p, v in places.items()})


def _only_training_differs(bench: Bench) -> bool:
    """Whether training's ε is named, so that evaluation may be as it should."""
    found = bench.findings.found
    if "eps-other" in found:  # which of the two is meant is told by nothing
        return True
    usual = bench.declared(words.EPS) or bench.facts.eps or ORDINARY
    named = not {"eps-outside", "eps-clamped", "eps-missing", "eps-tiny"}.isdisjoint(found)
    return named and _fits(bench, usual, "inside")


def _fits(bench: Bench, eps: float, kind: str) -> bool:
    """Where the variance is of the size of ε, it shows which ε is added, and where."""
    size = eps or ORDINARY
    held = set_up(bench, np.array([0.5, 1.0, 2.0, 4.0]) * size)
    held = replace(held, beta=0 * held.beta, eps=eps, kind=kind)
    layer, x = set_layer(bench, held), batch(bench.channels, m=3, seed=31)
    y = held.output(x)
    return np.allclose(layer(x, False), y, rtol=max(1e-3, 10 * layer.tolerance), atol=1e-3)
