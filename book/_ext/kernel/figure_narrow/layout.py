"""Lays a figure out for a narrow screen: panels one below the other, and no word beside another."""

from typing import Any

from matplotlib.gridspec import GridSpec

from .words import part_ticks, wrap

WIDTH = 3.6  # inches, which a phone shows at about their size
WIDE = 4.4  # above it letters would be too small there
TALLEST, LOWEST = 2.6, 1.5  # of a panel, inches


def relay(figure: Any) -> bool:
    """Lay a figure out anew; says whether it needed that. Pictures without axes keep their grid."""
    width, height = figure.get_size_inches()
    if width <= WIDE:
        return False
    cells = panels(figure)
    figure.set_layout_engine("constrained")
    if any(has_words(ax) for cell in cells for ax in cell):
        rows = max(cell[0].get_subplotspec().get_gridspec().nrows for cell in cells)
        square = any(ax.get_aspect() != "auto" for ax in figure.axes)
        panel = WIDTH * 0.9 if square else min(max(0.8 * height / rows, LOWEST), TALLEST)
        figure.set_size_inches(WIDTH, panel * len(cells))
        stack(figure, cells)
    else:
        figure.set_size_inches(WIDTH, height * WIDTH / width)
    for ax in figure.axes:
        if any(text.get_gid() == "end" for text in ax.texts):  # which the library wrote
            from bnutils.show.plots import label_ends

            label_ends(ax)
    wrap(figure)
    part_ticks(figure)
    return True


def panels(figure: Any) -> list[list[Any]]:
    """The axes of each place of a figure's grid: several where they lie on each other."""
    found: dict[Any, list[Any]] = {}
    for ax in figure.axes:
        if spec := ax.get_subplotspec():
            found.setdefault((spec.num1, spec.num2), []).append(ax)
    return list(found.values())


def has_words(ax: Any) -> bool:
    """Whether a panel has an axis to be read."""
    return bool(ax.axison and (len(ax.get_xticks()) or len(ax.get_yticks())))


def stack(figure: Any, cells: list[list[Any]]) -> None:
    """Put the panels one below the other, each with the words it shared with its neighbours."""
    grid = GridSpec(len(cells), 1, figure=figure)
    for row, cell in enumerate(cells):
        others = [ax for other in cells if other is not cell for ax in other]
        for ax in cell:
            for axis in "xy":
                share_words(ax, axis, others)
            ax.set_subplotspec(grid[row])


def share_words(ax: Any, axis: str, others: list[Any]) -> None:
    """Have an axis show what only its neighbours with the same scale have shown so far."""
    joined = getattr(ax, f"get_shared_{axis}_axes")().joined
    around = [other for other in others if joined(ax, other)]
    if around and ax.axison:
        ax.tick_params(axis=axis, **{"labelbottom" if axis == "x" else "labelleft": True})
        words = [getattr(each, f"get_{axis}label")() for each in (ax, *around)]
        getattr(ax, f"set_{axis}label")(next(filter(None, words), ""))
