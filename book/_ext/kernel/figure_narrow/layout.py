"""Lays a figure out for a narrow screen: panels one below the other, and no word beside another."""

from typing import Any

from matplotlib.gridspec import GridSpec

from .words import part_legends, part_ticks, wrap

WIDTH = 3.6  # inches, which a phone shows at about their size
WIDE = 4.4  # above it letters would be too small there
TALLEST, LOWEST, SQUARE = 2.6, 1.5, 3.2  # inches of a panel's height


def relay(figure: Any) -> bool:
    """Lay a figure out anew; says whether it needed that."""
    if figure.get_size_inches()[0] <= WIDE:
        return False
    figure.set_layout_engine("constrained")
    cells = panels(figure)
    if any(has_axes(ax) for cell in cells for ax in cell):
        stack(figure, cells)
    else:
        shrink(figure, cells)
    for ax in figure.axes:
        if any(text.get_gid() == "end" for text in ax.texts):  # which the library wrote
            from bnutils.show.plots import label_ends

            label_ends(ax)
    wrap(figure)
    part_ticks(figure)
    part_legends(figure)
    return True


def panels(figure: Any) -> list[list[Any]]:
    """The axes of each place of a figure's grid: several where they lie on each other."""
    found: dict[Any, list[Any]] = {}
    for ax in figure.axes:
        if spec := ax.get_subplotspec():
            found.setdefault((spec.num1, spec.num2), []).append(ax)
    return list(found.values())


def has_axes(ax: Any) -> bool:
    """Whether a panel has an axis to be read."""
    return bool(ax.axison and (len(ax.get_xticks()) or len(ax.get_yticks())))


def stack(figure: Any, cells: list[list[Any]]) -> None:
    """Put panels one below the other, each with the words it shared with its neighbours."""
    height = figure.get_size_inches()[1] / cells[0][0].get_subplotspec().get_gridspec().nrows
    square = any(ax.get_aspect() != "auto" for ax in figure.axes)
    panel = SQUARE if square else min(max(0.8 * height, LOWEST), TALLEST)
    for cell in cells:
        others = [ax for other in cells if other is not cell for ax in other]
        for ax in cell:
            for axis in "xy":
                share_words(ax, axis, others)
    figure.set_size_inches(WIDTH, panel * len(cells))
    place(figure, cells, columns=1)


def shrink(figure: Any, cells: list[list[Any]]) -> None:
    """Draw pictures smaller, two beside each other where their titles would meet otherwise."""
    width, height = figure.get_size_inches()
    figure.set_size_inches(WIDTH, height * WIDTH / width)
    figure.draw_without_rendering()
    grid = cells[0][0].get_subplotspec().get_gridspec() if cells else None
    if grid and any(ax.title.get_window_extent().width > figure.bbox.width / grid.ncols
                    for ax in figure.axes):  # fmt: skip
        rows = -(-len(cells) // 2)
        figure.set_size_inches(WIDTH, WIDTH / 2 * rows * height / grid.nrows * grid.ncols / width)
        place(figure, cells, columns=2)


def place(figure: Any, cells: list[list[Any]], columns: int) -> None:
    """Put panels into a grid, row by row."""
    grid = GridSpec(-(-len(cells) // columns), columns, figure=figure)
    for number, cell in enumerate(cells):
        for ax in cell:
            ax.set_subplotspec(grid[number])


def share_words(ax: Any, axis: str, others: list[Any]) -> None:
    """Have an axis show what only its neighbours with the same scale have shown so far."""
    joined = getattr(ax, f"get_shared_{axis}_axes")().joined
    around = [other for other in others if joined(ax, other)]
    if around and ax.axison:
        ax.tick_params(axis=axis, **{"labelbottom" if axis == "x" else "labelleft": True})
        words = [getattr(each, f"get_{axis}label")() for each in (ax, *around)]
        getattr(ax, f"set_{axis}label")(next(filter(None, words), ""))
