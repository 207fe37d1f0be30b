"""Step 4: what the batch is divided by: how the variance is counted, and where ε stands."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.bench import ORDINARY, VALUES, Bench
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.mode import is_scaled
from bnutils.practice.diagnosis.subject import Subject


def standard(channels: int, m: int, seed: int) -> Numbers:
    """Numbers [m, C] with mean 0 and mean square 1 in every channel."""
    drawn = np.random.default_rng(seed).exponential(size=(m, channels))
    drawn -= drawn.mean(0)
    return np.asarray(drawn / np.sqrt((drawn**2).mean(0)))


def divisor(subject: Subject, sigma: float, m: int, seed: int = 0, mean: float = 0.0) -> Numbers:
    """What values of standard deviation ``sigma`` are divided by, squared, [C]."""
    u = standard(subject.channels, m, seed)
    y = subject(mean + sigma * u, True)
    slope = (y * u).mean(0) / sigma
    return np.asarray(slope**-2.0)


def check_spread(bench: Bench) -> None:
    """Centring, the kind of variance, ε; sets what later steps reckon with."""
    base, findings, tolerance = bench.base, bench.findings, 30 * bench.base.tolerance
    if bench.facts.mode in ("running", "inverted"):
        return
    if not bench.facts.vectors_ok:
        findings.unknown["the batch's variance and ε"] = "the statistics are not one per channel"
        return
    u, centred = standard(base.channels, 8, 6), True
    at_zero, away = (base(mean + 2 * u, True) for mean in (0.0, 3.0))
    if np.abs(away.mean(0)).max() > tolerance * np.abs(away).max():
        off = np.abs(away.mean(0)).max()
        findings.mistake("not-centred", f"outputs have means up to {off:.3g}")
        centred = False
    slopes = [(y * u).mean(0) for y in (at_zero, away)]
    if not np.allclose(slopes[0], slopes[1], rtol=tolerance):
        findings.mistake("variance-not-centred", "a constant added to x changes the scale")
        return
    if _check_power(bench, tolerance):
        bench.facts.spread_ok = _check_factor(bench, tolerance) and centred
        if bench.facts.spread_known or {"gamma-wrong", "spread-wrong"}.isdisjoint(findings.found):
            _check_eps(bench)


def _check_power(bench: Bench, tolerance: float) -> bool:
    low, high = (divisor(bench.base, sigma, 8) for sigma in (1e2, 1e3))
    power = np.log10(high / low).mean()
    if abs(power - 2) < 0.05:
        return True
    if bench.base.rank > 2 and bench.images and is_scaled(bench.images, True, images=True):
        return False  # by a spread that images of one pixel have not
    key = {0: "not-scaled", 4: "divided-by-variance"}.get(round(power), "spread-wrong")
    grown = 10 ** (1 - power / 2)
    bench.findings.mistake(key, f"inputs 10 times as large come out {grown:.3g} times as large")
    return False


def _check_factor(bench: Bench, tolerance: float) -> bool:
    """Names a variance that is not that of the batch, divided by m or m − 1."""
    factors = {
        m: np.concatenate([divisor(bench.base, 1e3, m, seed) / 1e6 for seed in (0, 1)])
        for m in (4, 12)
    }
    even = all(np.ptp(k) < tolerance * k.mean() + 1e-6 for k in factors.values())
    at = {m: float(k.mean()) for m, k in factors.items()}
    bench.facts.spread_known = even
    if not even:
        bench.findings.mistake("spread-wrong", "samples of equal variance come out differently")
        return False
    for unbiased in (False, True):
        if all(np.isclose(k, m / (m - 1) if unbiased else 1, rtol=1e-3) for m, k in at.items()):
            bench.facts.unbiased = unbiased
            bench.facts.own_factor = VALUES / (VALUES - 1) if unbiased else 1.0
            if unbiased:
                bench.findings.mistake("batch-variance-unbiased", "divided by m − 1")
            return True
    if "gamma-wrong" in bench.findings.found:  # the factor is γ's, but for what m makes of it
        bench.facts.spread_known = False
        if np.isclose(at[4] / at[12], (4 / 3) / (12 / 11), rtol=1e-3):
            bench.findings.mistake("batch-variance-unbiased", "divided by m − 1")
        return False
    bench.facts.own_factor = float(divisor(bench.base, 1e3, VALUES).mean()) / 1e6
    told = " and ".join(f"{k:.3g} times too large for {m} values" for m, k in at.items())
    bench.findings.mistake("batch-variance-factor", told)
    return False


def _check_eps(bench: Bench) -> None:
    base, facts, findings = bench.base, bench.facts, bench.findings
    m = 12
    factor = float(divisor(base, 1e3, m).mean()) / 1e6
    floor = float(divisor(base, 1e-9, m).mean())  # of a variance that is next to none
    added = (float(divisor(base, s, m).mean()) - factor * s**2 for s in (1e-2, 1e-1, 1.0))
    least = next((eps for eps in added if np.isfinite(eps)), 0.0)
    if least < -1e-8 * factor:
        facts.eps = least
        findings.mistake("eps-other", f"{least:.3g} is added")
        return
    if not np.isfinite(floor) or floor < 1e2 * factor * 1e-18:
        facts.eps = 0.0
        key = "eps-tiny" if 0 < (bench.declared(words.EPS) or 0) < 1e-16 else "eps-missing"
        _mistake_unless_chosen(bench, key, "a variance of 1e-18 is divided by as it is")
        return
    sigma = (floor / factor) ** 0.5
    middle = float(divisor(base, sigma, m).mean()) / floor
    if abs(middle - 4) < 0.2:
        facts.eps, facts.eps_kind = floor**0.5, "outside"
        findings.mistake("eps-outside", f"standard deviation + {floor**0.5:.3g}")
        return
    facts.eps = floor
    if abs(middle - 1) < 0.05:
        findings.mistake("eps-clamped", f"variances below {floor:.3g} count as {floor:.3g}")
        facts.eps_kind = "clamped"
        return
    _judge_eps(bench, floor)


def _judge_eps(bench: Bench, eps: float) -> None:
    """ε beside what is declared, and beside what is usual."""
    findings, maker = bench.findings, bench.maker
    declared = bench.declared(words.EPS)
    if declared and not np.isclose(eps, declared, rtol=3e-3):
        findings.mistake("eps-other", f"{eps:.3g}, and {declared:.3g} is declared")
    elif eps < 1e-9:
        _mistake_unless_chosen(bench, "eps-tiny", f"ε = {eps:.3g}")
    elif eps > 0.09:
        _mistake_unless_chosen(bench, "eps-huge", f"ε = {eps:.3g}")
    elif not np.isclose(eps, ORDINARY, rtol=0.01):
        findings.notes["ε"] = f"{eps:.3g}; PyTorch and Flax have 1e-5, Keras 1e-3"
    name = maker.accepts(words.EPS)
    if name and "eps-other" not in findings.found and not bench.chosen(words.EPS):
        other = 0.02 if eps < 0.01 else 1e-4
        found = float(divisor(bench.again(**{name: other}), 1e-9, 12).mean())
        if not np.isclose(found, other, rtol=0.01):
            findings.mistake("eps-ignored", f"with `{name}={other:g}` it is {found:.3g}")


def _mistake_unless_chosen(bench: Bench, key: str, measured: str) -> None:
    if bench.chosen(words.EPS):
        bench.findings.notes["ε"] = f"{measured}, as you chose"
    else:
        bench.findings.mistake(key, measured)
