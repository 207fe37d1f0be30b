"""Notebooks are graded each in its own process: right, empty, broken, endless, copied."""

from __future__ import annotations

import csv

import nbformat
import pytest

from bnutils.practice import grade
from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.grading.notebook import Limits, graded
from bnutils.practice.grading.reading import borrowed
from tests.practice.page import cells

SETUP = cells("setup")[""]
UNBIASED = "def statistics(x):\n    return x.mean(0), x.var(0)"


def notebook(path, *sources):
    path.parent.mkdir(parents=True, exist_ok=True)
    code = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=code), path)


@pytest.fixture(scope="module")
def grades(tmp_path_factory):
    """The rows of the table for a folder of hand-ins, by file."""
    folder = tmp_path_factory.mktemp("hand-ins")
    solutions = [cells("solution")[key] for key in KEYS]
    notebook(folder / "1000001" / "solved.ipynb", SETUP, *solutions)
    notebook(folder / "1000002" / "empty.ipynb", SETUP, *(cells("stub")[key] for key in KEYS))
    notebook(folder / "1000003_slip.ipynb", SETUP, UNBIASED, "raise KeyError('mine')", solutions[2])
    notebook(folder / "exits.ipynb", SETUP, solutions[0], "import os\nos._exit(3)", solutions[9])
    notebook(folder / "greedy.ipynb", SETUP, UNBIASED, "mine = bytearray(2**36)")
    notebook(folder / "messy.ipynb", SETUP, *MESSY)
    notebook(folder / "borrows.ipynb", SETUP, "statistics = normalize = None", BORROWED)
    (folder / "broken.ipynb").write_text("no notebook")
    out = folder / "grades.csv"
    status = grade.main([str(folder), "--out", str(out)])
    with out.open(encoding="utf-8", newline="") as file:
        return status, {row["file"]: row for row in csv.DictReader(file)}


BORROWED = """
def forward(x, gamma, beta, eps=1e-5):
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.1, eps)
"""
MESSY = [
    'STUDENT = "7654321"',
    "def statistics(x):\n    return x.mean(0), x.var(0)",
    "def statistics(x):\n    return x.mean(0), x.var(0, correction=0)",
    "print('x' * 10**8)",
    "from urllib.request import urlopen\nurlopen('http://example.org')",
    "def pair(a, b, eps):\n    return 0.123, 0.456",
    "def forward(*_):\n    while True:\n        try:\n            while True: pass\n"
    "        except Exception: pass",
    "check = print = sum = exercise = get_ipython = 'mine'",
    "import os, sys\nsys.stdout = open(os.devnull, 'w')",
]
TOTAL = f"points of {sum(exercise(key).points for key in KEYS)}"


@pytest.mark.slow
def test_a_solved_notebook_earns_all_points(grades):
    row = grades[1]["solved.ipynb"]
    assert row["student"] == "1000001" and row["mistakes"] == row["problem"] == ""
    assert [float(row[key]) for key in KEYS] == [exercise(key).points for key in KEYS]


@pytest.mark.slow
def test_an_empty_notebook_earns_nothing_without_an_error(grades):
    row = grades[1]["empty.ipynb"]
    assert float(row[TOTAL]) == 0 and row["problem"] == ""


@pytest.mark.slow
def test_a_slip_is_named_and_an_error_of_one_cell_costs_no_other(grades):
    row = grades[1]["1000003_slip.ipynb"]
    assert row["student"] == "1000003"
    assert float(row["statistics"]) == 1.5 and "statistics: unbiased" in row["mistakes"]
    assert row["problem"] == "code cell 3 raises KeyError: 'mine'"


@pytest.mark.slow
@pytest.mark.parametrize(("file", "problem", "points"), [
    ("exits.ipynb", "code cell 3 ended the process and was left out", 7),
    ("broken.ipynb", "no notebook", 0), ("greedy.ipynb", "code cell 3 raises MemoryError", 1.5),
])  # fmt: skip
def test_what_breaks_one_hand_in_is_told_and_costs_no_other(grades, file, problem, points):
    status, rows = grades
    assert status == 1 and len(rows) == 8
    assert problem in rows[file]["problem"]
    assert float(rows[file][TOTAL]) == points


@pytest.mark.slow
def test_an_endless_cell_is_left_out(tmp_path):
    endless = "import time\nwhile True: time.sleep(0.1)"
    notebook(tmp_path / "1.ipynb", SETUP, cells("solution")["statistics"], endless, UNBIASED)
    grade = graded(tmp_path / "1.ipynb", "1", Limits(seconds=60))
    assert grade.problem.startswith("code cell 3 ran beyond 60 s and was left out")
    assert grade.of("statistics") == exercise("statistics").points / 2


@pytest.mark.slow
def test_of_a_messy_notebook_what_is_right_counts_and_the_rest_is_told(grades):
    row = grades[1]["messy.ipynb"]
    assert row["student"] == "7654321" and float(row[TOTAL]) == exercise("statistics").points
    assert "forward: TooSlow" in row["mistakes"] and "fold: missing" in row["mistakes"]
    assert "pair: " in row["mistakes"] and "statistics:" not in row["mistakes"]
    assert "there is no network" in row["problem"]
    assert "statistics defined twice: the last counts" in row["problem"]
    assert "no number of a student" in grades[1]["greedy.ipynb"]["problem"]


@pytest.mark.slow
def test_pytorchs_own_normalization_earns_nothing_where_it_is_to_be_written(grades):
    row = grades[1]["borrows.ipynb"]
    assert float(row["forward"]) == 0 and "forward: borrowed" in row["mistakes"]


def test_calls_of_a_library_are_found_in_the_answers_alone():
    text = "def fold(linear, norm):\n    return nn.BatchNorm1d(3)\n"
    assert borrowed([text, BORROWED, "not python ("]) == {"forward"}


def test_a_folder_without_notebooks_is_refused(tmp_path, capsys):
    assert grade.main([str(tmp_path)]) == 2
    assert "holds no notebook" in capsys.readouterr().err
