"""The tables of the page on speed, from what `make bench` measured."""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ENGINE = "engine"


class Speed(SphinxDirective):
    """`{speed}`: what `_build/bench.json` says, or the measurements that came with the book."""

    def run(self) -> list[nodes.Node]:
        """Make one table of the ways to train, and one of the ways to write the layer."""
        path = measurements(self.env)
        self.env.note_dependency(str(path))
        self.env.metadata[self.env.docname]["speed"] = str(path)
        report = json.loads(path.read_text("utf-8"))
        return [
            nodes.paragraph("", described(report, here="_build" in path.parts[-2:])),
            titled("Training: samples a second, all seeds together", loop_table(report["rows"])),
            titled("One layer, forward and backward", layer_table(report["layers"])),
        ]


def measurements(env: Any) -> Path:
    """The file that `make bench` wrote here, else the one that came with the book."""
    own, kept = (Path(env.srcdir, folder, "bench.json") for folder in ("_build", "book/_assets"))
    return own if own.is_file() else kept


def outdated(app: Sphinx, env: Any, *_: set[str]) -> list[str]:
    """Pages of measurements in another file: those of a file that is not there have no date."""
    now = str(measurements(env))
    return [page for page, data in env.metadata.items() if data.get("speed", now) != now]


def described(report: dict[str, Any], here: bool) -> str:
    """When and on what the numbers were measured."""
    where = (
        "On the machine that built this page"
        if here
        else "On the machine where it was measured last"
    )
    return (
        f"{where}, {report['made']}: {report['processor']}, {report['cores']} cores, "
        f"torch {report['versions']['torch']}; medians of {report['rounds']} rounds in which all "
        "took turns."
    )


def loop_table(rows: list[dict[str, Any]]) -> nodes.table:
    """A row for each batch size, a column for each way to train."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    by_key = {(row["name"], row["batch_size"]): row for row in rows}
    body = []
    for batch_size in sorted({row["batch_size"] for row in rows}):
        cells = [str(batch_size)]
        for name in names:
            row = by_key[name, batch_size]
            rate = f"{row['samples_per_second']:,.0f}".replace(",", "\N{NO-BREAK SPACE}")
            ratio = f" ({row['ratio_to_this']:.2f}\N{NO-BREAK SPACE}×)"
            cells.append(rate if name == ENGINE else rate + ratio)
        body.append(cells)
    seeds = {row["name"]: row["seeds"] for row in rows}
    heads = [f"{n}, {seeds[n]} seed{'s' if seeds[n] > 1 else ''}" for n in names]
    return table(["Batch size", *heads], body)


def layer_table(rows: list[dict[str, Any]]) -> nodes.table:
    """A row for each shape and way to write the layer."""
    body = [
        [
            " × ".join(map(str, row["shape"])),
            row["name"],
            f"{row['microseconds']:,.0f} µs".replace(",", "\N{NO-BREAK SPACE}"),
            f"{row['times_pytorch']:.2f}",
        ]
        for row in rows
    ]
    return table(["Shape", "Written as", "Time", "Times PyTorch's"], body)


def table(heads: list[str], body: list[list[str]]) -> nodes.table:
    """A table of plain text whose first column heads the rows."""

    def row(cells: list[str]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))

    specs = [nodes.colspec(colwidth=1) for _ in heads]
    specs[0]["stub"] = 1
    rows = nodes.tbody("", *(row(cells) for cells in body))
    group = nodes.tgroup("", *specs, nodes.thead("", row(heads)), rows, cols=len(heads))
    return nodes.table("", group)


def titled(title: str, content: nodes.table) -> nodes.table:
    """The table with its title."""
    content.insert(0, nodes.title("", title))
    return content


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("speed", Speed)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
