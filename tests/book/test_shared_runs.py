"""Chapters that look at the same networks declare them alike, so that they are trained once."""

import re

import pytest

from bnutils.data import load
from bnutils.sweeps._engine.planning import planned_runs
from tests import ROOT

CHAPTERS = ROOT / "book" / "implementation"
CODE = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::[^\n]*\n)+)?(.*?)^```", re.M | re.S
)


def declared(chapter):
    """The keys of a chapter's runs by arm and learning rate, as its cells declare them."""
    setup, *cells = CODE.findall((CHAPTERS / chapter).read_text("utf-8"))
    names = {"__name__": "__main__"}
    exec(setup.partition("use_book_style()")[0], names)
    names |= {"dataset": load("digits"), "glue": lambda *args, **kwargs: None}
    for cell in cells:
        if "def build(" in cell or "sweep = grid(" in cell:
            exec(cell.partition("results = sweep.run()")[0], names)
    sweep = names["sweep"]
    assert sweep.keep_networks
    found = {}
    for run in planned_runs(sweep.settings, sweep.dataset, sweep.seeds):
        found.setdefault((run.setting.arm, run.setting.lr), []).append(run.key)
    return found


@pytest.fixture(scope="module")
def comparison():
    return declared("comparison.md")


def test_the_baseline_is_the_comparison_without_batch_normalization(comparison):
    plain = {setting: keys for setting, keys in comparison.items() if setting[0] == "no BN"}
    assert len(plain) == 5
    assert declared("baseline.md") == plain


def test_the_networks_that_are_opened_are_those_of_the_comparison(comparison):
    opened = declared("inside.md")
    assert set(opened) == {("no BN", 0.1), ("BN", 0.1), ("bare", 0.1)}
    for arm in ("no BN", "BN"):
        assert opened[arm, 0.1] == comparison[arm, 0.1]
    assert not set(opened["bare", 0.1]) & {key for keys in comparison.values() for key in keys}
