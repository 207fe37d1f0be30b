"""Tables of runs, to read and to take away."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from IPython.display import display

if TYPE_CHECKING:
    from pandas import DataFrame


def show_table(frame: DataFrame, filename: str, *, rows: int = 8) -> None:
    """Show the first ``rows`` rows of a table with a link to all of them as a CSV file.

    The file, called ``filename``, is part of the page: the link works without a server.
    Numbers are shown with 4 and written with 7 significant digits, those of float32.
    Raises ValueError where ``filename`` does not end with .csv or names a folder.
    """
    if not filename.endswith(".csv") or "/" in filename or "\\" in filename:
        raise ValueError(f"the file's name is {filename!r}: give one such as 'runs.csv'")
    first, total = frame.head(rows), len(frame)
    shown = f"First {len(first)} of {total} rows" if len(first) < total else f"{total} rows"
    options = {"index": False, "float_format": "{:.4g}".format, "na_rep": "–"}
    table = first.to_html(border=0, **options)
    table = table.replace("<th>", '<th scope="col">')
    table = table.replace("<thead>", f"<caption>{shown}</caption><thead>", 1)
    csv = quote(frame.to_csv(index=False, float_format="%.7g", lineterminator="\r\n"), safe=",")
    link = (
        f'<a download="{escape(filename)}" href="data:text/csv;charset=utf-8,{csv}">'
        f"Download all {total} rows (CSV)</a>"
    )
    region = f'role="region" aria-label="{escape(filename)}" tabindex="0"'
    html = f'<div class="bn-table" {region} style="overflow-x:auto">{table}</div><p>{link}</p>'
    plain = f"{first.to_string(**options)}\n{shown}"
    display({"text/html": html, "text/plain": plain}, raw=True)
