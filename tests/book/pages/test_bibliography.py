"""Labels of the bibliography, which cards show, name authors as the text does."""

from __future__ import annotations

import pytest
from pybtex.database import parse_string

from book._ext.bookext.pages.bibliography import AuthorYearLabels


def labels(*people: str) -> list[str]:
    entries = (
        f"@book{{b{i}, {who}, title = {{On Luck}}, year = 1999}}" for i, who in enumerate(people)
    )
    return list(
        AuthorYearLabels().format_labels(parse_string("".join(entries), "bibtex").entries.values())
    )


@pytest.mark.parametrize(
    ("people", "label"),
    [
        ("author = {Rosenblatt, Frank}", "Rosenblatt, 1999"),
        ("author = {Ioffe, Sergey and Szegedy, Christian}", "Ioffe and Szegedy, 1999"),
        ("author = {Arora, A. and Li, B. and Lyu, C.}", "Arora et al., 1999"),
        ("author = {van Laarhoven, Twan}", "van Laarhoven, 1999"),
        ("author = {Twan van Laarhoven}", "van Laarhoven, 1999"),
        (
            "author = {von der Malsburg, C. and de la Cruz, M.}",
            "von der Malsburg and de la Cruz, 1999",
        ),
        ("author = {van den Oord, A. and Li, B. and Lyu, C.}", "van den Oord et al., 1999"),
        ("author = {King, Jr., Martin Luther}", "King, 1999"),
        ("author = {De, Soham and Smith, Samuel L.}", "De and Smith, 1999"),
        (r"author = {Doll{\'a}r, Piotr and M{\k{a}}dry, A.}", "Dollár and Mądry, 1999"),
        ("author = {{The {PyTorch} Team}}", "The PyTorch Team, 1999"),
        ("editor = {de Boor, Carl}", "de Boor, 1999"),
        ("note = {Nobody signed it}", "On Luck, 1999"),
    ],
)
def test_a_label_names_the_authors(people: str, label: str) -> None:
    assert labels(people) == [label]


def test_labels_alike_get_letters() -> None:
    alike = "author = {van Laarhoven, Twan}"
    found = labels(alike, "author = {Laarhoven, Twan}", alike)
    assert found == ["van Laarhoven, 1999a", "Laarhoven, 1999", "van Laarhoven, 1999b"]
