"""The series that the artists of a panel draw. Reference lines, contours and shapes give none."""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.lines import AxLine
from matplotlib.patches import Polygon, StepPatch

from .bars import bar_series, from_steps
from .collection import from_collection
from .images import from_image
from .series import Series, in_data, is_seen, series


def read(ax: Any) -> list[Series]:
    """Everything a panel shows, its bands joined to the lines they lie around."""
    errors = [c for c in ax.containers if isinstance(c, ErrorbarContainer)]
    parts = {id(part) for c in errors for part in (c[0], *c[1], *c[2])}
    lines = [
        series("line" if str(line.get_linestyle()).strip(" None") else "points", line,
               line.get_color(), {"x": xy[:, 0], "y": xy[:, 1]}, str(line.get_linestyle()))
        for line in ax.lines
        if id(line) not in parts and not isinstance(line, AxLine) and is_seen(line)
        and in_data(line, ax) and len(xy := np.asarray(line.get_xydata(), np.float64))
    ]  # fmt: skip
    others = [
        found
        for collection in ax.collections
        if id(collection) not in parts and is_seen(collection)
        for found in from_collection(collection, ax)
    ]
    joined = join(lines, [found for found in others if found.kind == "band"])
    rest = [found for found in others if found.kind != "band"]
    bars = [c for c in ax.containers if isinstance(c, BarContainer)]
    steps = [p for p in ax.patches if isinstance(p, Polygon | StepPatch)]
    return [
        *joined,
        *rest,
        *(interval(container) for container in errors if container[0] is not None),
        *(bar_series(container) for container in bars if len(container)),
        *(found for patch in steps for found in from_steps(patch)),
        *(found for picture in ax.images for found in from_image(picture, ax)),
    ]


def join(lines: list[Series], bands: list[Series]) -> list[Series]:
    """The lines with the bands of their colour that lie around them; other bands follow."""
    joined, loose = list(lines), []
    for band in bands:
        for index in reversed(range(len(joined))):
            merged = around(joined[index], band)
            if merged is not None:
                joined[index] = merged
                break
        else:
            loose.append(band)
    return joined + loose


def around(line: Series, band: Series) -> Series | None:
    """A line with a band as its lower and upper values, None where they do not belong together."""
    x, y = line.columns["x"], line.columns["y"]
    if line.colour != band.colour or "y_low" in line.columns or "y_low" not in band.columns:
        return None
    ends = zip(band.columns["y_low"], band.columns["y_high"], strict=True)
    limits = dict(zip(band.columns["x"], ends, strict=True))
    low, high = np.array([limits.get(value, (np.nan, np.nan)) for value in x]).T
    slack = 1e-9 * np.abs(y)
    if not set(limits) <= set(x) or np.any(low > y + slack) or np.any(high < y - slack):
        return None
    return replace(line, columns={**line.columns, "y_low": low, "y_high": high})


def interval(container: Any) -> Series:
    """Points with error bars."""
    line, _, bars = container
    x, y = np.asarray(line.get_xydata(), np.float64).T
    columns = {"x": x, "y": y}
    names = ["x"] * bool(container.has_xerr) + ["y"] * bool(container.has_yerr)
    for name, bar in zip(names, bars, strict=True):
        ends = np.array(bar.get_segments())[:, :, "xy".index(name)]
        if len(ends) == len(x):
            columns |= {f"{name}_low": ends.min(axis=1), f"{name}_high": ends.max(axis=1)}
    return series("interval", container, line.get_color(), columns)
