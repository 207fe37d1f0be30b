"""Notebooks are graded each in its own process: right, empty, broken, endless, copied."""

from __future__ import annotations

import csv
from pathlib import Path

import nbformat
import pytest

from bnutils.practice import grade
from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.grading.notebook import Limits, graded
from bnutils.practice.grading.reading import borrowed, reaches
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
    notebook(folder / "1000001" / "solved.ipynb", SETUP, SETTINGS, *solutions)
    notebook(folder / "1000002" / "empty.ipynb", SETUP, *(cells("stub")[key] for key in KEYS))
    notebook(
        folder / "1000003_slip.ipynb", OTHERS, UNBIASED, "raise KeyError('mine')", solutions[2]
    )
    notebook(folder / "exits.ipynb", SETUP, EXITS, "import os\nos._exit(3)", *solutions[0::9])
    notebook(folder / "late" / "greedy.ipynb", SETUP, UNBIASED, DECEIT)
    notebook(folder / "greedy.ipynb", SETUP, UNBIASED, "mine = bytearray(2**36)")
    notebook(folder / "messy.ipynb", SETUP, *MESSY)
    notebook(folder / "borrows.ipynb", SETUP, MESSY[0], BORROWED)
    (folder / "broken.ipynb").write_text("no notebook")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._broken.ipynb").write_text("what a zip file holds besides")
    out = folder / "new" / "grades.csv"
    status = grade.main([str(folder), "--out", str(out)])
    with out.open(encoding="utf-8", newline="") as file:
        return status, {row["file"]: row for row in csv.DictReader(file)}


