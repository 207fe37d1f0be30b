"""Formulas in lines of text."""

from __future__ import annotations

from typing import Any

import pytest
from docutils import nodes

from book._ext.bookext.web.equations import keep_marks


@pytest.mark.parametrize(
    ("after", "held", "left"),
    [(". Then", ".", " Then"), ("), so", "),", " so"), (" is", "", " is"), ("-th", "", "-th")],
)
def test_a_mark_stays_with_the_formula_before_it(after: str, held: str, left: str) -> None:
    line = nodes.paragraph("", "", nodes.Text("Here "), nodes.math("", "x"), nodes.Text(after))
    page: Any = nodes.section("", line)
    keep_marks(None, page, "page")  # type: ignore[arg-type]
    assert line.astext() == f"Here x{after}"
    assert line.children[-1].astext() == left
    together = [n for n in line.findall(nodes.inline) if "together" in n["classes"]]
    assert [n.astext() for n in together] == ([f"x{held}"] if held else [])
