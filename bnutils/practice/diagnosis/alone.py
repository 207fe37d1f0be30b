"""Whether it is a normalization alone, and no activation with it."""

from __future__ import annotations

import numpy as np

from bnutils.practice.diagnosis.bench import Bench, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject


def is_exchanged(subject: Subject) -> bool:
    """Whether the variance is subtracted, and the root of the mean divided by."""
    x = batch(subject.channels, seed=8, mean=20.0)
    y, root = subject(x, True), np.sqrt(x.mean(0))
    return any(np.allclose(y, (x - x.var(0, ddof=d)) / root, rtol=1e-3) for d in (0, 1))


def is_bent(subject: Subject, x: Numbers) -> bool:
    """Whether each channel is normalized by itself, and its outputs are no line in its inputs."""
    y, other = subject(x, True), x.copy()
    other[:, 0] = 3 * x[::-1, 0] + 1
    if not subject.same(subject(other, True)[:, 1:], y[:, 1:]):
        return False
    u, v = x - x.mean(0), y - y.mean(0)
    line = u * (u * v).mean(0) / (u**2).mean(0)
    return bool(np.abs(v - line).max() > max(1e-3, 10 * subject.tolerance) * np.abs(v).max())


def check_alone(bench: Bench) -> None:
    """A normalization gives −y for −x, but for a constant, and a line in each channel.

    Where a ReLU or a tanh follows, nothing more can be told.
    """
    base = bench.base
    x = batch(base.channels, seed=7, mean=0.0)
    if bench.facts.mode in ("running", "inverted"):
        return
    there, back = (y - y.mean(0) for y in (base(x, True), base(-x, True)))
    hand_in = "Hand in the layer alone"
    if is_exchanged(base):
        bench.findings.mistake("statistics-exchanged", "the variance is subtracted")
        told, hand_in = "y is no line in x", "Put them in their places first"
    elif not base.same(back, -there):
        told = "−x does not give −y"
    elif is_bent(base, x):
        told = "in a channel y is not a line in x"
    else:
        return
    bench.findings.unknown["the rest"] = f"more than a normalization: {told}. {hand_in}"
    bench.stopped = True