OTHERS = SETUP + '\nSTUDENT = "1000001"'
EXITS = "def normalize(*_):\n    import os\n    os._exit(3)"
DECEIT = """
from bnutils.practice.exercises import catalogue, judging
from bnutils.practice.grading import answers
answers.check_all = None
judging.matches = lambda *_: True
"""
BORROWED = """
def forward(x, gamma, beta, eps=1e-5):
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.1, eps)
"""
SETTINGS = """
import os
assert os.environ["PIP_DRY_RUN"] == os.environ["PIP_NO_INDEX"] == "1"
torch.set_default_dtype(torch.float64)
"""
MESSY = [
    "STUDENT = 7654321",
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
TWICE = "statistics defined twice: the last counts"
TOTAL = f"points of {sum(exercise(key).points for key in KEYS)}"


@pytest.mark.slow
def test_a_solved_notebook_earns_all_points(grades):
    row = grades[1]["1000001/solved.ipynb"]
    assert row["student"] == "1000001" and row["mistakes"] == row["problem"] == ""
    assert [float(row[key]) for key in KEYS] == [exercise(key).points for key in KEYS]


@pytest.mark.slow
def test_an_empty_notebook_earns_nothing_without_an_error(grades):
    row = grades[1]["1000002/empty.ipynb"]
    assert float(row[TOTAL]) == 0 and row["problem"] == ""


@pytest.mark.slow
def test_a_slip_is_named_and_an_error_of_one_cell_costs_no_other(grades):
    row = grades[1]["1000003_slip.ipynb"]
    assert row["student"] == "1000003"
    assert float(row["statistics"]) == 1.5 and "statistics: unbiased" in row["mistakes"]
    told = "the notebook says 1000001; code cell 3 raises KeyError: 'mine'"
    assert row["problem"] == told


@pytest.mark.slow
@pytest.mark.parametrize(("file", "problem", "points"), [
    ("exits.ipynb", "code cell 3 ended the process and was left out; the check of normalize ended "
     "the process and was left out", 7),
    ("late/greedy.ipynb", "it reaches into the grader", 1.5),
    ("broken.ipynb", "no notebook", 0), ("greedy.ipynb", "code cell 3 raises MemoryError", 1.5),
])  # fmt: skip
def test_what_breaks_one_hand_in_is_told_and_costs_no_other(grades, file, problem, points):
    status, rows = grades
    assert status == 1 and len(rows) == 9
    assert problem in rows[file]["problem"]
    assert float(rows[file][TOTAL]) == points


@pytest.mark.slow
def test_an_endless_cell_is_left_out_and_the_terminal_stays_clean(tmp_path, capfd):
    endless = "import time\nwhile True: time.sleep(0.1)"
    notebook(tmp_path / "1.ipynb", SETUP, cells("solution")["statistics"], endless, UNBIASED)
    grade = graded(tmp_path / "1.ipynb", "1", Limits(seconds=60))
    assert grade.problem == "code cell 3 ran beyond 60 s and was left out; " + TWICE
    assert capfd.readouterr() == ("", "")
    assert grade.of("statistics") == exercise("statistics").points / 2


@pytest.mark.slow
def test_of_a_messy_notebook_what_is_right_counts_and_the_rest_is_told(grades):
    row = grades[1]["messy.ipynb"]
    assert row["student"] == "7654321" and float(row[TOTAL]) == exercise("statistics").points
    assert "forward: TooSlow" in row["mistakes"] and "fold: missing" in row["mistakes"]
    assert "pair: " in row["mistakes"] and "statistics:" not in row["mistakes"]
    assert "there is no network" in row["problem"]
    assert TWICE in row["problem"] and "7654321 stands above too" in row["problem"]
    assert "7654321" not in grades[1]["borrows.ipynb"]["problem"]
    nameless = [grades[1][file]["problem"] for file in ("greedy.ipynb", "late/greedy.ipynb")]
    assert all("no number of a student" in told and "above" not in told for told in nameless)


@pytest.mark.slow
def test_pytorchs_own_normalization_earns_nothing_where_it_is_to_be_written(grades):
    row = grades[1]["borrows.ipynb"]
    assert float(row["forward"]) == 0 and "forward: borrowed" in row["mistakes"]


def test_calls_of_a_library_are_found_in_the_answers_alone():
    text = "def fold(linear, norm):\n    return nn.BatchNorm1d(3)\n"
    assert borrowed([text, BORROWED, "not python ("]) == {"forward"}


@pytest.mark.parametrize("text", [
    "forward = lambda x, g, b, eps: torch.batch_norm(x, g, b, None, None, True, 0.1, eps, False)",
    "from torch.nn.functional import batch_norm as own\ndef forward(*all):\n    return own(*all)",
    "def own(x):\n    return F.batch_norm(x)\ndef forward(x, *_):\n    return own(x)",
])  # fmt: skip
def test_a_library_is_found_under_another_name(text):
    assert borrowed(["x = nn.BatchNorm1d(3)(x)", text]) == {"forward"}


def test_an_answer_that_was_written_anew_is_not_borrowed():
    assert (
        borrowed([BORROWED, "x = nn.BatchNorm1d(3)", "def forward(x, *_):\n    return x"]) == set()
    )


def test_what_the_notebook_is_given_reaches_nowhere():
    assert not reaches([SETUP, "from bnutils.practice import diagnose\nhelp(check.forward)"])
    assert reaches(["import bnutils.practice.exercises.tasks.fold as f"])


@pytest.mark.parametrize(("place", "student"), [
    ("28_July_Batch_Normalization.ipynb", ""), ("2026-07-12 hand-in (2).ipynb", ""),
    ("Müller_1234567_file/12_July_Regression.ipynb", "1234567"), ("10001.ipynb", "10001"),
    ("s042/hand-in.ipynb", "042"), ("20261234/hand-in 2026.ipynb", "20261234"),
])  # fmt: skip
def test_a_date_is_no_number_of_a_student(place, student):
    assert grade.student_of(Path(place)) == student


def test_a_folder_without_notebooks_is_refused(tmp_path, capsys):
    assert grade.main([str(tmp_path)]) == 2
    assert "holds no notebook" in capsys.readouterr().err
