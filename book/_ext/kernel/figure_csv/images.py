"""Heat maps."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .series import Series, series


def from_image(picture: Any, ax: Any) -> Iterator[Series]:
    """A heat map; a picture, on axes without ticks or in colours of its own, gives nothing."""
    values = np.ma.filled(np.ma.asarray(picture.get_array(), np.float64), np.nan)
    if values.ndim != 2 or not ax.axison or not (len(ax.get_xticks()) or len(ax.get_yticks())):
        return
    left, right, bottom, top = picture.get_extent()
    first, last = (bottom, top) if picture.origin == "lower" else (top, bottom)
    rows, columns = values.shape
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = first + (np.arange(rows) + 0.5) * (last - first) / rows
    across, down = np.meshgrid(x, y)
    yield series("image", picture, "none", {"x": across, "y": down, "value": values})


def from_mesh(mesh: Any) -> Iterator[Series]:
    """A heat map of cells that need not be equally large; x and y are their centres."""
    corners = np.asarray(mesh.get_coordinates(), np.float64)
    centres = (corners[1:, 1:] + corners[:-1, :-1]) / 2
    values = np.ma.filled(np.ma.asarray(mesh.get_array(), np.float64), np.nan)
    if values.size == centres[..., 0].size:
        columns = {"x": centres[..., 0], "y": centres[..., 1], "value": values}
        yield series("image", mesh, "none", columns)
