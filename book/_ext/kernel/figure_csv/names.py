"""What the words in a figure call its panels, axes, ticks and series."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.category import StrCategoryFormatter
from matplotlib.ticker import FixedFormatter, FuncFormatter

from .artists import read
from .series import Column, Series, hex_of, own_label

NAMING = (FixedFormatter, FuncFormatter, StrCategoryFormatter)
NEAR = 0.4  # of the distance between ticks; points of one category are spread around its tick


def one_line(text: Any) -> str:
    """Words without line breaks."""
    return " ".join(str(text).split())


def panel_name(figure: Any, ax: Any) -> str:
    """The title of a panel, else its number where there are several."""
    number = figure.axes.index(ax) + 1 if len(figure.axes) > 1 else ""
    return one_line(ax.get_title() or ax.get_title("left") or number)


def axis_name(ax: Any, axis: str) -> str:
    """The label of an axis, or of one that it shares its scale with."""
    shared = getattr(ax, f"get_shared_{axis}_axes")().get_siblings(ax)
    labels = [getattr(other, f"get_{axis}label")() for other in (ax, *shared)]
    return one_line(next(filter(None, labels), ""))


def tick_names(axis: Any, places: Column) -> list[str]:
    """For each place the words at the tick it belongs to, empty where ticks show their numbers."""
    formatter, ticks = axis.get_major_formatter(), np.asarray(axis.get_majorticklocs(), np.float64)
    if not isinstance(formatter, NAMING) or not len(ticks):
        return [""] * len(places)
    labels = [one_line(label) for label in formatter.format_ticks(list(ticks))]
    if all(not label or is_number(label, tick) for label, tick in zip(labels, ticks, strict=True)):
        return [""] * len(places)
    scale = axis.get_transform().transform
    distances = np.abs(scale(places)[:, None] - scale(ticks))  # [places, ticks]
    reach = NEAR * np.diff(np.sort(scale(ticks))).min() if len(ticks) > 1 else np.inf
    nearest = distances.argmin(axis=1)
    near = distances.min(axis=1) <= reach
    return [labels[i] if here else "" for i, here in zip(nearest, near, strict=True)]


def is_number(label: str, tick: float) -> bool:
    """Whether a label says no more than where its tick is."""
    try:
        return bool(np.isclose(float(label.replace("−", "-").replace(" ", "")), tick))
    except ValueError:
        return False


def legend(ax: Any) -> Iterator[Series]:
    """Everything in a panel that carries a label, artists that draw nothing included.

    Bold words in a colour label what has that colour.
    """
    for artist in (*ax.lines, *ax.containers, *ax.collections, *ax.patches):
        if own_label(artist):
            part = artist[0] if isinstance(artist, tuple) and artist else artist
            colour = getattr(part, "get_color", getattr(part, "get_facecolor", lambda: "none"))()
            style = str(part.get_linestyle()) if part in ax.lines else ""
            empty = part in ax.lines and (not len(part.get_xdata()) or part.get_alpha() == 0)
            yield Series("", hex_of(colour), own_label(artist), {}, "" if empty else style)
    for text in ax.texts:
        if text.get_gid() != "end" and text.get_fontweight() == "bold":
            yield Series("text", hex_of(text.get_color()), text.get_text())


def label_of(found: Series, here: Sequence[Series], elsewhere: Sequence[Series]) -> str:
    """The label of a series, found in its panel or in another, empty where none is certain.

    Lines of one colour are told apart by their style.
    """
    if found.label:
        return one_line(found.label)
    for known in (here, elsewhere):
        labels = {
            one_line(entry.label)
            for entry in known
            if entry.colour == found.colour
            and (found.kind != "line" or entry.line_style in {"", found.line_style})
        }
        if len(labels) == 1:
            return labels.pop()
    return ""


def labelled(figure: Any) -> Iterator[tuple[Any, Series, str]]:
    """All series of a figure with their panels and names; those without are numbered by kind."""
    panels = [ax for ax in figure.axes if ax.get_visible() and ax.get_label() != "<colorbar>"]
    known = {ax: list(legend(ax)) for ax in panels}
    elsewhere = [entry for entries in known.values() for entry in entries]
    for ax in panels:
        counts: Counter[str] = Counter()
        for found in filter(len, read(ax)):
            counts[found.kind] += 1
            yield ax, found, label_of(found, known[ax], elsewhere) or str(counts[found.kind])
