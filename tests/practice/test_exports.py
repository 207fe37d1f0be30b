"""The checks in the form that otter-grader and nbgrader expect; neither is needed to write them."""

from __future__ import annotations

import sys
from types import ModuleType

import nbformat
import pytest

from bnutils.practice.exercises.catalogue import KEYS, exercise
from tests.practice.page import defined
from tools import practice_exports


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("exports")
    practice_exports.main(["--otter", str(place), "--nbgrader", str(place)])
    return place


@pytest.fixture
def otter(monkeypatch):
    """What the tests import of otter-grader: a decorator that keeps its points."""

    def test_case(points):
        return lambda function: (points, function)

    package, module = ModuleType("otter"), ModuleType("otter.test_files")
    module.test_case = test_case
    monkeypatch.setitem(sys.modules, "otter", package)
    monkeypatch.setitem(sys.modules, "otter.test_files", module)


def earned(text, answers):
    """Points that a file of otter's tests gives."""
    names = {}
    exec(text, names)
    assert names["OK_FORMAT"] is False
    points = 0.0
    for part, function in (value for name, value in names.items() if name.startswith("test_") and
                           isinstance(value, tuple)):  # fmt: skip
        try:
            function(answers)
        except AssertionError:
            continue
        points += part
    return points


@pytest.mark.usefixtures("otter")
@pytest.mark.parametrize("key", KEYS)
def test_otters_tests_give_a_solution_its_points_and_a_missing_answer_none(key, folder):
    text = (folder / "tests" / f"{key}.py").read_text("utf-8")
    task = exercise(key)
    assert earned(text, {task.answer: defined("solution")[key]}) == task.points
    assert earned(text, {}) == 0


@pytest.mark.usefixtures("otter")
def test_a_slip_earns_a_part(folder):
    text = (folder / "tests" / "statistics.py").read_text("utf-8")
    assert earned(text, {"statistics": lambda x: (x.mean(0), x.var(0))}) == 1.5

    def overwrites(x):
        x -= (mean := x.mean(0))
        return mean, x.square().mean(0)

    assert earned(text, {"statistics": overwrites}) == 2.25  # which the report rounds


def test_nbgraders_notebook_has_a_locked_cell_with_points_for_each_check(folder):
    notebook = nbformat.read(folder / "source" / "hand-in" / "hand-in.ipynb", as_version=4)
    nbformat.validate(notebook)
    graded = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert [cell.metadata.nbgrader.grade_id for cell in graded] == list(KEYS)
    for cell, key in zip(graded, KEYS, strict=True):
        about = cell.metadata.nbgrader
        assert about.points == exercise(key).points and about.grade and about.locked
        shown, hidden, _ = cell.source.split("\n### ", 2)
        assert (
            shown == f"report = check.{key}({exercise(key).answer}, seed=STUDENT)\ndisplay(report)"
        )
        assert hidden.startswith("BEGIN HIDDEN TESTS") and cell.source.endswith("report.points")
