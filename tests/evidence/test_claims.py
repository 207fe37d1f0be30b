"""Verdicts against known truths, and cards that say them to every reader."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag

from bnutils.evidence.card_html import html_card, html_line
from bnutils.evidence.cards import VERDICT_LOOKS
from bnutils.evidence.claims import CLAIM_MIME, Claim
from bnutils.evidence.stats import Interval, mean_interval, ratio
from tests import ROOT
from tests.evidence.made import made, made_ratio

UNDEFINED = mean_interval([float("nan")] * 8)
BELOW, AROUND, ABOVE = made_ratio(0.5, 1.2), made_ratio(1.02, 1.2), made_ratio(1.5, 1.1)
SAME = made_ratio(1.01, 1.02)


def claim(**changes: Any) -> Claim:
    settings: dict[str, Any] = {
        "name": "fewer-updates", "statement": "It needs fewer updates.", "source": "ioffe2015",
        "quantity": "updates to 90 %, BN / none", "evidence": BELOW, "direction": "below",
        "reference": 1.0, "setting": "4-2-1, batch 3", "data": "digits", "seconds": 31.4,
        "delta": 1.05, "varied": "initial weights", "seeds": range(100, 108),
        "chosen_on": (0, 1, 3),
    }  # fmt: skip
    return Claim(**{**settings, **changes})


def card(shown: Claim) -> Tag:
    html = shown._repr_mimebundle_()["text/html"]
    style, article = BeautifulSoup(html, "html.parser").children
    assert isinstance(style, Tag) and style.name == "style"
    assert isinstance(article, Tag)
    return article


NEITHER = ("undecided", "undecided")


@pytest.mark.parametrize(
    ("evidence", "below", "above"),
    [
        (BELOW, "supported", "contradicted"),
        (ABOVE, "contradicted", "supported"),
        (AROUND, *NEITHER),
        (SAME, "no relevant effect", "no relevant effect"),
        (made_ratio(1.03, 1.015), "no relevant effect", "no relevant effect"),  # though above 1
        (made_ratio(1.03, 1.025), "contradicted", "supported"),  # which leaves the band
        (UNDEFINED, *NEITHER),
        (ratio([1e-300] * 7 + [1e300], [1.0] * 8), *NEITHER),
        (ratio([3.0] * 8, [1.0] * 8), *NEITHER),  # equal, of unknown resolution
        (made_ratio(0.5, 1.2, n=5), *NEITHER),  # 5 runs have 16 sign patterns: p is 1 / 16
    ],
)
def test_the_runs_decide(evidence: Interval, below: str, above: str) -> None:
    seeds = range(evidence.n)
    settings = {"evidence": evidence, "seeds": tuple(seeds), "chosen_on": ()}
    assert claim(**settings).verdict == below
    assert claim(direction="above", **settings).verdict == above


def test_differences_have_a_band_of_their_own() -> None:
    def verdict(evidence: Interval, **changes: Any) -> str:
        settings = {"evidence": evidence, "direction": "above", "reference": 0.0, "delta": np.nan}
        return claim(**{**settings, "unit": "points", **changes}).verdict

    assert verdict(made(0.2, 0.1)) == "no relevant effect"
    assert verdict(made(0.2, 0.1), delta=0.25) == "supported"
    assert verdict(made(0.2, 0.4)) == "undecided"
    assert verdict(mean_interval([0.3] * 8, resolution=0.1)) == "no relevant effect"
    assert verdict(mean_interval([3.0] * 8, resolution=0.1)) == "supported"
    assert verdict(mean_interval([0.1] * 8, resolution=2.0)) == "undecided"
    assert verdict(mean_interval([0.3] * 8)) == "undecided"


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
        ({"reference": 0.0}, "reference is 0.0: give a positive number, as of every ratio"),
        ({"delta": 0.5}, "delta is 0.5: give the smallest effect that matters, a factor above 1"),
        ({"evidence": made(1, 1), "delta": -1}, "smallest effect that matters, a positive number"),
        ({"evidence": made(1, 1), "delta": np.nan}, "delta is nan: give the smallest effect"),
        ({"seeds": range(3, 11)}, r"the seeds \[3\] are among its evidence and chose"),
        ({"seeds": range(100, 105)}, "n = 8, but there are 5 seeds"),
        ({"evidence": Interval(0.5, 0.4, 0.6, (0.5,)), "seeds": ()}, "n = 1: an interval needs"),
        ({"evidence": Interval(0.5, 0.6, 0.7, (0.5,) * 8)}, "mean outside its interval"),
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
    found = written["evidence"]
    assert found.pop("n") == 8
    assert Claim.from_dict(written) == shown
    assert written["verdict"] == "supported"
    assert (written["selection_seeds"], written["evidence_seeds"]) == ("0-1, 3", "100-107")
    assert 0 < written["p"] < written["p_sign_flip"] == 1 / 128


def test_a_line_has_the_short_form_and_the_file_the_long_one() -> None:
    points = claim(evidence=made(1.134, 0.283), reference=0, unit="points", direction="above")
    assert claim().short == "×0.50\xa0[0.42,\xa00.60]"
    assert points.short == "+1.13\xa0±\xa00.28 points"
    written = points.to_dict()
    assert written["short"] == points.short
    assert written["ours"] == "1.13 points (95\xa0% interval 0.85 to 1.42, n\xa0=\xa08)"


def test_undefined_numbers_are_null_in_json() -> None:
    shown = claim(evidence=UNDEFINED)
    written = json.loads(json.dumps(shown.to_dict(), allow_nan=False))
    assert written["evidence"] == {
        "mean": None, "low": None, "high": None, "runs": [None] * 8, "log": False, "n": 8,
    }  # fmt: skip
    assert written["p"] is written["p_sign_flip"] is None
    assert Claim.from_dict(written).to_dict() == shown.to_dict()
    for form in shown._repr_mimebundle_().values():
        assert "nan" not in str(form)


@pytest.mark.parametrize("evidence", [BELOW, AROUND, ABOVE, SAME, UNDEFINED])
def test_every_form_has_the_words(evidence: Interval) -> None:
    shown = claim(
        evidence=evidence, unit="s", paper="14 times fewer", seconds=300, check=True,
        diverged="5 of 8 of no BN",
    )  # fmt: skip
    forms = shown._repr_mimebundle_()
    assert forms[CLAIM_MIME] == shown.to_dict()
    texts = [" ".join(card(shown).get_text(" ").split()), forms["text/plain"]]
    texts.append(forms["text/markdown"].replace("\\", ""))
    words = (
        VERDICT_LOOKS[shown.verdict][0], shown.verdict.capitalize(), shown.statement,
        shown.quantity, "n = 8", "below 1 s", "ioffe2015", "14 times fewer", "4-2-1, batch 3",
        "digits", "5 min", "initial weights", "100–107", "0–1, 3", "5 of 8 of no BN", "heck",
        "1.05", *(["p = 0."] if evidence.defined else []),
    )  # fmt: skip
    for text in texts:
        for word in words:
            assert word in text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"{shown.quantity}: {shown.short}\n" in forms["text/plain"]
    assert forms["text/plain"].count(shown.interval) == 1


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
        assert [term.name for term in one.select("dl > div > *")] == ["dt", "dd"] * 11
        assert len(one.select("details dt")) == 8, "what is rarely needed is folded"
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


@pytest.mark.parametrize(("evidence", "log"), [(BELOW, True), (made(-2, 1), False)])
def test_the_drawing_has_the_runs_and_the_band_on_its_axis(evidence: Interval, log: bool) -> None:
    shown = claim(evidence=evidence, reference=1.0, delta=1.5)
    drawing = card(shown).select_one("svg")
    assert drawing is not None and ("logarithmic" in drawing.get_text()) == log
    dots = np.array([float(str(dot["cx"])) for dot in drawing.select(".runs circle")])
    values = np.log(evidence.runs) if log else np.array(evidence.runs)
    assert np.polyfit(values, dots, 1, full=True)[1] == pytest.approx(0, abs=0.1), "linear"
    slope, start = np.polyfit(values, dots, 1)
    band = drawing.select_one("rect.band")
    assert band is not None
    ends = np.log(shown.band) if log else np.array(shown.band)
    assert float(str(band["x"])) == pytest.approx(slope * ends[0] + start, abs=0.2)
    assert float(str(band["width"])) == pytest.approx(slope * (ends[1] - ends[0]), abs=0.2)


def test_nothing_is_drawn_where_nothing_is_defined() -> None:
    assert card(claim(evidence=UNDEFINED)).select_one("svg") is None
    assert card(claim(evidence=mean_interval([1.0] * 8))).select_one("svg") is not None


def test_a_card_escapes_its_texts() -> None:
    rude = "a < b & <script>alert('$x$')</script> \"c\" *d* [e](f)"
    fields = ("statement", "quantity", "setting", "data", "paper", "unit")
    article = card(claim(**dict.fromkeys(fields, rude)))
    assert not article.select("script")
    assert article.get_text().count(rude) >= len(fields)
    markdown = claim(statement=rude)._repr_mimebundle_()["text/markdown"]
    assert "\\<script\\>" in markdown and "\\*d\\*" in markdown and "\\$x\\$" in markdown
    assert "a&amp;b" in html_card(claim(source="a&b"))


# Machado et al. (2009): linear colours as people without one kind of cones see them.
VISIONS = {
    "usual": np.eye(3),
    "no long": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no medium": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no short": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB of linear sRGB."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ light.clip(0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_white_letters_stand_out_from_every_colour() -> None:
    for _, colour in VERDICT_LOOKS.values():
        assert 1.05 / (linear(colour) @ [0.2126, 0.7152, 0.0722] + 0.05) >= 5


@pytest.mark.parametrize("vision", VISIONS)
def test_every_vision_tells_the_verdicts_apart(vision: str) -> None:
    seen = [lab(np.array(VISIONS[vision]) @ linear(c)) for _, c in VERDICT_LOOKS.values()]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) >= 20


def test_the_style_of_the_book_has_every_verdict() -> None:
    style = (ROOT / "book/_assets/claims.css").read_text("utf-8")
    for verdict, (_, colour) in VERDICT_LOOKS.items():
        name = verdict.replace(" ", "-")
        assert f" .{name} {{\n  --verdict: color-mix(in srgb, {colour} 65%, currentColor);" in style


def test_a_line_says_the_finding_and_unfolds() -> None:
    shown = claim(statement="a < b")
    line = BeautifulSoup(html_line(shown, html_card(shown)), "html.parser")
    summary = line.select_one("details.finding > summary")
    assert summary and summary.get_text() == f"✓ a < b {shown.short}"
    mark = summary.select_one("[role=img]")
    assert mark and mark["aria-label"] == "Supported"
    assert line.select("details > article#claim-fewer-updates") and not line.select("style")


def test_the_line_of_a_check_says_so() -> None:
    line = BeautifulSoup(html_line(claim(check=True), ""), "html.parser")
    assert line.select_one("details.check")
    assert line.get_text() == "✓ Checked: It needs fewer updates."


def test_a_card_is_small() -> None:
    shown = replace(claim(), statement="A long statement. " * 8)
    assert sum(len(json.dumps(form)) for form in shown._repr_mimebundle_().values()) < 7000
