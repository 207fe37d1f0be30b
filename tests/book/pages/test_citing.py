"""How to cite the book: one title, one version, one address, wherever they stand."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from book._ext.bookext.pages.citing import FILE, bibtex, part_of, sentence
from tests import ROOT

ADDRESS = "https://example.org/book/"


@pytest.fixture(scope="module")
def cited() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / FILE).read_text())
    return found


def test_the_file_says_what_the_book_says_of_itself(cited: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cited["title"] == config["title"]
    assert [author["name"] for author in cited["authors"]] == [config["author"]]
    assert cited["version"] == project["version"]


def test_both_forms_name_the_same(cited: dict[str, Any]) -> None:
    plain, entry = (form(cited, "2026", ADDRESS) for form in (sentence, bibtex))
    names = [author["name"] for author in cited["authors"]]
    for part in (*names, cited["title"], str(cited["version"]), "2026", ADDRESS):
        assert part in plain and part in entry, part


def test_the_entry_keeps_a_name_with_a_comma_in_one_piece() -> None:
    book = {"title": "A Book", "version": "1", "authors": [{"name": "They, All"}, {"name": "Us"}]}
    assert bibtex(book, "2026", ADDRESS) == (
        "@misc{bnmeasured,\n"
        "  author = {{They, All} and {Us}},\n"
        "  title  = {{A Book}},\n"
        "  year   = {2026},\n"
        "  note   = {Version 1},\n"
        "  url    = {https://example.org/book/},\n"
        "}"
    )


def test_a_part_of_the_book_is_named_by_its_anchor() -> None:
    assert part_of("claim-bnd-any-depth") == "Claim bnd-any-depth"
    assert part_of("fig-fig1-accuracy") == "Figure fig-fig1-accuracy"
