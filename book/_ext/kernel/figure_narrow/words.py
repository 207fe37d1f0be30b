"""Words of a figure that would not fit side by side."""

from itertools import pairwise
from textwrap import wrap as lines
from typing import Any

GAP = 4.0  # between labels of ticks, in points


def wrap(figure: Any) -> None:
    """Break titles and names of axes where they are longer than the figure or its panel."""
    renderer = figure.canvas.get_renderer()
    figure.draw_without_rendering()
    room = figure.bbox.width
    for ax in figure.axes:
        for text in (ax.title, ax._left_title, ax.xaxis.label):
            fold(text, text.get_window_extent(renderer).width, 0.96 * room)
        fold(ax.yaxis.label, ax.yaxis.label.get_window_extent(renderer).height, ax.bbox.height)
    if figure.get_suptitle():
        text = figure._suptitle
        fold(text, text.get_window_extent(renderer).width, room)


def fold(text: Any, length: float, room: float) -> None:
    """Break a text into lines that are as long as there is room, unless formulas stand in it."""
    words = text.get_text()
    if length > room and "$" not in words:
        text.set_text("\n".join(lines(" ".join(words.split()), int(len(words) * room / length))))


def part_ticks(figure: Any) -> None:
    """Leave out labels of ticks that run into each other: numbers; names are turned instead."""
    renderer = figure.canvas.get_renderer()
    figure.draw_without_rendering()
    for ax in figure.axes:
        shown = [t for t in ax.get_xticklabels() if t.get_text() and t.get_visible()]
        boxes = sorted((t.get_window_extent(renderer) for t in shown), key=lambda box: box.x0)
        gaps = [after.x0 - before.x1 for before, after in pairwise(boxes)]
        if not gaps or min(gaps) >= GAP * figure.dpi / 72:
            continue
        if all(is_number(text.get_text()) for text in shown):
            for text in shown[1::2]:
                text.set_visible(False)
        else:
            ax.tick_params(axis="x", labelrotation=40)
            for text in ax.get_xticklabels():
                text.set(ha="right", rotation_mode="anchor")


def is_number(words: str) -> bool:
    """Whether the label of a tick is a number, also as a formula or with a unit."""
    return any(sign.isdigit() for sign in words) and not any(map(str.isalpha, words.split("$")[0]))
