"""Step 3: over which values the statistics are taken, seen by what one input value moves."""

from __future__ import annotations

import itertools

import numpy as np

from bnutils.practice.diagnosis.bench import Bench, batch
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject, subject

NAMES = {
    "W": "axes-last", "BW": "axes-last", "CHW": "axes-pixel", "CH": "axes-row", "CW": "axes-row",
    "BC": "axes-sample", "B": "axes-layer", "": "axes-all",
}  # fmt: skip
WORDS = {"B": "sample", "C": "channel", "H": "row", "W": "column"}


def shared_axes(subject: Subject, x: Numbers) -> str | None:
    """The axes, of BCHW, along which what one value moves is confined; None for no such pattern."""
    place = (1, 2, 0, 3)[: x.ndim]
    other = x.copy()
    other[place] += 1.5
    moved = np.abs(subject(other, True) - subject(x, True)) > 1e-9  # like x
    kept = ""
    for axis, name in enumerate("BCHW"[: x.ndim]):
        elsewhere = np.delete(moved, place[axis], axis)
        kept += "" if elsewhere.any() else name
    inside = moved[tuple(p if n in kept else slice(None) for p, n in zip(place, "BCHW", strict=False))]
    return kept if inside.all() else None


def check_vectors(bench: Bench) -> None:
    """Of vectors, or images of one pixel, every channel has its own statistics."""
    kept = shared_axes(bench.base, batch(bench.channels, m=6, seed=5))
    if kept == "C" or bench.facts.mode in ("running", "inverted"):
        bench.facts.vectors_ok = True
    elif kept != "BC" or bench.base.rank == 2:
        bench.findings.mistake(NAMES.get(kept or "?", "axes-other"), "for vectors")


def check_images(bench: Bench) -> None:
    """Of images, a channel's statistics are taken over samples, rows and columns."""
    images, facts = bench.images, bench.facts
    if images is None or facts.mode in ("running", "inverted"):
        return
    x = batch(bench.channels, seed=5, images=True)
    kept = shared_axes(images, x)
    if kept == "C":
        facts.images_ok = _check_values(bench, images, x)
        return
    name = NAMES.get(kept, "axes-other") if kept is not None else "axes-other"
    own = " and ".join(WORDS[axis] for axis in kept or "")
    bench.findings.mistake(name, f"images: one mean for each {own}" if own else "images")


def check_square(bench: Bench) -> None:
    """A layer that takes the last dimension for the channels takes images as wide as they are many.

    Statistics for each pixel are no mistake in a layer that is for vectors alone.
    """
    if bench.images is not None:
        return
    start = bench.start
    try:
        square = subject(bench.maker, 4, start.dtype, sizes=(4, 4, 4))
    except Exception:
        return
    x = np.random.default_rng(7).normal(size=(4, 4, 4, 4))
    if square.channels == 4 and shared_axes(square, x) in ("W", "BW"):
        told = "images are taken only where they are as wide as there are channels"
        bench.findings.mistake("axes-last", told)


def _check_values(bench: Bench, images: Subject, x: Numbers) -> bool:
    """Whether the output for images is that of vectors with as many values per channel."""
    facts, y = bench.facts, images(x, True)
    if not facts.spread_ok or facts.eps is None:
        return True
    count = x.size // bench.channels
    if images.same(y, _normalized(x, (0, 2, 3), (0, 2, 3), _factor(count, facts.unbiased), bench)):
        return True
    subsets = [s for n in range(1, 5) for s in itertools.combinations(range(4), n)]
    for over, spread in itertools.product(subsets, subsets):
        values = int(np.prod([x.shape[axis] for axis in spread]))
        factors = {1.0, _factor(values, True), _factor(x.shape[0], True), _factor(count, True)}
        for factor in sorted(factors):
            if images.same(y, _normalized(x, over, spread, factor, bench)):
                _name_axes(bench, over, spread, factor)
                return False
    bench.findings.mistake("axes-other", "images are not normalized as vectors are")
    return False


def _name_axes(bench: Bench, over: tuple[int, ...], spread: tuple[int, ...], factor: float) -> None:
    if over == spread == (0, 2, 3):
        bench.findings.mistake("batch-variance-factor", f"images: {factor:.3g} times too large")
        return
    means, variances = ("".join("BCHW"[axis] for axis in axes) for axes in (over, spread))
    bench.findings.mistake("axes-other", f"images: mean over {means}, variance over {variances}")


def _normalized(
    x: Numbers, over: tuple[int, ...], spread: tuple[int, ...], factor: float, bench: Bench
) -> Numbers:
    centred = x - x.mean(over, keepdims=True)
    root = factor * (centred**2).mean(spread, keepdims=True)
    eps = bench.facts.eps or 0.0
    divisor = np.sqrt(root) + eps if bench.facts.eps_outside else np.sqrt(root + eps)
    return np.asarray(centred / divisor)


def _factor(count: int, unbiased: bool) -> float:
    return count / (count - 1) if unbiased and count > 1 else 1.0
