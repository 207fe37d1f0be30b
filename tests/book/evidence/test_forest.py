"""Forest plots and what is judged together, against values worked out by other means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bnutils.evidence.stats import ratio
from book._ext.bookext.evidence import multiplicity
from book._ext.bookext.evidence.forest import LIMIT, SHAPES, effects, place
from tests.book.evidence.test_claims import (
    AROUND,
    MORE,
    attribute,
    book_of,
    built,
    claim,
    executed,
    soup,
)
from tests.evidence.made import made, made_ratio


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"evidence": made(3, 1), "reference": 1, "delta": 0.5, "direction": "above"}, (4, 2, 6)),
        ({"evidence": made(3, 1), "reference": 1, "delta": 0.5}, (-4, -6, -2)),
        ({"evidence": made_ratio(8, 2), "delta": 2}, (-3, -4, -2)),
        ({"evidence": made_ratio(0.25, 2), "delta": 2, "reference": 0.5}, (1, 0, 2)),
    ],
)
def test_effects_are_as_claimed_in_what_matters(changes: dict[str, Any], found: Any) -> None:
    assert effects(claim(**changes).to_dict()) == pytest.approx(found)


def test_the_scale_keeps_the_order_and_is_even_around_nothing() -> None:
    sizes = np.array([0.0, 0.01, 1, 3, 30, LIMIT])
    places = np.array([place(size) for size in sizes])
    assert (np.diff(places) > 0).all() and place(9 * LIMIT) == places[-1]
    assert [place(-size) for size in sizes] == pytest.approx(2 * places[0] - places, abs=0.011)


def test_a_chapter_with_three_findings_shows_them_under_its_title(tmp_path: Path) -> None:
    few = [claim("a"), claim("b"), claim("sure", check=True)]
    undefined = ratio([float("nan")] * 8, [1.0] * 8)
    many = [
        claim("c"), claim("d", evidence=MORE), claim("e", evidence=AROUND),
        claim("f", evidence=undefined), claim("surest", check=True),
    ]  # fmt: skip
    book = book_of(tmp_path, {"one.ipynb": executed(*few), "two.ipynb": executed(*many)})
    built(book)
    assert not soup(book, "one").select(".bn-findings")
    (plot,) = soup(book, "two").select("h1 + .bn-findings")
    assert plot.select("summary")[0].get_text() == (
        "3 findings: 1 supported, 1 contradicted, 1 undecided"
    )
    assert [text.get_text() for text in plot.select("a[class] text")] == list("cde")
    whole, small = soup(book, "deep/board").select("figure.bn-picture:not(.small), .small")[::-1]
    titles = [link.get_text() for link in whole.select("svg > a:not([class])")]
    assert titles == ["A chapter", "A chapter"]
    for drawing, count, card in (
        (plot, 3, "#claim-d"), (whole, 5, "../two.html#claim-d"), (small, 5, "../two.html#claim-d"),
    ):  # fmt: skip
        assert len(drawing.select("a[class]")) == count
        row = drawing.select_one("a.contradicted")
        assert attribute(row, "href") == card
        assert "Contradicted: " in attribute(row, "aria-label")


def test_marks_of_a_part_lie_apart(tmp_path: Path) -> None:
    """Dots in the part of the book that its contents name; none upon another."""
    claims = [claim(name) for name in "abc"] + [claim("d", evidence=MORE)]
    book = book_of(tmp_path, {"one.ipynb": executed(*claims)})
    index = (tmp_path / "index.md").read_text()
    book.write("index.md", index.replace("```{toctree}\n", "```{toctree}\n:caption: Theory\n\n"))
    built(book)
    small = soup(book, "deep/board").select_one(".bn-picture.small")
    assert small and [name.get_text() for name in small.select("text.part")] == ["Theory"]
    marks = small.select("a[class] svg")
    assert len({(mark["x"], mark["y"]) for mark in marks}) == 4
    assert len({mark["y"] for mark in marks}) == 3


def test_every_verdict_has_a_shape_of_its_own() -> None:
    assert len(set(SHAPES.values())) == 4


def test_judged_together_as_scipy_does() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 5, 100):
        p = np.concatenate([rng.uniform(size=size), rng.uniform(0, 0.02, size=size)])
        passed = stats.false_discovery_control(p) <= multiplicity.LEVEL
        most = multiplicity.benjamini_hochberg(list(p))
        assert ((p <= most) == passed).all()
        ranked = np.sort(p)  # Holm's adjusted p, by its definition
        adjusted = np.maximum.accumulate((len(p) - np.arange(len(p))) * ranked)
        kept = (p <= multiplicity.holm(list(p))).sum()
        assert kept == (adjusted <= multiplicity.LEVEL).sum() <= passed.sum()
    assert multiplicity.holm([]) == multiplicity.benjamini_hochberg([0.9]) == 0
