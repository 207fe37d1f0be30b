"""What an artist of a figure draws, as columns of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.colors import to_hex
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Numbers that belong together; `label` is the artist's own, empty where it has none.

    `columns` are named x, y, value (of an image), and x_low, x_high, y_low, y_high for intervals,
    bands and the edges of bars; all are equally long.
    """

    kind: str
    colour: str
    label: str
    columns: dict[str, Column] = field(default_factory=dict)
    line_style: str = ""

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)


def series(
    kind: str, artist: Any, colour: Any, columns: Mapping[str, ArrayLike], style: str = ""
) -> Series:
    """A series without the points that have no place in the plane."""
    arrays = {name: np.asarray(values, np.float64).ravel() for name, values in columns.items()}
    places = [values for name, values in arrays.items() if name in {"x", "y", "value"}]
    seen = np.isfinite(places).all(axis=0) if places else slice(None)
    kept = {name: values[seen] for name, values in arrays.items()}
    return Series(kind, hex_of(colour), own_label(artist), kept, style)


def own_label(artist: Any) -> str:
    """The label an artist was given; those that Matplotlib makes up begin with a line."""
    label = str(artist.get_label() or "")
    return "" if label.startswith("_") else label


def hex_of(colour: Any) -> str:
    """A colour without its opacity; of several the first; empty where there is none."""
    if isinstance(colour, np.ndarray) and colour.ndim == 2:
        colour = colour[0] if len(colour) else "none"
    return "" if isinstance(colour, str) and colour == "none" else str(to_hex(colour))


def is_seen(artist: Any) -> bool:
    """Whether an artist is drawn at all: some only carry a label."""
    return bool(artist.get_visible()) and not np.all(artist.get_alpha() == 0)


def in_data(artist: Any, ax: Any) -> bool:
    """Whether both coordinates of an artist are data: those of a reference line are not."""
    return all(artist.get_transform().contains_branch_seperately(ax.transData))
