"""Verdicts against known truths, and cards that say them to every reader."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from html import unescape
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag

from bnutils.evidence.cards import VERDICT_LOOKS
from bnutils.evidence.claims import CLAIM_MIME, Claim
from bnutils.evidence.stats import Interval, mean_interval, paired_difference, ratio

UNDEFINED = Interval(float("nan"), float("nan"), float("nan"), 5)
BELOW, AROUND, ABOVE = (
    Interval(0.5, 0.4, 0.6, 5), Interval(1.0, 0.8, 1.2, 5), Interval(1.5, 1.4, 1.6, 5),
)  # fmt: skip


def claim(**changes: Any) -> Claim:
    settings: dict[str, Any] = {
        "name": "fewer-updates", "statement": "It needs fewer updates.", "source": "ioffe2015",
        "quantity": "updates to 90 %, BN / none", "evidence": BELOW, "direction": "below",
        "reference": 1.0, "setting": "4-2-1, batch 3", "data": "digits", "seconds": 31.4,
    }  # fmt: skip
    return Claim(**{**settings, **changes})


def card(shown: Claim) -> Tag:
    (article,) = BeautifulSoup(shown._repr_mimebundle_()["text/html"], "html.parser").children
    assert isinstance(article, Tag)
    return article


@pytest.mark.parametrize(
    ("evidence", "below", "above"),
    [
        (BELOW, "supported", "not supported"),
        (ABOVE, "not supported", "supported"),
        (AROUND, "inconclusive", "inconclusive"),
        (Interval(0.9, 0.8, 1.0, 5), "inconclusive", "inconclusive"),  # touches the reference
        (UNDEFINED, "inconclusive", "inconclusive"),
        (Interval(2.0, 1.5, float("inf"), 5), "inconclusive", "inconclusive"),
        (Interval(0.5, 0.5, 0.5, 5), "inconclusive", "inconclusive"),  # five equal values
        (mean_interval([0.3] * 5), "inconclusive", "inconclusive"),
        (ratio([3.0] * 5, [1.0] * 5), "inconclusive", "inconclusive"),
    ],
)
def test_the_interval_decides(evidence: Interval, below: str, above: str) -> None:
    assert claim(evidence=evidence).verdict == below
    assert claim(evidence=evidence, direction="above").verdict == above


@pytest.mark.parametrize("direction", ["above", "below"])
def test_two_equal_arms_seldom_support_a_claim(direction: str) -> None:
    arms = np.random.default_rng(0).normal(90.0, 1.0, size=(1000, 2, 5))
    for compare, reference in ((paired_difference, 0.0), (ratio, 1.0)):
        verdicts = [
            claim(evidence=compare(a, b), reference=reference, direction=direction).verdict
            for a, b in arms
        ]
        assert 0.01 < verdicts.count("supported") / 1000 <= 0.06
        assert 0.01 < verdicts.count("not supported") / 1000 <= 0.06


def test_a_known_effect_is_found() -> None:
    noise = np.random.default_rng(0).normal(size=(200, 2, 5))
    verdicts = [
        claim(evidence=paired_difference(a + 5, b), reference=0.0, direction="above").verdict
        for a, b in noise
    ]
    assert verdicts.count("supported") >= 190
    assert "not supported" not in verdicts


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Fewer updates"}, "'Fewer updates': the name may have small letters"),
        ({"name": "fewer--updates"}, "single hyphens"),
        ({"direction": "lower"}, 'direction is \'lower\': give "above" or "below"'),
        ({"source": "Ioffe and Szegedy"}, 'one key of the bibliography, or "this book"'),
        ({"statement": " "}, "statement is empty"),
        ({"reference": float("nan")}, "reference is nan: give 0 for a difference"),
        ({"seconds": -1.0}, "seconds is -1.0"),
        ({"evidence": Interval(0.5, 0.4, 0.6, 1)}, "n = 1: an interval needs at least 2 runs"),
        ({"evidence": Interval(0.5, 0.6, 0.7, 5)}, "mean outside its interval"),
        ({"evidence": [0.5, 0.6]}, r"evidence is \[0.5, 0.6\]: give an Interval"),
    ],
)
def test_refuses_what_cannot_be_judged(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        claim(**changes)


def test_names_all_problems_at_once_and_stays_as_it_is() -> None:
    with pytest.raises(ValueError, match=r"name may .*; direction is"):
        claim(name="", direction="")
    with pytest.raises(FrozenInstanceError):
        claim().evidence = ABOVE  # type: ignore[misc]


@pytest.mark.parametrize("shown", [claim(), claim(paper="a third", unit="s", relied_on=True)])
def test_survives_json(shown: Claim) -> None:
    written = json.loads(json.dumps(shown.to_dict(), allow_nan=False))
    again = {**written, "evidence": Interval(**written["evidence"])}
    assert Claim(**{field.name: again[field.name] for field in fields(Claim)}) == shown
    assert written["verdict"] == "supported"
    assert written["evidence"] == {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 5}


def test_undefined_numbers_are_null_in_json() -> None:
    shown = claim(evidence=UNDEFINED)
    written = json.loads(json.dumps(shown.to_dict(), allow_nan=False))
    assert written["evidence"] == {"mean": None, "low": None, "high": None, "n": 5}
    for form in shown._repr_mimebundle_().values():
        assert "nan" not in str(form)


@pytest.mark.parametrize("evidence", [BELOW, AROUND, ABOVE, UNDEFINED])
def test_every_form_has_the_words(evidence: Interval) -> None:
    shown = claim(evidence=evidence, unit="s", paper="14 times fewer", seconds=300)
    forms = shown._repr_mimebundle_()
    assert forms[CLAIM_MIME] == shown.to_dict()
    texts = [" ".join(card(shown).get_text(" ").split()), forms["text/plain"]]
    texts.append(forms["text/markdown"].replace("\\", ""))
    words = (
        VERDICT_LOOKS[shown.verdict][0], shown.verdict.capitalize(), shown.statement,
        shown.quantity, "n = 5", "below 1 s", "ioffe2015", "14 times fewer", "4-2-1, batch 3",
        "digits", "5 minutes",
    )  # fmt: skip
    for text in texts:
        for word in words:
            assert word in text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"{shown.mean} ({shown.interval})" in forms["text/plain"]


@pytest.mark.parametrize("evidence", [BELOW, ABOVE, UNDEFINED])
def test_print_shows_the_card(evidence: Interval) -> None:
    shown = claim(evidence=evidence)
    assert str(shown) == f"{shown}" == shown._repr_mimebundle_()["text/plain"]
    assert "Claim(" not in str(shown)


def test_a_missing_measurement_is_named() -> None:
    assert "Recipe(test=True)" in claim(evidence=UNDEFINED).interval


def test_a_card_is_labelled_and_its_ids_are_its_own() -> None:
    cards = [card(claim()), card(claim(name="other"))]
    ids = [element["id"] for one in cards for element in [one, *one.select("[id]")]]
    assert len(ids) == len(set(ids)) == 4
    for one in cards:
        label = one.find(id=one["aria-labelledby"])
        assert isinstance(label, Tag) and label.get_text() == "It needs fewer updates."
        assert [term.name for term in one.select("dl > div > *")] == ["dt", "dd"] * 5
        assert not one.select("script, img, link, h1, h2, h3")


@pytest.mark.parametrize(
    ("evidence", "where"), [(BELOW, "on the claimed side"), (ABOVE, "on the other side")]
)
def test_the_drawing_shows_the_interval_beside_the_reference(
    evidence: Interval, where: str
) -> None:
    drawing = card(claim(evidence=evidence)).select_one("svg[role=img]")
    assert drawing is not None and where in str(drawing["aria-label"])
    circle, side = drawing.select_one("circle"), drawing.select_one("rect")
    assert circle is not None and side is not None
    inside = 0 <= float(str(circle["cx"])) - float(str(side["x"])) <= float(str(side["width"]))
    assert inside == (claim(evidence=evidence).verdict == "supported")


def test_nothing_is_drawn_where_nothing_is_defined() -> None:
    assert card(claim(evidence=UNDEFINED)).select_one("svg") is None
    assert card(claim(evidence=Interval(1, 1, 1, 5))).select_one("svg") is not None


def test_a_card_escapes_its_texts() -> None:
    rude = "a < b & <script>alert('$x$')</script> \"c\" *d* [e](f)"
    fields = ("statement", "quantity", "setting", "data", "paper", "unit")
    article = card(claim(**dict.fromkeys(fields, rude)))
    assert not article.select("script")
    assert article.get_text().count(rude) == len(fields) + 1  # the unit stands twice
    markdown = claim(statement=rude)._repr_mimebundle_()["text/markdown"]
    assert "\\<script\\>" in markdown and "\\*d\\*" in markdown and "\\$x\\$" in markdown
    assert unescape(str(card(claim(source="a&b")).select_one("[data-cite]"))).count("a&b") == 2


def test_white_letters_stand_out_from_every_colour() -> None:
    for _, colour in VERDICT_LOOKS.values():
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5


def test_a_card_is_small() -> None:
    shown = replace(claim(), statement="A long statement. " * 8)
    assert sum(len(json.dumps(form)) for form in shown._repr_mimebundle_().values()) < 5000
