"""The book's look: one colour an arm everywhere, lines labelled where they end, 95 % bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats
from numpy.typing import ArrayLike

from bnutils.stats import mean_interval

# Okabe and Ito's palette: told apart with every common colour vision, in print and in the dark.
COLOURS = {
    "BN": "#0072B2",
    "no BN": "#D55E00",
    "LayerNorm": "#009E73",
    "GroupNorm": "#AA4499",
    "neutral": "#555555",
}
MARKERS = {"BN": "o", "no BN": "s", "LayerNorm": "^", "GroupNorm": "D", "neutral": "x"}

BOOK_STYLE: dict[str, Any] = {
    "figure.figsize": (7.0, 3.4),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.bbox": "tight",
    "font.size": 11.0,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "svg.fonttype": "path",
    "svg.hashsalt": "batch normalization, measured",  # the same figure gives the same file
}


def use_book_style() -> None:
    """Set Matplotlib up for this session: the book's style, vector graphics in notebooks."""
    plt.rcParams.update(BOOK_STYLE)  # type: ignore[arg-type]
    set_matplotlib_formats("svg", metadata={"Date": None})


def panels(
    count: int, *, height: float = 3.2, width: float = 7.2, **kwargs: Any
) -> tuple[Figure, list[Axes]]:
    """A figure with ``count`` panels side by side; sizes in inches."""
    figure, axes = plt.subplots(1, count, figsize=(width, height), layout="constrained", **kwargs)
    return figure, list(np.atleast_1d(axes))


def band(ax: Axes, x: ArrayLike, runs: ArrayLike, arm: str, *, label: str | None = "") -> None:
    """Draw the mean of ``runs`` [n, T] over ``x`` [T] with its 95 % band, labelled at the end.

    ``arm`` chooses colour and marker; ``label`` is the text, by default the arm's name, None for
    no text. Points where a run diverged are left out.
    """
    x, runs = np.asarray(x), np.asarray(runs)
    intervals = [mean_interval(column) for column in runs.T]
    mean, low, high = (
        np.array([getattr(i, k) for i in intervals]) for k in ("mean", "low", "high")
    )
    colour = COLOURS[arm]
    ax.plot(x, mean, color=colour, marker=MARKERS[arm])
    ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    shown = np.flatnonzero(np.isfinite(mean))
    if label is not None and len(shown):
        end_label(ax, x[shown[-1]], mean[shown[-1]], label or arm, colour)


def end_label(ax: Axes, x: float, y: float, text: str, colour: str, *, dy: float = 0.0) -> None:
    """Write ``text`` to the right of the point (x, y), ``dy`` points higher."""
    ax.annotate(
        text, (x, y), xytext=(7, dy), textcoords="offset points",
        color=colour, fontweight="bold", va="center", annotation_clip=False,
    )  # fmt: skip


def dots(
    ax: Axes, positions: Sequence[float], groups: Sequence[ArrayLike], arms: Sequence[str]
) -> None:
    """One column of dots a group of runs [n], with its mean and 95 % interval as a cross bar."""
    for x, values, arm in zip(positions, groups, arms, strict=True):
        values = np.asarray(values, dtype=np.float64)
        spread = np.linspace(-0.12, 0.12, len(values))
        ax.plot(x + spread, values, MARKERS[arm], color=COLOURS[arm], alpha=0.45, markersize=4)
        interval = mean_interval(values)
        errors = [[interval.mean - interval.low], [interval.high - interval.mean]]
        ax.errorbar(x, interval.mean, errors, color=COLOURS[arm], capsize=6, linewidth=2.2)
