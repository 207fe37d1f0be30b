"""``python -m tools.practice_notebook OUT.ipynb`` writes the notebook that is handed out.

It comes from the page of exercises: stubs, checks and hints, and no solution. Cells have the same
names each time, so that the file changes with the page alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PAGE = Path(__file__).parent.parent / "book" / "practice" / "hands-on.md"
INSTALL = """from importlib.util import find_spec

if find_spec("bnutils") is None:  # in Colab or Kaggle
    %pip install --quiet "bnutils @ git+https://github.com/OWNER/batch-normalization-measured"
STUDENT = "public"  # your number here, for inputs of your own"""
EXERCISE = re.compile(r"^```\{exercise\} (.+)\n:label: .+\n\n(.*?)^```$", re.M | re.S)
SLIP = "A slip, and what the check says:"


def main(out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(handed_out(), out)


def handed_out() -> NotebookNode:
    """The notebook: the page without slips and solutions, in common Markdown."""
    cells: list[NotebookNode] = []
    solving = False
    for cell in jupytext.read(PAGE).cells:
        tags = cell.metadata.get("tags", [])
        if "page" in tags:
            continue
        if cell.cell_type == "markdown":
            ended = solving and "{solution-end}" in cell.source
            words = cell.source.partition("```{solution-end}\n```")[2] if ended else cell.source
            before, begun, _ = words.partition("```{solution-start}")
            if ended or not solving:
                cells += [new_markdown_cell(text) for text in [common(before)] if text]
            solving = bool(begun) or (solving and not ended)
        elif "check" in tags:
            name = cell.source.partition("(")[0]
            cells += [new_code_cell(with_seed(cell.source)), new_code_cell(f"# {name}.hint()")]
        elif not {"solution", "slip"} & set(tags):
            cells.append(new_code_cell(cell.source))
    cells.insert(1, new_code_cell(INSTALL))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook: NotebookNode = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return notebook


def with_seed(check: str) -> str:
    return f"{check.removesuffix(')')}, seed=STUDENT)"


def common(text: str) -> str:
    """Markdown that every notebook shows, of the page's."""
    text = EXERCISE.sub(r"### \1\n\n\2", text)
    text = re.sub(r"^\(sec-.+\)=\n", "", text, flags=re.M)
    text = re.sub(r"\{doc\}`\.\./implementation/mistakes`", "*Ways to get it wrong*", text)
    text = re.sub(r"; \{ref\}`.+?`", "", text)
    return text.replace(SLIP, "").strip()


if __name__ == "__main__":
    main(Path((*sys.argv, "hand-in.ipynb")[1]))
