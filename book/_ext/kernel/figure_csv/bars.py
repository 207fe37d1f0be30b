"""Bars and histograms."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.patches import StepPatch

from .series import Series, series


def bar_series(container: Any) -> Series:
    """Bars, or the bins of a histogram: bars that touch."""
    boxes = np.array([(b.get_x(), b.get_y(), b.get_width(), b.get_height()) for b in container])
    at, value = ("y", "x") if container.orientation == "horizontal" else ("x", "y")
    left, base, width, height = (boxes if at == "x" else boxes[:, [1, 0, 3, 2]]).T
    columns = {at: left + width / 2, value: height}
    kind = "bar"
    if len(boxes) > 1 and np.allclose(left[1:], (left + width)[:-1]):
        kind, columns = "histogram", {f"{at}_low": left, f"{at}_high": left + width, value: height}
    if base.any():
        columns |= {f"{value}_low": base, f"{value}_high": base + height}
    return series(kind, container, container[0].get_facecolor(), columns)


def from_steps(patch: Any) -> Iterator[Series]:
    """A histogram drawn as an outline."""
    colour = patch.get_edgecolor()
    if isinstance(patch, StepPatch):
        values, edges, _ = patch.get_data()
    else:
        corners = np.asarray(patch.get_xy(), np.float64)
        edges, values = corners[::2, 0], corners[1:-1:2, 1]
        again, flat = corners[1::2], corners[2:-1:2, 1]
        outline = len(corners) % 2 == 0 and np.array_equal(edges, again[:, 0])
        if not outline or not np.array_equal(values, flat) or len(values) < 1:
            return
    columns = {"x_low": edges[:-1], "x_high": edges[1:], "y": values}
    yield series("histogram", patch, colour, columns)
