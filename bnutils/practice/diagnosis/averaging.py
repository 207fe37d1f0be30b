"""Steps 5 and 6, judged: momentum, and what is averaged."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.average import Average, find_averages, is_idle
from bnutils.practice.diagnosis.bench import CLOSE, Bench, batch
from bnutils.practice.diagnosis.stored import judge_variance


def check_averages(bench: Bench) -> None:
    """Names what is wrong with the averages; sets ``facts.alpha``."""
    facts, findings = bench.facts, bench.findings
    if not facts.vectors_ok:
        findings.unknown["running statistics"] = "the statistics are not one per channel"
        return
    mean, var = find_averages(bench)
    if facts.mean is None and facts.var is None:
        told = {"evaluation-uses-batch", "running statistics"} & {*findings.found, *findings.notes}
        if not told:
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
    if mean is None or var is None or not (mean.steady and var.steady) or facts.alpha is None:
        pass
    elif (
        "running-variance-wrong" not in findings.found
        and abs(mean.alpha - var.alpha) > CLOSE
        and 1e-6 < var.alpha < 1 - 1e-6
    ):
        measured = f"{mean.alpha:.3g} for the mean, {var.alpha:.3g} for the variance"
        findings.mistake("momentum-differs", measured)
    _check_argument(bench)


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
    if alpha > 0.5 + CLOSE and not (chosen and as_new):
        findings.mistake("momentum-reversed", told)
    elif declared is not None and not as_new and not as_old:
        findings.mistake("momentum-other", f"{told}, declared is {declared:g}")
    elif as_old and not as_new:
        findings.notes["momentum"] = f"{declared:g} weighs the old value, as in Keras and Flax"
        bench.facts.old_weighs = True
    elif alpha < 0.002:
        findings.notes["momentum"] = f"{told}: thousands of batches until the start is forgotten"


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
