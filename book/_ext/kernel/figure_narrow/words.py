"""Words of a figure that would not fit side by side."""

from itertools import pairwise
from math import ceil
from textwrap import wrap as lines
from typing import Any

GAP = 4.0  # between labels of ticks, in points
TURNED = 0.5  # inches that names which are turned take


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
    """Break a text into lines of about equal length, unless formulas stand in it."""
    words = " ".join(text.get_text().split())
    if length > room and "$" not in words:
        text.set_text("\n".join(lines(words, int(1.2 * len(words) / ceil(length / room)))))


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
        names = [text.get_text() for text in shown]
        if all(map(is_number, names)):
            for text in shown[1::2]:
                text.set_visible(False)
        else:
            width, height = figure.get_size_inches()
            figure.set_size_inches(width, height + TURNED)
            places = [text.get_position()[0] for text in shown]
            ax.set_xticks(places, [" ".join(name.split()) for name in names], rotation=40,
                          ha="right", rotation_mode="anchor")  # fmt: skip


def is_number(words: str) -> bool:
    """Whether the label of a tick is a number, also as a formula or with a unit."""
    return any(sign.isdigit() for sign in words) and not any(map(str.isalpha, words.split("$")[0]))


def part_legends(figure: Any) -> None:
    """Lower the legends that stand below an axis and would lie on its words."""
    renderer = figure.canvas.get_renderer()
    for ax in (ax for ax in figure.axes if ax.get_legend()):
        legend = ax.get_legend()
        for _ in range(3):  # each time it goes lower, the panel takes less room
            figure.draw_without_rendering()
            box, axis = legend.get_window_extent(renderer), ax.xaxis.get_tightbbox(renderer)
            if axis is None or not box.overlaps(axis):
                break
            drop = (box.y1 - axis.y0) / ax.bbox.height
            anchor = legend.get_bbox_to_anchor().transformed(ax.transAxes.inverted())
            legend.set_bbox_to_anchor((anchor.x0, anchor.y0 - drop, anchor.width, anchor.height))
