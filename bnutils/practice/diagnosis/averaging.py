"""Steps 5 and 6, judged: momentum, and what is averaged."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.average import POOLED, Average, is_idle
from bnutils.practice.diagnosis.bench import CLOSE, Bench, batch
from bnutils.practice.diagnosis.functions import FunctionLayer
from bnutils.practice.diagnosis.located import find_averages
from bnutils.practice.diagnosis.stored import judge_variance

TOLD = {  # and then the weights of mean and variance are not compared
    "running-mean-wrong", "running-variance-wrong", "never-updated", "weights-not-one",
    "overwritten",
}  # fmt: skip


def check_averages(bench: Bench) -> None:
    """Names what is wrong with the averages; sets ``facts.alpha``."""
    facts, findings = bench.facts, bench.findings
    if not facts.vectors_ok:
        findings.unknown["running statistics"] = "the statistics are not one per channel"
        return
    mean, var = find_averages(bench)
    if None in (facts.mean, facts.var) and facts.mode == "right":
        _name_missing(bench)
    if facts.mean is None and facts.var is None:
        told = {"evaluation-uses-batch", "running statistics", "never-updated"}
        if told.isdisjoint({*findings.found, *findings.notes}):
            findings.unknown["running statistics"] = "none were found in what the layer holds"
        return
    if facts.mean and mean is None:
        findings.mistake("running-mean-wrong", f"`{facts.mean}`")
    if facts.var and var is None and facts.spread_known:
        findings.mistake("running-variance-wrong", f"`{facts.var}`")
    if mean is not None:
        _judge_weights(bench, mean, str(facts.mean))
    if var is not None:
        judge_variance(bench, var)
    if mean is not None and var is not None and TOLD.isdisjoint(findings.found):
        _compare(bench, mean, var)
    _check_argument(bench)


def _name_missing(bench: Bench) -> None:
    """Which of the two is kept nowhere: no batch changes what evaluation makes of it."""
    base, x = bench.base, batch(bench.channels, m=2, seed=23)
    other = base.after(9 * batch(bench.channels, seed=24, mean=5.0), True)[0]
    lines = []
    for layer in (base, other):
        y = layer(x, False)
        slope = (y[1] - y[0]) / (x[1] - x[0])
        lines.append((x[0] - y[0] / slope, slope))  # where it is 0, and how steep
    (place, slope), (new_place, new_slope) = lines
    if bench.facts.var is None and base.same(slope, new_slope):
        bench.findings.mistake("never-updated", "evaluation divides as before a batch, always")
    if bench.facts.mean is None and base.same(place, new_place):
        bench.findings.mistake("never-updated", "evaluation subtracts the same, always")


def _compare(bench: Bench, mean: Average, var: Average) -> None:
    """Mean and variance weigh every batch alike."""
    alike = np.abs(mean.old - var.old).max() <= CLOSE
    if not alike and var.kind != POOLED and 1e-6 < var.alpha < 1 - 1e-6:
        weights = [f"{a.alpha:.3g}" if a.steady else "a changing weight" for a in (mean, var)]
        told = f"{weights[0]} for the mean, {weights[1]} for the variance"
        bench.findings.mistake("momentum-differs", told)


def _judge_weights(bench: Bench, average: Average, path: str) -> None:
    """Of the mean, whose weights must add up to 1."""
    findings, alpha = bench.findings, average.alpha
    if average.kind != "mean":
        findings.mistake("running-mean-wrong", f"`{path}` averages the {average.kind}")
    elif is_idle(average):
        findings.mistake("never-updated", f"`{path}`")
    elif np.abs(average.old + average.new - 1).max() > CLOSE:
        told = f"{average.old.mean():.3g}·old + {average.new.mean():.3g}·new"
        findings.mistake("weights-not-one", told)
    elif not average.steady:
        counts = 1 / average.new
        plain = np.allclose(np.diff(counts), 1, atol=0.02)
        text = "a plain mean of all batches" if plain else "changes from batch to batch"
        findings.notes["momentum"] = text
    elif alpha > 1 - CLOSE:
        findings.mistake("overwritten", f"`{path}`")
    else:
        bench.facts.alpha = alpha
        _judge_momentum(bench, alpha)


def _judge_momentum(bench: Bench, alpha: float) -> None:
    findings, declared = bench.findings, bench.declared(words.MOMENTUM)
    chosen = bench.chosen(words.MOMENTUM)
    as_new = declared is not None and abs(alpha - declared) < CLOSE
    as_old = declared is not None and abs(1 - alpha - declared) < CLOSE
    told = f"the new batch weighs {alpha:.3g}"
    if alpha > 0.5 + CLOSE and _is_callers(bench):
        findings.notes["momentum"] = "the caller's, as the weight of the old value"
    elif alpha > 0.5 + CLOSE and not (chosen and as_new):
        findings.mistake("momentum-reversed", told)
    elif declared is not None and not as_new and not as_old:
        findings.mistake("momentum-other", f"{told}, declared is {declared:g}")
    elif as_old and not as_new:
        findings.notes["momentum"] = f"{declared:g} weighs the old value, as in Keras and Flax"
        bench.facts.old_weighs = True
    elif alpha < 0.002:
        findings.notes["momentum"] = f"{told}: thousands of batches until the start is forgotten"


def _is_callers(bench: Bench) -> bool:
    """Whether a function is told of momentum by its caller, always."""
    layer = bench.start.layer
    if not isinstance(layer, FunctionLayer):
        return False
    return any(words.one_of(n, words.MOMENTUM) for n in layer.names if n not in layer.defaults)


def _check_argument(bench: Bench) -> None:
    """The momentum that a new layer is given must change what it does."""
    name, alpha = bench.maker.accepts(words.MOMENTUM), bench.facts.alpha
    if name is None or alpha is None or bench.chosen(words.MOMENTUM):
        return
    other = bench.again(**{name: 0.3})
    path, x = str(bench.facts.mean), batch(bench.channels, seed=21)
    if path not in other.held():
        return
    before, after = other.held()[path].ravel(), other.after(x, True)[0].held()[path].ravel()
    found = float(((after - before) / (x.mean(0) - before)).mean())
    if abs(found - alpha) < 0.01:
        bench.findings.mistake("momentum-ignored", f"with `{name}=0.3` it is still {found:.3g}")
