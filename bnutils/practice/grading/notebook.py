"""Runs one notebook in a kernel of its own, and reads off what its answers earn."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from bnutils.practice.exercises.catalogue import exercise
from bnutils.practice.grading.answers import UNFINISHED, new_token
from bnutils.practice.grading.reading import borrowed, reaches, student_in, twice
from bnutils.practice.grading.record import Answer, Grade

BEFORE = """from bnutils.practice.grading import answers as _answers
_answers.confine({megabytes})
del _answers"""
AFTER = """import sys as _sys
for _name in [_name for _name in _sys.modules if _name.partition(".")[0] == "bnutils"]:
    del _sys.modules[_name]  # what the notebook may have changed
from bnutils.practice.grading.answers import check_all as _check_all
_check_all({student!r}, {token!r}, {out!r})"""
LEFT_OUT = 2  # cells or answers that end the process or the time, before the notebook is given up


@dataclass(frozen=True)
class Limits:
    """Seconds for a notebook, megabytes for its process."""

    seconds: int = 300
    megabytes: int = 4096


class Client(NotebookClient):
    """Keeps of all outputs the errors alone, however much is printed; knows the cell it runs."""

    running: NotebookNode | None = None

    async def async_execute_cell(self, cell: NotebookNode, *args: Any, **settings: Any) -> Any:
        self.running = cell
        return await super().async_execute_cell(cell, *args, **settings)

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "error":
            return super().output(outs, msg, display_id, cell_index)
        return None


def graded(path: Path, student: str, limits: Limits) -> Grade:
    """The grade of one notebook; what goes wrong in it is its ``problem``, and raises nothing."""
    try:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        texts = [str(cell.source) for cell in cells]
    except Exception as error:
        return Grade(student, path.name, problem=f"no notebook: {type(error).__name__}")
    written = student_in(texts)
    problems = ["it reaches into the grader"] if reaches(texts) else []
    if student and written not in ("", student):
        problems.append(f"the notebook says {written}")
    problems += [] if student or written else ["no number of a student"]
    student = student or written or path.stem
    answers = None
    for _ in range(LEFT_OUT + 1):
        answers, stop, again = _run(notebook, cells, student, limits)
        problems += [stop] if stop else []
        if not again:
            break
    if answers is None:
        problems.append("its answers could not be checked")
        return Grade(student, path.name, problem="; ".join(problems))
    answers |= {key: Answer(0.0, "borrowed") for key in borrowed(texts)}
    problems += [told for told in (_raised(cells), twice(texts)) if told]
    return Grade(student, path.name, answers, "; ".join(problems))


def _run(
    notebook: NotebookNode, cells: list[NotebookNode], student: str, limits: Limits
) -> tuple[dict[str, Answer] | None, str, bool]:
    """The answers, as far as they were checked; what ended the run; whether it was left out."""
    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder, "empty"), Path(folder, new_token())
        place.mkdir()
        first = new_code_cell(BEFORE.format(megabytes=limits.megabytes))
        last = new_code_cell(AFTER.format(student=student, token=new_token(), out=str(out)))
        notebook.cells = [first, *cells, last]
        end = time.monotonic() + limits.seconds
        client = Client(
            notebook,
            allow_errors=True,
            kernel_name="python3",
            startup_timeout=180,
            resources={"metadata": {"path": str(place)}},
            timeout_func=lambda _: max(1, round(end - time.monotonic())),
        )
        try:
            client.execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (CellTimeoutError, DeadKernelError) as error:
            slow = isinstance(error, CellTimeoutError)
            why = f"ran beyond {limits.seconds} s" if slow else "ended the process"
            number = next((n for n, cell in enumerate(cells, 1) if cell is client.running), None)
            if number is not None:
                cells[number - 1] = new_code_cell()
                return None, f"code cell {number} {why} and was left out", True
            answers = _read(out) or {}
            key = next((key for key in answers if answers[key].status == UNFINISHED), None)
            if key is None:
                return answers or None, f"the checks {why}", False
            cells.append(new_code_cell(f"{exercise(key).answer} = None"))
            return answers, f"the check of {key} {why} and was left out", True
        except Exception as error:
            return None, f"it could not be run: {type(error).__name__}", False
        return _read(out), "", False


def _read(out: Path) -> dict[str, Answer] | None:
    if not out.is_file():
        return None
    results = json.loads(out.read_text("utf-8"))
    return {
        key: Answer(float(points), str(status), tuple(found))
        for key, (points, status, found) in results.items()
    }


def _raised(cells: list[NotebookNode]) -> str:
    """The first error of the student's cells, which do not end the run."""
    for number, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return f"code cell {number} raises {output.ename}: {output.evalue[:80]}"
    return ""
