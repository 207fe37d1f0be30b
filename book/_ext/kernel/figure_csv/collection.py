"""Bands, clouds of points and single strokes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh

from .images import from_mesh
from .series import Series, in_data, series


def from_collection(collection: Any, ax: Any) -> Iterator[Series]:
    """Bands, clouds of points, single strokes and meshes."""
    if isinstance(collection, PathCollection):
        x, y = np.ma.filled(np.ma.asarray(collection.get_offsets(), np.float64), np.nan).T
        values = collection.get_array()
        cloud = {"x": x, "y": y} if values is None else {"x": x, "y": y, "value": values}
        yield series("points", collection, collection.get_facecolor(), cloud)
    elif isinstance(collection, PolyCollection):
        edges = [band_of(path.vertices) for path in collection.get_paths()]
        for t, f in (("x", "y"), ("y", "x")):
            found = [part for direction, *part in filter(None, edges) if direction == t]
            if found:
                places, low, high = (np.concatenate(part) for part in zip(*found, strict=True))
                ends = {t: places, f"{f}_low": low, f"{f}_high": high}
                yield series("band", collection, collection.get_facecolor(), ends)
    elif isinstance(collection, LineCollection) and in_data(collection, ax):
        for (x, y), (x_end, y_end) in (s for s in collection.get_segments() if len(s) == 2):
            stroke: dict[str, list[float]]
            if y == y_end:
                stroke = {"x_low": [min(x, x_end)], "x_high": [max(x, x_end)], "y": [y]}
            elif x == x_end:
                stroke = {"x": [x], "y_low": [min(y, y_end)], "y_high": [max(y, y_end)]}
            else:
                stroke = {"x": [x, x_end], "y": [y, y_end]}
            yield series("line", collection, collection.get_color(), stroke)
    elif isinstance(collection, QuadMesh):
        yield from from_mesh(collection)


def band_of(vertices: Any) -> tuple[str, Any, Any, Any] | None:
    """Direction, places and limits of a band that `fill_between` has drawn round as a polygon."""
    count = (len(vertices) - 2) // 2
    there, back = vertices[1 : count + 1], vertices[count + 2 : 2 * count + 2][::-1]
    for t, direction in enumerate("xy"):
        if count and there.shape == back.shape and np.array_equal(there[:, t], back[:, t]):
            ends = there[:, 1 - t], back[:, 1 - t]
            return direction, there[:, t], np.minimum(*ends), np.maximum(*ends)
    return None
