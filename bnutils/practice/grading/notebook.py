"""Runs one notebook in a kernel of its own, and reads off what its answers earn."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from bnutils.practice.grading.answers import MARK, new_token
from bnutils.practice.grading.borrowed import borrowed
from bnutils.practice.grading.record import Answer, Grade

BEFORE = """from bnutils.practice.grading.answers import limit_memory as _limit
_limit({megabytes})"""
AFTER = """from bnutils.practice.grading.answers import check_all as _check_all
print(_check_all(globals(), {student!r}, {token!r}))"""


@dataclass(frozen=True)
class Limits:
    """Seconds for a notebook, megabytes for its process."""

    seconds: int = 300
    megabytes: int = 4096


def graded(path: Path, student: str, limits: Limits) -> Grade:
    """The grade of one notebook; what goes wrong in it is its ``problem``, and raises nothing."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        return Grade(student, path.name, problem=f"no notebook: {type(error).__name__}")
    token = new_token()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    first = nbformat.v4.new_code_cell(BEFORE.format(megabytes=limits.megabytes))
    last = nbformat.v4.new_code_cell(AFTER.format(student=student, token=token))
    notebook.cells = [first, *cells, last]
    problem = _run(notebook, limits)
    answers = _read(last, token)
    if answers is None:
        return Grade(student, path.name, problem=problem or "its answers could not be checked")
    answers |= {key: Answer(0.0, "borrowed") for key in borrowed(cell.source for cell in cells)}
    return Grade(student, path.name, answers, problem or _raised(cells))


def _run(notebook: nbformat.NotebookNode, limits: Limits) -> str:
    """Run the cells, in an empty folder; what stopped them, in words."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=limits.seconds,
            allow_errors=True,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except CellTimeoutError:
            return f"a cell ran longer than {limits.seconds} s"
        except DeadKernelError:
            return "its process ended: memory, or a call of exit"
        except Exception as error:
            return f"could not be run: {type(error).__name__}"
    return ""


def _read(cell: nbformat.NotebookNode, token: str) -> dict[str, Answer] | None:
    text = "".join(output.get("text", "") for output in cell.get("outputs", []))
    start = f"{MARK}{token} "
    lines = [line for line in text.splitlines() if line.startswith(start)]
    if len(lines) != 1:
        return None
    results = json.loads(lines[0].removeprefix(start))
    return {
        key: Answer(float(points), str(status), tuple(found))
        for key, (points, status, found) in results.items()
    }


def _raised(cells: list[nbformat.NotebookNode]) -> str:
    """The first error of the student's cells, which do not end the run."""
    for number, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return f"code cell {number} raises {output.ename}"
    return ""
