"""Notebooks are graded each in its own process: right, empty, broken, endless, copied."""

from __future__ import annotations

import csv

import nbformat
import pytest

from bnutils.practice import grade
from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.grading.borrowed import borrowed
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
    notebook(folder / "exits.ipynb", SETUP, solutions[0], "import os\nos._exit(3)")
    notebook(folder / "endless.ipynb", SETUP, solutions[0], "while True: pass")
    notebook(folder / "greedy.ipynb", SETUP, UNBIASED, "mine = bytearray(2**36)")
    notebook(folder / "borrows.ipynb", SETUP, "statistics = normalize = None", BORROWED)
    (folder / "broken.ipynb").write_text("no notebook")
    out = folder / "grades.csv"
    status = grade.main([str(folder), "--out", str(out), "--seconds", "60"])
    with out.open(encoding="utf-8", newline="") as file:
        return status, {row["file"]: row for row in csv.DictReader(file)}


BORROWED = """
def forward(x, gamma, beta, eps=1e-5):
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.1, eps)
"""
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
    assert row["problem"] == "code cell 3 raises KeyError"


@pytest.mark.slow
@pytest.mark.parametrize(("file", "problem"), [
    ("exits.ipynb", "its process ended"), ("endless.ipynb", "a cell ran longer than 60 s"),
    ("broken.ipynb", "no notebook"), ("greedy.ipynb", "MemoryError"),
])  # fmt: skip
def test_what_breaks_one_hand_in_is_told_and_costs_no_other(grades, file, problem):
    status, rows = grades
    assert status == 1 and len(rows) == 8
    assert problem in rows[file]["problem"]


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
