"""Steps 5 and 6, judged: momentum, and the variance that is stored."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.average import Average, find_averages
from bnutils.practice.diagnosis.bench import VALUES, Bench, batch

CLOSE = 2e-3


def check_averages(bench: Bench) -> None:
    """Names what is wrong with the averages; sets ``facts.alpha``."""
    facts, findings = bench.facts, bench.findings
    if not facts.vectors_ok:
        findings.unknown["running statistics"] = "the statistics are not one per channel"
        return
    mean, var = find_averages(bench)
    if facts.mean is None and facts.var is None:
        if "evaluation-uses-batch" not in findings.found and "running statistics" not in findings.notes:
            findings.unknown["running statistics"] = "none were found in what the layer holds"
        return
    if facts.mean and mean is None:
        findings.mistake("running-mean-wrong", f"`{facts.mean}`")
    if facts.var and var is None and facts.spread_known:
        findings.mistake("running-variance-wrong", f"`{facts.var}`")
    if mean is not None:
        _judge_weights(bench, mean, str(facts.mean))
    if var is not None:
        _judge_variance(bench, var)
    if mean and var and mean.steady and var.steady and facts.alpha is not None:
        if abs(mean.alpha - var.alpha) > CLOSE:
            told = f"{mean.alpha:.3g} for the mean, {var.alpha:.3g} for the variance"
            findings.mistake("momentum-differs", told)
    _check_argument(bench)


def _judge_weights(bench: Bench, average: Average, path: str) -> None:
    """Of the mean, whose weights must add up to 1."""
    findings, alpha = bench.findings, average.alpha
    if average.kind != "mean":
        findings.mistake("running-mean-wrong", f"`{path}` averages the {average.kind}")
    elif _is_idle(average):
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


def _judge_variance(bench: Bench, average: Average) -> None:
    findings, path = bench.findings, f"`{bench.facts.var}`"
    bench.facts.deviation = average.kind == "standard deviation"
    if _is_idle(average):
        findings.mistake("never-updated", path)
        return
    if not bench.facts.spread_known and bench.facts.mode != "running":
        findings.unknown["what the running variance averages"] = "the batch's own is wrong already"
        return
    if average.kind not in ("variance", "standard deviation"):
        findings.mistake("running-variance-wrong", f"{path} averages the {average.kind}")
        return
    if bench.facts.deviation and not _used_as_deviation(bench):
        bench.facts.deviation = False
        findings.mistake("running-variance-wrong", f"{path} averages standard deviations")
        return
    factor, own = average.factor ** (2 if bench.facts.deviation else 1), bench.facts.own_factor
    unbiased = VALUES / (VALUES - 1)
    if abs(average.old.mean() - 1) < CLOSE or (average.steady and factor < 0):
        told = f"{average.old.mean():.3g}·old + {average.new.mean():.3g}·new"
        findings.mistake("weights-not-one", told)
    elif abs(factor - unbiased) < 0.01:
        _check_image_factor(bench, average)
    elif abs(factor - 1) < 0.01:
        _judge_biased(bench)
    elif min(abs(factor / own - unbiased), abs(factor / own - 1)) > 0.01:  # own: told already
        findings.mistake("running-variance-wrong", f"{factor:.3g} times the variance of a batch")


def _judge_biased(bench: Bench) -> None:
    """A mistake beside PyTorch's layer; in Keras, Flax and most NumPy layers the convention."""
    facts, declared = bench.facts, bench.declared(words.MOMENTUM)
    old_weighs = facts.old_weighs or (declared is not None and declared > 0.5)
    like_keras = (declared or 0) > 0.98 or (facts.eps or 0) > 5e-4
    if (old_weighs and like_keras) or (bench.start.numpy and (old_weighs or declared is None)):
        bench.findings.notes["running variance"] = "biased, as in Keras and Flax"
    else:
        bench.findings.mistake("running-variance-biased", f"divided by m, {VALUES} values here")


def _used_as_deviation(bench: Bench) -> bool:
    """Whether evaluation divides by what is stored, not by its root."""
    layer = bench.base.with_values({str(bench.facts.var): 16.0})
    x = batch(bench.channels, m=2, seed=22)
    y = layer(x, False)
    return bool(np.allclose((y[1] - y[0]) / (x[1] - x[0]), 1 / 16, rtol=0.01))


def _check_image_factor(bench: Bench, average: Average) -> None:
    """Of images, m is B·H·W."""
    images, path = bench.images, str(bench.facts.var)
    if images is None or not bench.facts.images_ok or path not in images.sized():
        return
    x = batch(bench.channels, seed=20, images=True)
    before = images.held()[path].ravel()
    after = images.after(x, True)[0].held()[path].ravel()
    variance = x.var((0, 2, 3)) ** (0.5 if bench.facts.deviation else 1.0)
    weight = 1 - average.old[0] if average.steady else None
    if weight is None:
        return
    factor = float(((after - (1 - weight) * before) / (weight * variance)).mean())
    count = x.size // bench.channels
    if abs(factor - count / (count - 1)) > 0.01:
        bench.findings.mistake("running-variance-factor", f"{factor:.3g}, for {count} values")


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


def _is_idle(average: Average) -> bool:
    return bool(np.abs(average.new).max() < 1e-6 and np.abs(average.old - 1).max() < 1e-6)
