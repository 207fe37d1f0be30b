"""Figures as a phone shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from bnutils.show.plots import label_ends, panels, use_book_style
from book._ext.kernel import figure_narrow

PHONE = 328  # pixels of a text's width on a screen of 360


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with plt.rc_context():
        use_book_style()
        yield
    plt.close("all")


def drawn(count: int, **kwargs: Any) -> tuple[Figure, list[Any]]:
    figure, axes = panels(count, **kwargs)
    for number, ax in enumerate(axes):
        ax.plot([1, 2, 3], [number, 2, 1], label=f"arm {number}")
        ax.set_title(f"panel {number} of several, under a title of many words")
        ax.set_xlabel("updates")
        label_ends(ax)
    axes[0].set_ylabel("accuracy, %")
    return figure, axes


def letters(figure: Figure) -> float:
    """Pixels of the letters in the narrow picture on a phone."""
    svg = figure_narrow.narrow_of(figure)
    assert svg is not None
    (width,) = re.findall(r'<svg[^>]* width="([\d.]+)pt"', svg)
    size = min(float(text.get_fontsize()) for ax in figure.axes for text in ax.get_xticklabels())
    return size / float(width) * PHONE


@pytest.mark.parametrize("count", [1, 2, 4])
def test_letters_can_be_read_on_a_phone(count: int) -> None:
    figure, _ = drawn(count)
    assert letters(figure) >= 11


def test_panels_stand_one_below_the_other_in_their_order() -> None:
    figure, axes = drawn(3, sharey=True)
    figure_narrow.narrow_of(figure)
    boxes = [ax.get_tightbbox() for ax in axes]
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
    assert [ax.get_ylabel() for ax in axes] == ["accuracy, %"] * 3
    assert all(ax.yaxis.get_tick_params()["labelleft"] for ax in axes)


def test_labels_of_ticks_do_not_run_into_each_other() -> None:
    figure, ax = plt.subplots()
    ax.plot(range(12), range(12))
    ax.set_xticks(range(12), [str(2**n) for n in range(12)])
    figure_narrow.narrow_of(figure)
    labels = [text for text in ax.get_xticklabels() if text.get_visible()]
    boxes = [text.get_window_extent() for text in labels]
    assert len(labels) >= 4 and all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_what_is_narrow_stays_as_it_is() -> None:
    figure, _ = drawn(1, width=4.0)
    assert figure_narrow.narrow_of(figure) is None
    assert tuple(figure.get_size_inches()) == (4.0, 3.2)


def test_pictures_in_a_grid_keep_their_places() -> None:
    figure, axes = plt.subplots(2, 5, figsize=(7.0, 2.0))
    for ax in axes.flat:
        ax.imshow([[0, 1]])
        ax.axis("off")
    figure_narrow.narrow_of(figure)
    assert len({round(ax.get_position().x0, 2) for ax in axes.flat}) == 5


def test_pictures_whose_titles_would_meet_stand_two_beside_each_other() -> None:
    figure, axes = plt.subplots(2, 3, figsize=(7.2, 5.0))
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[], title="a title of some length")
    figure_narrow.narrow_of(figure)
    assert len({round(ax.get_position().x0, 2) for ax in axes.flat}) == 2
    boxes = [ax.title.get_window_extent() for ax in axes.flat]
    assert all(left.x1 < right.x0 for left, right in zip(boxes[::2], boxes[1::2], strict=True))


def test_names_of_ticks_are_turned_and_a_legend_below_makes_way() -> None:
    figure, ax = plt.subplots(figsize=(7.2, 3.0))
    ax.plot(range(5), range(5), label="a line")
    ax.set_xticks(range(5), [f"a name of\nnumber {n}" for n in range(5)])
    ax.set_xlabel("kinds")
    legend = ax.legend(loc="upper left", bbox_to_anchor=(0.3, -0.05))
    figure_narrow.narrow_of(figure)
    assert [text.get_text() for text in ax.get_xticklabels()] == [
        f"a name of number {n}" for n in range(5)
    ]
    assert {text.get_rotation() for text in ax.get_xticklabels()} == {40}
    figure.draw_without_rendering()
    axis = ax.xaxis.get_tightbbox()
    words = legend.get_texts()[0].get_window_extent()
    assert axis is not None and words.y1 <= axis.y0
