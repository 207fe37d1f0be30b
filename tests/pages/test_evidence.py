"""What every claim of the whole book rests on."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest

from bnutils.sweeps.tuning import EVIDENCE, MORE_EVIDENCE, SELECTION
from tests import ROOT
from tests.pages.built_book import has_mnist, kept_build

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["digits", "mnist"])
def claims(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    if request.param == "mnist" and not has_mnist():
        pytest.skip("MNIST is not here: `make data` fetches it, or BNUTILS_DATA names its folder")
    built = kept_build(request.param)
    assert built.status == 0, built.output[-4000:]
    found: list[dict[str, Any]] = json.loads((built.html / "claims.json").read_text("utf-8"))
    assert len(found) > 50
    return found


def test_no_claim_rests_on_a_run_that_helped_to_choose(claims: list[dict[str, Any]]) -> None:
    for claim in claims:
        assert tuple(claim["seeds"]) in (EVIDENCE, MORE_EVIDENCE), claim["name"]
        assert tuple(claim["chosen_on"]) in ((), SELECTION), claim["name"]
        assert claim["evidence"]["n"] == len(claim["evidence"]["runs"]) >= 8, claim["name"]
        assert claim["varied"], claim["name"]


def test_a_claim_near_its_reference_has_more_runs(claims: list[dict[str, Any]]) -> None:
    for claim in claims:
        found, (low, high) = claim["evidence"], claim["band"]
        ends = [found["low"], found["high"]]
        near = any(low < end < high for end in ends if end is not None)
        inside = all(low < end < high for end in ends if end is not None)
        if near and not inside and not claim["check"]:
            assert found["n"] == 16, (claim["name"], claim["ours"])


def test_chapters_choose_nowhere_else() -> None:
    """``best()`` chooses among the runs that it gives: a chapter's claims need others."""
    for chapter in sorted((ROOT / "book").glob("*/*.md")):
        text = chapter.read_text("utf-8")
        if re.search(r"^\s*(return )?Claim\(", text, re.M):
            assert not re.search(r"\.best\(", text), chapter


def test_the_verdict_follows_from_the_numbers(claims: list[dict[str, Any]]) -> None:
    for claim in claims:
        found, (low, high) = claim["evidence"], claim["band"]
        if found["mean"] is None:
            assert claim["verdict"] == "undecided", claim["name"]
            continue
        sign = 1 if claim["direction"] == "above" else -1
        beyond = [sign * (found[end] - claim["reference"]) for end in ("low", "high")]
        decided = {"supported": min(beyond) > 0, "contradicted": max(beyond) < 0}
        inside = low < found["low"] <= found["high"] < high
        assert inside == (claim["verdict"] == "no relevant effect"), claim["name"]
        assert decided.get(claim["verdict"], True), claim["name"]
        assert math.isfinite(claim["delta"]) and low < claim["reference"] < high, claim["name"]
