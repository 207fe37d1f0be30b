"""Chapters that look at the same networks declare them alike, so that they are trained once."""

import re
from dataclasses import replace

import pytest

from bnutils.data import load
from bnutils.sweeps._engine.planning import planned_runs
from bnutils.sweeps.sweep import grid
from bnutils.sweeps.tuning import EVIDENCE, SELECTION
from tests import ROOT

CHAPTERS = ROOT / "book" / "implementation"
CODE = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::[^\n]*\n)+)?(.*?)^```", re.M | re.S
)


def declared(chapter):
    """The keys of a chapter's runs by arm, rate and seed, as its cells declare them."""
    setup, *cells = CODE.findall((CHAPTERS / chapter).read_text("utf-8"))
    names = {"__name__": "__main__"}
    exec(setup.partition("use_book_style()")[0], names)
    names |= {"dataset": load("digits"), "glue": lambda *args, **kwargs: None}
    for cell in cells:
        before, found, after = cell.partition("results = tuned(")
        if found or "def build(" in cell or "def drawn(" in cell:
            exec(before + found + after.partition(".run()")[0], names)
        if found:
            break
    tuning = names["results"]
    assert tuning.keep_networks
    choosing = [replace(recipe, points=1, test=False) for recipe in tuning.recipes]
    return {
        (run.setting.arm, run.setting.lr, run.seed): run.key
        for recipes, seeds in ((choosing, tuning.selection), (tuning.recipes, tuning.seeds))
        for run in planned_runs(
            grid(
                tuning.arms, tuning.dataset, recipes, seeds=seeds,
                lrs=lambda arm, recipe: tuning.ladders[arm, tuning.recipes[0]],
            ).settings,
            tuning.dataset,
            seeds,
        )
    }  # fmt: skip


@pytest.fixture(scope="module")
def comparison():
    return declared("comparison.md")


def test_the_baseline_is_the_comparison_without_batch_normalization(comparison):
    baseline = declared("baseline.md")
    assert len(baseline) == 3 * (len(SELECTION) + len(EVIDENCE))
    assert {run: comparison[run] for run in baseline} == baseline


def test_the_networks_that_are_opened_are_those_of_the_comparison(comparison):
    opened = declared("inside.md")
    shared = {run for run in opened if run[0] != "bare"}
    assert {run: opened[run] for run in shared} == comparison
    bare = {opened[run] for run in set(opened) - shared}
    assert bare and not bare & set(comparison.values())
