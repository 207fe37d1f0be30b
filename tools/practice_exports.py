"""`python -m tools.practice_exports --otter DIR --nbgrader DIR` writes the checks for graders.

Neither is needed to grade (`bnutils.practice.grade`); where a course has one of them, it finds here
what it expects. Every export draws a seed that no notebook shows.
"""

from __future__ import annotations

import argparse
import re
import secrets
from pathlib import Path

import nbformat

from bnutils.practice.exercises.catalogue import KEYS, exercise
from tools.practice_notebook import handed_out

TEST = """from otter.test_files import test_case

from bnutils.practice import check

OK_FORMAT = False
name = {key!r}
points = {points}
"""
CASE = """

@test_case(points={part:g})
def test_{number}_of_4(env):
    report = check.{key}(env.get({answer!r}), seed={seed!r})
    assert report.points >= {least:g}, str(report)
"""
HIDDEN = """report = {check}
display(report)
### BEGIN HIDDEN TESTS
report = {hidden}
### END HIDDEN TESTS
report.points"""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.practice_exports", description=__doc__)
    parser.add_argument("--otter", type=Path, help="tests/*.py, for `otter generate -t`")
    parser.add_argument("--nbgrader", type=Path, help="a course's folder; writes source/hand-in/")
    given = parser.parse_args(arguments)
    if not (given.otter or given.nbgrader):
        parser.error("give --otter DIR or --nbgrader DIR")
    seed = secrets.token_hex(8)
    if given.otter:
        write_otter(given.otter / "tests", seed)
    if given.nbgrader:
        write_nbgrader(given.nbgrader / "source" / "hand-in", seed)


def write_otter(folder: Path, seed: str) -> None:
    """One file for each exercise, whose points come in quarters."""
    folder.mkdir(parents=True, exist_ok=True)
    for key in KEYS:
        task = exercise(key)
        cases = [
            CASE.format(key=key, answer=task.answer, seed=seed, number=number,
                        part=task.points / 4, least=round(task.points * number / 4, 1))
            for number in range(1, 5)
        ]  # fmt: skip
        text = TEST.format(key=key, points=task.points) + "".join(cases)
        (folder / f"{key}.py").write_text(text, "utf-8")


def write_nbgrader(folder: Path, seed: str) -> None:
    """The notebook that is handed out, whose checks are cells with points, of which parts count."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = handed_out()
    for cell in notebook.cells:
        match = re.fullmatch(r"check\.(\w+)\((\w+), seed=STUDENT\)", cell.source)
        if match is None:
            continue
        key, answer = match.groups()
        cell.source = HIDDEN.format(check=cell.source, hidden=f"check.{key}({answer}, {seed!r})")
        cell.metadata["nbgrader"] = {
            "schema_version": 3, "grade_id": key, "points": exercise(key).points, "grade": True,
            "solution": False, "locked": True, "task": False, "cell_type": "code",
        }  # fmt: skip
    nbformat.write(notebook, folder / "hand-in.ipynb")


if __name__ == "__main__":
    main()
