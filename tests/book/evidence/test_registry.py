"""Claims are compared with what was registered, and pages tell how each stands."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from book._ext.bookext.evidence import registry
from tests.book.evidence.test_claims import DAY, MORE, book_of, built, claim, executed, lines, soup
from tests.book.tiny_book import Book
from tools.register import registered


def stated(name: str = "fewer-updates", **changes: Any) -> Any:
    return claim(name, **{"seeds": range(100, 108), "chosen_on": range(3), **changes})


def entries(*claims: Any) -> str:
    """A registry of claims."""
    return registered("", [found.to_dict() for found in claims], {}, [], DAY)


def environment(folder: Path, text: str, *claims: Any) -> Any:
    """What a build knows of one page with claims and of its registry."""
    (folder / "book").mkdir()
    (folder / registry.FILE).write_text(text)
    found = [{**shown.to_dict(), "line": 7} for shown in claims]
    return SimpleNamespace(
        srcdir=folder, metadata={"one": {"claims": found}}, doc2path=lambda page: f"{page}.md",
        config=SimpleNamespace(book_dataset="digits"),
    )  # fmt: skip


def test_what_is_registered_passes(tmp_path: Path) -> None:
    claims = [stated(), stated("check", check=True, unit="s", seeds=(), chosen_on=())]
    env = environment(tmp_path, entries(*claims), *claims)
    registry.compare(env)
    assert {found["kind"] for found in registry.told(env, "one")} == {"confirmed"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"statement": "Other words."}, "statement is 'Other words.', registered as 'It needs"),
        ({"direction": "above"}, "direction is 'above', registered as 'below'"),
        ({"reference": 2}, "reference is 2, registered as 1"),
        ({"delta": 1.2}, "delta is 1.2, registered as 1.05"),
        ({"unit": "s"}, "unit is 's', registered as ''"),
        ({"check": True}, "check is True, registered as False"),
        ({"seeds": range(200, 208)}, "evidence is '200-207', registered as '100-107'"),
        ({"chosen_on": range(2)}, "selection is '0-1', registered as '0-2'"),
    ],
)
def test_what_differs_stops_the_build(tmp_path: Path, changes: dict[str, Any], found: str) -> None:
    env = environment(tmp_path, entries(stated()), stated(**changes))
    with pytest.raises(SystemExit, match="claim 'fewer-updates': ") as stopped:
        registry.compare(env)
    assert f"one.md:7: claim 'fewer-updates': {found}" in str(stopped.value)
    assert "python -m tools.register --update NAME" in str(stopped.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "claim 'fewer-updates': it is not registered"),
        (entries(stated(), stated("lost")), "book/claims.toml: [lost] is no claim of any page"),
        (entries(stated()).replace("registered", "date"), "the entry lacks its date"),
        (entries(stated()) + "headlin = true\n", "the entry has an unknown field 'headlin'"),
        ("[fewer-updates", "claims.toml: Expected ']'"),
    ],
)
def test_what_is_no_registry_of_these_claims_stops_it_too(
    tmp_path: Path, text: str, found: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        registry.compare(environment(tmp_path, text, stated()))
    assert found in str(stopped.value)


def told(book: Book) -> list[str]:
    rows = soup(book, "one").select("article.bn-claim dl > div")
    return [row.get_text().removeprefix("Kind") for row in rows if "Kind" in row.get_text()]


def test_pages_tell_how_claims_stand_and_follow_the_registry(tmp_path: Path) -> None:
    claims = [stated("a"), stated("b"), stated("c", evidence=MORE)]
    book = book_of(tmp_path, {"one.ipynb": executed(*claims)})
    text = entries(*claims).replace("[b]\n", '[b]\nexploratory = "worded <late"\n')
    text = text.replace("[c]\n", '[c]\nheadline = true\nfirst = { digits = "supported" }\n')
    book.write(registry.FILE, text)
    found = {each["name"]: each for each in built(book)}
    keys = ("kind", "why", "registered", "headline", "first")
    assert [found["b"][key] for key in keys] == [
        "exploratory", "worded <late", "2026-11-01", False, "",
    ]  # fmt: skip
    assert [found["c"][key] for key in keys] == ["confirmed", "", "2026-11-01", True, "supported"]
    moved = "confirmed; supported on the exploratory seeds"
    assert told(book) == ["confirmed", "exploratory: worded <late", moved]
    assert [line[0] for line in lines(book)] == ["✗", "✓", "✓"]
    kinds = [line["data-kind"] for line in soup(book, "deep/board").select("details.bn-line")]
    assert kinds == ["confirmed, headline", "confirmed", "exploratory"]
    words = soup(book, "deep/board").get_text()
    assert "1 of the findings had been judged before" in words and "; 1 of them has" in words

    book.write(registry.FILE, text.replace("worded <late", "seen before"))
    assert json.dumps(built(book)).count("seen before") == 1
    assert told(book)[1] == "exploratory: seen before"

    book.write(registry.FILE, text.replace("delta = 1.05", "delta = 1.5", 1))
    for _ in range(2):  # the second build must not pass because nothing changed
        done = book.build()
        assert done.returncode != 0 and "Traceback" not in done.stderr
        assert "claim 'a': delta is 1.05, registered as 1.5" in done.stderr
