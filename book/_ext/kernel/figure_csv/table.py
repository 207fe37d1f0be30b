"""The tidy table of a figure: one row for each point that it shows."""

import csv
import io
from typing import Any

from .names import axis_name, labelled, panel_name, tick_names

COLUMNS = (
    "panel", "series", "kind",
    "x_label", "x_name", "x", "x_low", "x_high",
    "y_label", "y_name", "y", "y_low", "y_high",
    "value",
)  # fmt: skip


def table(figure: Any) -> str | None:
    """A figure's data as CSV with 7 significant digits, None where it shows none.

    A row tells its panel and series, the labels of the axes, and the words at the ticks where these
    are names. Columns that no row uses are left out.
    """
    rows: list[dict[str, str]] = []
    for ax, found, label in labelled(figure):
        words = {
            "panel": panel_name(figure, ax), "series": label, "kind": found.kind,
            "x_label": axis_name(ax, "x"), "y_label": axis_name(ax, "y"),
        }  # fmt: skip
        columns = {name: [number(value) for value in v] for name, v in found.columns.items()}
        for name, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
            if name in found.columns:
                columns[f"{name}_name"] = tick_names(axis, found.columns[name])
        rows += (
            words | dict(zip(columns, cells, strict=True))
            for cells in zip(*columns.values(), strict=True)
        )
    used = [name for name in COLUMNS if any(row.get(name) for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, used, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue() if rows else None


def number(value: float) -> str:
    """A number as a cell of the table, empty where it is none."""
    return "" if value != value else f"{value:.7g}"
