"""``python -m bnutils.practice.grade SUBMISSIONS --out grades.csv`` grades notebooks.

Each notebook runs in a process of its own, with limits on time and memory. That keeps a broken
submission from the others, not a malicious one from this machine: run strangers' code in a
container without network and without your files.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.grading.notebook import Limits, graded
from bnutils.practice.grading.record import Grade

STUDENT = re.compile(r"(?<!\d)(?!20\d\d(?!\d))\d{3,}")  # a day, a year or "(2)" is no student
SKIPPED = re.compile(r"(^|/)(\.|__MACOSX)")  # checkpoints, and what a zip file holds besides


def main(arguments: list[str] | None = None) -> int:
    """Write one row per notebook; 1 where one of them could not be run."""
    parser = argparse.ArgumentParser("python -m bnutils.practice.grade", description=__doc__)
    parser.add_argument("submissions", type=Path, help="a folder of notebooks, or one notebook")
    parser.add_argument("--out", type=Path, default=Path("grades.csv"))
    parser.add_argument("--seconds", type=int, default=300, help="for a notebook (default 300)")
    parser.add_argument("--megabytes", type=int, default=4096, help="of memory (default 4096)")
    given = parser.parse_args(arguments)
    notebooks = found(given.submissions)
    if not notebooks:
        print(f"{given.submissions} holds no notebook (*.ipynb)", file=sys.stderr)
        return 2
    limits = Limits(given.seconds, given.megabytes)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    grades: list[Grade] = []
    write(grades, given.out)  # before the work, should the place not be writable
    for path, place in notebooks.items():
        grade = graded(path, student_of(place), limits)
        again = STUDENT.search(grade.student) and grade.student in {one.student for one in grades}
        told = [grade.problem, f"{grade.student} stands above too" if again else ""]
        grade = replace(grade, file=place.as_posix(), problem="; ".join(filter(None, told)))
        grades.append(grade)
        write(grades, given.out)  # what is graded stays, whatever comes
        print(f"{place}: {grade.points:g} points{grade.trouble}", flush=True)
    return int(any(grade.problem for grade in grades))


def found(place: Path) -> dict[Path, Path]:
    """The notebooks of a folder and those below it, or the one given; and where below it."""
    if place.is_file():
        return {place: Path(place.name)}
    notebooks = {path: path.relative_to(place) for path in sorted(place.rglob("*.ipynb"))}
    return {path: below for path, below in notebooks.items() if not SKIPPED.search(str(below))}


def student_of(place: Path) -> str:
    """The student's number: the longest in the names of file and folders; empty without one."""
    return max(STUDENT.findall(str(place.with_suffix(""))), key=len, default="")


def write(grades: Iterable[Grade], out: Path) -> None:
    """A table: student, file, points in all and of each exercise, mistakes, problem."""
    total = sum(exercise(key).points for key in KEYS)
    header = ["student", "file", f"points of {total}", *KEYS, "mistakes", "problem"]
    with out.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        for grade in grades:
            points = [f"{grade.of(key):g}" for key in KEYS]
            row = [grade.student, grade.file, f"{grade.points:g}", *points]
            table.writerow([*row, grade.mistakes, grade.problem])


if __name__ == "__main__":
    sys.exit(main())
