"""`python -m tools.submission`: write the notebook to hand in."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.submission.assemble import Project, assemble
from tools.submission.compare import differences
from tools.submission.errors import SubmissionError
from tools.submission.execute import execute
from tools.submission.outline import read_outline

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1_750_000  # bytes; GitHub stops showing notebooks that are much larger


def main(arguments: list[str] | None = None) -> int:
    """Assemble, run and write the notebook; returns the exit status."""
    options = _options(arguments)
    try:
        outline = read_outline(options.outline)
        notebook = assemble(Project(ROOT), outline, options.date)
        if options.execute:
            settings = {"BNUTILS_DATASET": options.data} if options.data else {}
            with tempfile.TemporaryDirectory() as folder:
                execute(notebook, Path(folder), settings)
    except SubmissionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _write(notebook, options, outline.topic)
    return 0


def _write(notebook: NotebookNode, options: argparse.Namespace, topic: str) -> None:
    """Write the notebook, and say what should be known about it."""
    path = options.output or ROOT / "submission" / f"{options.date:%d_%B}_{topic}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    text: str = nbformat.writes(notebook) + "\n"  # type: ignore[no-untyped-call]
    path.write_text(text, encoding="utf-8")
    size = len(text.encode())
    print(f"{os.path.relpath(path)}: {len(notebook.cells)} cells, {size / 1e6:.2f} MB")
    if options.execute:
        agreeing, different = differences(notebook, ROOT / "_build" / ".jupyter_cache")
        print(f"{agreeing} numbers as in the book's last build, {len(different)} others")
        print("\n".join(f"  {line}" for line in different), end="\n" if different else "")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                print(f"warning: a cell shows a warning:\n{output.text}", file=sys.stderr)
    if size > LIMIT:
        print(f"warning: more than {LIMIT / 1e6} MB; GitHub may not show it", file=sys.stderr)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.submission", description=__doc__)
    parser.add_argument("--date", type=_date, default="", help="YYYY-MM-DD; empty: today")
    parser.add_argument("--data", help="data set, as in BNUTILS_DATASET")
    parser.add_argument("--outline", type=Path, default=ROOT / "submission" / "outline.yml")
    parser.add_argument("--output", type=Path, help="file to write")
    parser.add_argument("--no-execute", dest="execute", action="store_false")
    return parser.parse_args(arguments)


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text) if text else datetime.date.today()
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date: expected YYYY-MM-DD, such as 2026-07-12"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
