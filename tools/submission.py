"""`python -m tools.submission`: write the notebook to hand in, made of `book/evening.md`."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import tempfile
from itertools import takewhile
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "book" / "evening.md"
LINK = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")
KEPT = ("#", ">", "**Name:**", "**What was found**")  # how the blocks of a scaffold begin


def site_address(target: str, site: str) -> str:
    """Where the site has what a page of the folder `book` links: a page, or a file beside it."""
    path, hash_sign, place = target.partition("#")
    if path.startswith("_assets/"):
        return site + path.replace("_assets/", "_static/", 1)
    if not path.endswith(".md"):
        raise ValueError(f"{SOURCE.name} links {target!r}: expected a page (.md), or _assets/...")
    return f"{site}book/{path.removesuffix('.md')}.html{hash_sign}{place}"


def hand_in(site: str) -> NotebookNode:
    """The cells of the page up to one tagged end, but those tagged page, with links to the site."""
    notebook: NotebookNode = jupytext.read(SOURCE)
    shared = takewhile(lambda cell: "end" not in cell.metadata.get("tags", ""), notebook.cells)
    notebook.cells = [cell for cell in shared if "page" not in cell.metadata.get("tags", "")]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda m: f"]({site_address(m[1], site)})", cell.source)
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec}
    return notebook


def scaffold(notebook: NotebookNode) -> NotebookNode:
    """Headings, questions, set-up and places for one's own words; the answers left out."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cells += [cell] if "setup" in cell.metadata.get("tags", "") else []
            continue
        blocks = [block for block in cell.source.split("\n\n") if block.startswith(KEPT)]
        if blocks:
            cell.source = "\n\n".join(blocks)
            cells.append(cell)
        if any(block.startswith("> ") and "✎" not in block for block in blocks):
            cells.append(nbformat.v4.new_markdown_cell("*Your answer.*"))
            cells.append(nbformat.v4.new_code_cell(""))
    notebook.cells = cells
    return notebook


def main(arguments: list[str] | None = None) -> int:
    """Write the notebook of a date, executed, or its empty scaffold; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.submission", description=__doc__)
    parser.add_argument("--date", default="", help="YYYY-MM-DD; empty: today")
    parser.add_argument("--scaffold", action="store_true", help="the questions without answers")
    parser.add_argument("--folder", type=Path, default=ROOT / "submission")
    options = parser.parse_args(arguments)
    try:
        date = datetime.date.fromisoformat(options.date or str(datetime.date.today()))
    except ValueError:
        parser.error(f"{options.date!r} is no date: expected YYYY-MM-DD, such as 2026-07-12")
    notebook = hand_in(yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"])
    name = f"{date:%d_%B}_Batch_Normalization"
    if options.scaffold:
        notebook, name = scaffold(notebook), f"{name}_Scaffold"
    else:
        with tempfile.TemporaryDirectory() as empty:
            try:
                client = NotebookClient(notebook, timeout=None, record_timing=False)
                client.extra_arguments = ["--log-level=ERROR"]
                client.execute(cwd=empty)
            except CellExecutionError as error:
                print(f"The notebook does not run.\n{error}", file=sys.stderr)
                return 1
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"  # the same in every run
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    print(f"{path.name}: {len(notebook.cells)} cells, {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
