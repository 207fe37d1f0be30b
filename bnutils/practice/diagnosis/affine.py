"""Step 2, judged: γ multiplies, β is added, one of each per channel."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.bench import BETA, GAMMA, Bench, batch
from bnutils.practice.diagnosis.roles import packed


def check_affine(bench: Bench) -> None:
    """γ multiplies, β is added, one of each per channel; they are parameters and start at 1, 0."""
    facts, findings = bench.facts, bench.findings
    roles = {"gamma": facts.gamma, "beta": facts.beta}
    layer = bench.warm.layer
    together = packed(bench.warm) if None in roles.values() else []
    if together:
        findings.unknown["γ and β"] = f"`{together[0]}` holds several numbers for each channel"
        bench.stopped = not bench.maker.fresh
        return
    if any(path is not None and _is_one_of_many(bench, path) for path in roles.values()):
        findings.unknown["γ and β"] = "they are held as one number after the other"
        facts.gamma = facts.beta = None
        return
    for role, path in roles.items():
        if path is None and _is_off(layer, role):
            findings.notes[role] = "switched off"
        elif path is None:
            findings.mistake(f"{role}-missing", "no array that the layer holds moves the output so")
    known = [path for path in roles.values() if path is not None]
    if len(facts.idle) > 2 - len(known):  # an unused parameter may be the one that is missing
        findings.mistake("idle-parameter", ", ".join(f"`{path}`" for path in facts.idle))
    shared = [p for p in known if bench.warm.held()[p].size == 1 and bench.channels > 1]
    if shared:
        findings.mistake("affine-shared", ", ".join(f"`{path}` is one number" for path in shared))
    elif facts.gamma is not None and facts.mode != "running":
        _check_gamma(bench)
    if facts.beta is not None and not shared and facts.mode != "running":
        _check_beta(bench)
    _check_start(bench)


def _is_off(layer: object, role: str) -> bool:
    """Whether a setting such as ``affine`` or ``use_bias`` is False."""
    asked = {"affine", *(words.GAMMA if role == "gamma" else words.BETA | {"center"})}
    settings = getattr(layer, "__dict__", {}).items()
    off = [words.plain(name).split("_") for name, value in settings if value is False]
    return any(not asked.isdisjoint(parts) for parts in off)


def _is_one_of_many(bench: Bench, path: str) -> bool:
    """Whether a single number moves one channel alone."""
    values = bench.warm.held()[path]
    if values.size > 1:
        return False
    x = batch(bench.channels, seed=4)
    change = bench.warm.with_values({path: values + 1})(x, True) - bench.warm(x, True)
    return bool((np.abs(change).max(0) > 1e-6).sum() == 1 < bench.channels)


def _check_gamma(bench: Bench) -> None:
    warm, x = bench.warm, batch(bench.channels, seed=4)
    gamma = np.resize(GAMMA, bench.channels)
    none, one, given = (bench.scaled(warm, g, 0.0)(x, True) for g in (0.0, 1.0, GAMMA))
    unit = one - none
    expected = np.expm1(gamma) * none if bench.facts.gamma_log else gamma * unit
    if not warm.same(given - none, expected):
        spread = np.abs((given - none) / unit).mean(0)
        elsewhere = not warm.same(spread, np.abs(gamma))
        if elsewhere and warm.same(np.sort(spread), np.sort(np.abs(gamma))):
            bench.findings.mistake("affine-axis", "γ of one channel moves another")
        else:
            bench.findings.mistake("gamma-wrong", "outputs are not in proportion to it")


def _check_beta(bench: Bench) -> None:
    warm, x = bench.warm, batch(bench.channels, seed=4)
    beta = np.resize(BETA, bench.channels)
    shifts = [
        bench.scaled(warm, g, BETA)(x, True) - bench.scaled(warm, g, 0.0)(x, True)
        for g in (1.0, GAMMA)
    ]
    if warm.same(shifts[0], beta) and warm.same(shifts[1], beta):
        return
    scaled = bench.facts.gamma is not None and warm.same(
        shifts[1], np.resize(GAMMA, bench.channels) * beta
    )
    key = "beta-scaled" if scaled else "beta-wrong"
    bench.findings.mistake(key, f"with γ = {GAMMA[0]:g} it moves the output by other than itself")


def _check_start(bench: Bench) -> None:
    held = bench.start.held()
    start = 1.0 - bench.facts.gamma_from
    for role, path, value in (
        ("gamma", bench.facts.gamma, start), ("beta", bench.facts.beta, 0.0)
    ):  # fmt: skip
        meant = f"{role}-wrong" not in bench.findings.found
        if path in held and meant and bench.is_new() and not np.allclose(held[path], value):
            shown = ", ".join(f"{v:.3g}" for v in held[path].ravel()[:4])
            bench.findings.mistake(f"{role}-start", f"`{path}` starts at {shown}")
