"""A reader's number agrees with the book's interval, or it is told what commonly explains it."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

import pytest

from bnutils.practice import check

CLAIM = {
    "name": "cmp-accuracy", "quantity": "test accuracy, with − without", "unit": "points",
    "reference": 0, "data": "mnist", "setting": "784-100×3-10, 2 epochs", "chosen_on": [0, 1, 2],
    "evidence": {"mean": 1.0, "low": 0.8, "high": 1.2, "runs": [0.9, 1.0, 1.1], "log": False},
}  # fmt: skip
RATIO = CLAIM | {
    "name": "cmp-time", "reference": 1, "unit": "",
    "evidence": {"mean": 1.25, "low": 1.2, "high": 1.3, "runs": [1.2, 1.25, 1.3], "log": True},
}  # fmt: skip


@pytest.fixture
def claims(tmp_path, monkeypatch):
    file = tmp_path / "claims.json"
    file.write_text(json.dumps([CLAIM, RATIO]), "utf-8")
    monkeypatch.setenv("BNUTILS_CLAIMS", str(file))
    return file


@pytest.mark.parametrize("mine", [1.0, [0.5, 0.9, 1.1], [1.1, 1.4, 1.6]])
def test_intervals_that_overlap_agree(claims, mine):
    assert check.number("cmp-accuracy", mine).agrees


@pytest.mark.parametrize(("name", "mine", "told"), [
    ("cmp-accuracy", 0.0101, "100 times yours lies in the interval"),
    ("cmp-accuracy", -1.1, "the sign is reversed"),
    ("cmp-accuracy", 97.0, "Another data set, or another part of it: here mnist"),
    ("cmp-accuracy", [2.0, 2.1, 2.2], "each arm has its own, chosen on other seeds"),
    ("cmp-time", 0, "here each arm has its own"),
    ("cmp-time", 0.8, "The reciprocal lies in the interval"),
])  # fmt: skip
def test_what_commonly_explains_a_number_that_does_not_agree(claims, name, mine, told):
    comparison = check.number(name, mine)
    assert not comparison.agrees
    assert told in comparison._repr_markdown_()
    assert ("One run is no mean" in str(comparison)) == isinstance(mine, float | int)


def test_a_name_that_holds_the_words_of_one_claim_is_that_claim(claims):
    assert str(check.number("cmp-test-accuracy", 1.0)) == str(check.number("cmp-accuracy", 1.0))
    with pytest.raises(LookupError):
        check.number("cmp-time-and-accuracy", 1.0)


def test_the_address_of_the_book_is_enough(claims):
    assert check.number("cmp-accuracy", 1.0, claims=f"{claims.parent}/").agrees
    with pytest.raises(FileNotFoundError, match=r"there is no .+book/claims.json"):
        check.number("cmp-accuracy", 1.0, claims=claims.parent / "book")


@pytest.mark.parametrize("mine", [[], float("nan"), [1.0, float("inf")]])
def test_what_is_no_number_is_refused(claims, mine):
    with pytest.raises(ValueError, match="one number, or one a run"):
        check.number("cmp-accuracy", mine)


def test_claims_are_found_below_the_folder_of_a_build(tmp_path, monkeypatch):
    file = tmp_path / "_build" / "html" / "claims.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps([CLAIM]), "utf-8")
    (tmp_path / "book").mkdir()
    monkeypatch.delenv("BNUTILS_CLAIMS", raising=False)
    monkeypatch.chdir(tmp_path / "book")
    assert check.number("cmp-accuracy", 1.0).agrees


@pytest.mark.parametrize(("name", "told"), [
    ("cmp-accuracies", "the nearest are cmp-accuracy$"),
    ("cmp-gap-at-the-end-of-it", "it has cmp-accuracy, cmp-time$"),
    ("accuracies of them", "it has cmp-accuracy, cmp-time$"),
])  # fmt: skip
def test_an_unknown_name_is_refused_with_those_alike(claims, name, told):
    with pytest.raises(LookupError, match=f"no claim '{name}'; {told}"):
        check.number(name, 1.0)


def test_claims_are_read_from_an_address(claims, monkeypatch):
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=claims.parent)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("BNUTILS_CLAIMS", "nowhere.json")
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        assert check.number("cmp-accuracy", 1.0, claims=f"{address}/claims.json").agrees
        assert check.number("cmp-accuracy", 1.0, claims=address).agrees
        with pytest.raises(HTTPError):
            check.number("cmp-accuracy", 1.0, claims=f"{address}/other.json")
    finally:
        server.shutdown()
        server.server_close()


def test_without_claims_it_is_told_where_to_find_them(tmp_path, monkeypatch):
    monkeypatch.delenv("BNUTILS_CLAIMS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"give the address of the book[\s\S]+claims="):
        check.number("cmp-accuracy", 1.0)
