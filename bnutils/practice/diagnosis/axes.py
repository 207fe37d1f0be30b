"""Step 3: over which values the statistics are taken, seen by what one input value moves."""

from __future__ import annotations

import itertools

import numpy as np

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.bench import ORDINARY, Bench, batch, root
from bnutils.practice.diagnosis.functions import FunctionLayer
from bnutils.practice.diagnosis.held import Numbers
from bnutils.practice.diagnosis.subject import Subject

NAMES = {
    "W": "axes-last", "BW": "axes-last", "CHW": "axes-pixel", "CH": "axes-row", "CW": "axes-row",
    "BC": "axes-sample", "B": "axes-layer", "": "axes-all",
}  # fmt: skip
Found = tuple[tuple[int, ...], tuple[int, ...], float]  # axes of mean and variance, a factor
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
    where = zip(place, "BCHW"[: x.ndim], strict=True)
    inside = moved[tuple(at if name in kept else slice(None) for at, name in where)]
    return kept if inside.all() else None


def check_vectors(bench: Bench) -> None:
    """Of vectors, or images of one pixel, every channel has its own statistics."""
    kept = shared_axes(bench.base, batch(bench.channels, seed=5))
    bench.facts.vectors_ok = kept == "C" or bench.facts.mode in ("running", "inverted")
    if not bench.facts.vectors_ok and bench.base.rank == 2:
        bench.findings.mistake(_name(kept), "for vectors")


def check_images(bench: Bench) -> None:
    """Images come out as vectors of all their pixels: m is B·H·W."""
    images, facts = bench.images, bench.facts
    if images is None or facts.mode in ("running", "inverted"):
        return
    x = batch(bench.channels, seed=5, images=True)
    if facts.vectors_ok and images.same(images(x, True), as_vectors(bench.base, x, True)):
        facts.images_ok = True
        square = np.random.default_rng(6).normal(size=(2, 4, 3, bench.channels))
        square = np.resize(square, (2, bench.channels, 3, bench.channels))
        if not images.same(images(square, True), as_vectors(bench.base, square, True)):
            bench.findings.mistake("axes-last", "images as wide as there are channels")
    elif "axes-layer" not in bench.findings.found:
        _name_axes(bench, shared_axes(images, x), find_axes(bench, images, x))


def as_vectors(subject: Subject, x: Numbers, training: bool) -> Numbers:
    """What ``subject`` makes of images [B, C, H, W], given as the B·H·W vectors of their pixels."""
    pixels = np.moveaxis(x, 1, -1)  # [B, H, W, C]
    y = subject(pixels.reshape(-1, x.shape[1]), training)
    return np.moveaxis(y.reshape(pixels.shape), -1, 1)


def find_axes(bench: Bench, images: Subject, x: Numbers) -> Found | None:
    """The axes of mean and variance, and a factor of the variance, that give the output for x."""
    y = images(x, True)
    right: Found = ((0, 2, 3), (0, 2, 3), _factor(x[:, 0].size, bench.facts.unbiased))
    subsets = [s for n in range(1, 5) for s in itertools.combinations(range(4), n)]
    every = [right, (*right[:2], _measured_factor(x, y, bench))]
    for over, spread in itertools.product(subsets, subsets):
        values = int(np.prod([x.shape[axis] for axis in spread]))
        factors = {1.0, _factor(values, True), _factor(len(x), True)}
        every += [(over, spread, factor) for factor in sorted(factors)]
    return next((f for f in every if images.same(y, _normalized(x, *f, bench))), None)


def _name_axes(bench: Bench, kept: str | None, found: Found | None) -> None:
    findings = bench.findings
    if found is None:
        name = _name(kept)
        own = " and ".join(WORDS[axis] for axis in kept or "")
        findings.mistake(name, f"images: one mean for each {own}" if own else "images")
        return
    over, spread, factor = found
    if over == spread == (0, 2, 3):
        if factor == 1:  # images are right, where vectors are not
            return
        unbiased = np.isclose(factor, 30 / 29)  # of 3·2·5 values
        name = "batch-variance-unbiased" if unbiased else "batch-variance-factor"
        findings.mistake(name, f"images: {factor:.3g} times too large")
        return
    means, variances = ("".join("BCHW"[axis] for axis in axes) for axes in (over, spread))
    left = "".join(axis for axis in "BCHW" if axis not in means)
    name = _name(left) if over == spread else "axes-other"
    if name == "axes-pixel" and _is_for_vectors(bench):
        findings.notes["images"] = "every pixel by itself: it is for vectors"
        return
    findings.mistake(name, f"images: mean over {means}, variance over {variances}")


def _is_for_vectors(bench: Bench) -> bool:
    """Whether its parameters have the shape of images only because they were given that here."""
    shaped = bench.start.numpy and bench.maker.accepts(words.SHAPE) is not None
    return shaped or isinstance(bench.start.layer, FunctionLayer)


def _name(kept: str | None) -> str:
    return "axes-other" if kept is None else NAMES.get(kept, "axes-other")


def _normalized(
    x: Numbers, over: tuple[int, ...], spread: tuple[int, ...], factor: float, bench: Bench
) -> Numbers:
    centred = x - x.mean(over, keepdims=True)
    variance = factor * x.var(spread, keepdims=True)
    eps = ORDINARY if bench.facts.eps is None else bench.facts.eps
    return np.asarray(centred / root(variance, eps, bench.facts.eps_kind))


def _measured_factor(x: Numbers, y: Numbers, bench: Bench) -> float:
    """By which the variance is off, where the axes are right."""
    centred, eps = x - x.mean((0, 2, 3), keepdims=True), bench.facts.eps or 0.0
    return float(np.median(((centred / y) ** 2 - eps) / x.var((0, 2, 3), keepdims=True)))


def _factor(count: int, unbiased: bool) -> float:
    return count / (count - 1) if unbiased and count > 1 else 1.0
