"""The first sentence of a caption."""

from __future__ import annotations

import pytest
from docutils import nodes

from book._ext.bookext.pages.captions import mark


def caption(*parts: str) -> nodes.caption:
    """A caption whose parts in dollars are formulas."""
    made = [nodes.math("", p.strip("$")) if p[0] == "$" else nodes.Text(p) for p in parts]
    return nodes.caption("", "", *made)


@pytest.mark.parametrize(
    ("parts", "first"),
    [
        (("One. Two.",), "One."),
        (("At 0.5 it ends. Two.",), "At 0.5 it ends."),
        (("As He et al. found, e.g. here. Two.",), "As He et al. found, e.g. here."),
        (("Over ", "$x. y$", ", it falls. Two."), "Over x. y, it falls."),
        (("Over ", "$x$", ". Two."), "Over x."),
        (("All of it",), "All of it"),
    ],
)
def test_the_first_sentence_is_marked(parts: tuple[str, ...], first: str) -> None:
    words = caption(*parts)
    before = words.astext()
    mark(words)
    assert words.astext() == before
    (finding,) = [node for node in words.findall(nodes.inline) if "finding" in node["classes"]]
    assert finding.astext() == first
