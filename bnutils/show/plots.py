"""Figures in the book's style: lines labelled where they end, runs with their 95 % intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from bnutils.evidence.stats import mean_interval
from bnutils.show.style import COLOURS as COLOURS
from bnutils.show.style import MARKERS as MARKERS
from bnutils.show.style import use_book_style as use_book_style


def panels(
    count: int, *, height: float = 3.2, width: float = 7.2, **kwargs: Any
) -> tuple[Figure, list[Axes]]:
    """A figure with ``count`` panels side by side; sizes in inches."""
    figure, axes = plt.subplots(1, count, figsize=(width, height), layout="constrained", **kwargs)
    return figure, list(np.atleast_1d(axes))


def bounds(samples: Iterable[ArrayLike]) -> dict[str, np.ndarray]:
    """The ``mean`` of each sample of runs, and ``low`` and ``high`` of its 95 % interval."""
    intervals = [mean_interval(sample) for sample in samples]
    return {n: np.array([getattr(i, n) for i in intervals]) for n in ("mean", "low", "high")}


def band(ax: Axes, x: ArrayLike, runs: ArrayLike, arm: str, *, label: str | None = "") -> None:
    """Draw the mean of ``runs`` [n, T] over ``x`` [T] with its 95 % band, labelled at the end.

    ``arm`` chooses colour and marker; ``label`` is the text, by default the arm's name, None for
    no text. On a logarithmic axis mean and band are those of the logarithms. Points where a run
    diverged are left out. Set scales and limits before.
    """
    geometric = ax.get_yscale() == "log"
    x, runs = np.asarray(x), np.asarray(runs)
    found = np.stack(list(bounds((np.log(runs) if geometric else runs).T).values()))  # [3, T]
    mean, low, high = np.exp(found) if geometric else found
    (line,) = ax.plot(x, mean, color=COLOURS[arm], marker=MARKERS[arm])
    ax.fill_between(x, low, high, color=COLOURS[arm], alpha=0.2, linewidth=0)
    if label is not None:
        line.set_label(label or arm)
        label_ends(ax)


def label_ends(ax: Axes, *, gap: float = 13.0) -> None:
    """Write the label of every labelled line beside its last point, at least ``gap`` points apart.

    Called again, it replaces what it wrote before. The labels keep the order of the lines' ends
    and move as little as possible: a least-squares fit under that order.
    """
    for text in [text for text in ax.texts if text.get_gid() == "end"]:
        text.remove()
    ends = []
    for line in ax.lines:
        xy = np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float)  # [T, 2]
        xy = xy[np.isfinite(xy).all(axis=1)]
        if len(xy) and not str(line.get_label()).startswith("_"):
            points = ax.transData.transform(xy[-1])[1] * 72 / ax.figure.dpi
            ends.append((points, xy[-1], line))
    ends.sort(key=lambda end: end[0])
    heights = np.array([points for points, _, _ in ends])  # [lines]
    steps = gap * np.arange(len(ends))
    moved = isotonic_regression(heights - steps).x + steps if ends else heights
    for (points, xy, line), height in zip(ends, moved, strict=True):
        ax.annotate(
            str(line.get_label()), tuple(xy), xytext=(8, height - points), gid="end",
            textcoords="offset points", color=line.get_color(), fontweight="bold",
            va="center", annotation_clip=False,
        )  # fmt: skip


def dots(
    ax: Axes, positions: Sequence[float], groups: Sequence[ArrayLike], arms: Sequence[str]
) -> None:
    """Draw a column of dots for each group of runs [n], with its mean and 95 % interval."""
    for x, values, arm in zip(positions, groups, arms, strict=True):
        values = np.asarray(values, dtype=np.float64)
        spread = np.linspace(-0.12, 0.12, len(values))
        ax.plot(x + spread, values, MARKERS[arm], color=COLOURS[arm], alpha=0.45, markersize=4)
        interval = mean_interval(values)
        errors = [[interval.mean - interval.low], [interval.high - interval.mean]]
        ax.errorbar(
            x, interval.mean, errors, fmt="_", color=COLOURS[arm],
            markersize=14, markeredgewidth=2.2, capsize=5, linewidth=2.2,
        )  # fmt: skip
