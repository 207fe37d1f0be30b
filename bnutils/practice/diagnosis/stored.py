"""Step 6, judged: the variance that is stored."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.average import POOLED, ROOT, Average, is_idle
from bnutils.practice.diagnosis.bench import CLOSE, VALUES, Bench, batch


def judge_variance(bench: Bench, average: Average) -> None:
    findings, path = bench.findings, f"`{bench.facts.var}`"
    bench.facts.deviation = average.kind in ("standard deviation", ROOT)
    if is_idle(average):
        findings.mistake("never-updated", path)
        return
    if "weights-not-one" in findings.found:  # of both, and told of the mean
        return
    if not bench.facts.spread_known and bench.facts.mode != "running":
        findings.unknown["what the running variance averages"] = "the batch's own is wrong already"
        return
    if average.kind == POOLED:
        findings.notes["running variance"] = "of all values seen: the batches' means spread it too"
        return
    if average.kind not in ("variance", "standard deviation", ROOT):
        findings.mistake("running-variance-wrong", f"{path} averages the {average.kind}")
        return
    if bench.facts.deviation and not _used_as_deviation(bench):
        bench.facts.deviation = False
        findings.mistake("running-variance-wrong", f"{path} averages standard deviations")
        return
    if average.steady and average.alpha > 1 - CLOSE:
        findings.mistake("overwritten", path)
    factor, own = average.factor ** _power(average), bench.facts.own_factor
    unbiased = VALUES / (VALUES - 1)
    if abs(average.old.mean() - 1) < 1e-6 or (average.steady and factor < 0):
        told = f"{average.old.mean():.3g}·old + {average.new.mean():.3g}·new"
        findings.mistake("weights-not-one", told)
    elif abs(factor - unbiased) < 0.01:
        _check_image_factor(bench, average)
    elif abs(factor - 1) < 0.01:
        _judge_biased(bench)
    elif min(abs(factor / own - unbiased), abs(factor / own - 1)) > 0.01:  # own: told already
        alike = min(abs(average.new / f - average.old).max() for f in (1, unbiased)) < CLOSE
        told = f"{factor:.3g} times the variance of a batch"
        findings.mistake("weights-not-one" if alike else "running-variance-wrong", told)


def _power(average: Average) -> int:
    """To which what is averaged is a variance."""
    return 2 if average.kind == "standard deviation" else 1


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
    power = 2 if average.kind == ROOT else 1
    before = images.held()[path].ravel() ** power
    after = images.after(x, True)[0].held()[path].ravel() ** power
    variance = x.var((0, 2, 3)) ** (1 / _power(average))
    weight = 1 - average.old[0] if average.steady else None
    if weight is None:
        return
    factor = float(((after - (1 - weight) * before) / (weight * variance)).mean())
    factor **= _power(average)
    count = x.size // bench.channels
    if abs(factor - 1) < 0.01:
        bench.findings.mistake("running-variance-biased", f"images: divided by m, {count} values")
    elif abs(factor - count / (count - 1)) > 0.01:
        bench.findings.mistake("running-variance-factor", f"{factor:.3g}, for {count} values")
