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
from pathlib import Path

from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.grading.notebook import Limits, graded
from bnutils.practice.grading.record import Grade

STUDENT = re.compile(r"\d+")


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
    grades = []
    for path in notebooks:
        grades.append(graded(path, student_of(path, given.submissions), limits))
        write(grades, given.out)  # what is graded stays, whatever comes
        print(f"{path}: {grades[-1].points:g} points{grades[-1].trouble}")
    return int(any(grade.problem for grade in grades))


def found(place: Path) -> list[Path]:
    """The notebooks of a folder and those below it, or the one given."""
    if place.is_file():
        return [place]
    return sorted(p for p in place.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def student_of(path: Path, below: Path) -> str:
    """The student's number: the longest in the names of file and folders; empty without one."""
    place = path.relative_to(below) if path.is_relative_to(below) and path != below else path
    numbers = STUDENT.findall(place.with_suffix("").as_posix())
    return max(numbers, key=len, default="")


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
