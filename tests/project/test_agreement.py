"""The registry is written once and kept; builds are compared with the published one."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.book.evidence.test_claims import claim
from tools import agree, register
from tools.agree import compared
from tools.register import registered, verdicts

DAY, LATER = date(2026, 11, 1), date(2026, 12, 1)


def said(name: str, **changes: Any) -> dict[str, Any]:
    settings = {"seeds": range(100, 108), "chosen_on": range(3), **changes}
    found: dict[str, Any] = json.loads(json.dumps(claim(name, **settings).to_dict()))
    return {**found, "dataset": "digits"}


def test_new_claims_are_registered_and_old_entries_stay() -> None:
    first = {"a": {"mnist": "undecided"}}
    text = registered("", [said("a", unit="ms"), said("b", check=True)], first, [], DAY)
    assert tomllib.loads(text) == {
        "a": {
            "statement": "It needs < half the updates & no luck.", "direction": "below",
            "reference": 1, "delta": 1.05, "unit": "ms", "selection": "0-2", "evidence": "100-107",
            "registered": DAY, "first": {"mnist": "undecided"},
        },
        "b": {
            "statement": "It needs < half the updates & no luck.", "direction": "below",
            "reference": 1, "delta": 1.05, "check": True, "selection": "0-2",
            "evidence": "100-107", "registered": DAY,
        },
    }  # fmt: skip
    edited = "# By hand.\n" + text.replace("[a]\n", "[a]\nheadline = true\n")
    claims = [said("a", delta=2.0), said("b", delta=2.0), said("c", statement='A "c".')]
    more = registered(edited, claims, {}, [], LATER)
    assert more.startswith(edited), "what was there stays"
    assert tomllib.loads(more)["c"]["statement"] == 'A "c".'
    (changed, kept, new) = tomllib.loads(registered(more, claims, first, ["a"], LATER)).values()
    assert (changed["delta"], changed["registered"], changed["headline"]) == (2.0, LATER, True)
    assert (kept["delta"], kept["registered"], new["registered"]) == (1.05, DAY, LATER)


def test_earlier_verdicts_are_in_the_words_of_today(tmp_path: Path) -> None:
    for data, verdict in (("mnist", "not supported"), ("digits", "inconclusive")):
        found = [{"name": "a", "verdict": verdict, "dataset": data}]
        (tmp_path / f"{data}.json").write_text(json.dumps(found))
    assert verdicts(sorted(tmp_path.glob("*.json"))) == {
        "a": {"digits": "undecided", "mnist": "contradicted"}
    }


Capture = pytest.CaptureFixture[str]


def test_registers_by_command(tmp_path: Path, capsys: Capture) -> None:
    claims, path = tmp_path / "claims.json", tmp_path / "claims.toml"
    command = [str(claims), "--registry", str(path)]
    claims.write_text(json.dumps([said("a")]))
    register.main(command)
    assert capsys.readouterr().out == f"{path}: 1 entries, 1 new\n"
    before = path.read_text()
    claims.write_text(json.dumps([said("b")]))
    register.main(command)
    assert "No page states a:" in capsys.readouterr().out
    assert path.read_text().startswith(before) and "[b]" in path.read_text()
    claims.write_text(json.dumps([said("d", seeds=range(900, 908)), said("e", seeds=range(7, 15))]))
    register.main([*command, "--seeds", "900", "100"])
    found = tomllib.loads(path.read_text())
    assert [found[name]["evidence"] for name in "de"] == ["100-107", "7-14"]
    with pytest.raises(SystemExit, match="no claim z"):
        register.main([*command, "--update", "z"])


def published(name: str = "a", **changes: Any) -> dict[str, Any]:
    found = {"verdict": "supported", "mean": 2.0, "low": 1.0, "high": 3.0, "n": 8, "log": False}
    return {"name": name, **found, **changes}


NO_NUMBERS = {"verdict": "undecided", "mean": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("changes", "words", "wrong"),
    [
        ({}, "", False),
        ({"mean": 2.5}, "", False),
        ({"verdict": "undecided"}, "supported → undecided", False),
        ({"verdict": "no relevant effect"}, "supported → no relevant effect", False),
        ({"verdict": "contradicted"}, "supported → contradicted", True),
        ({"low": 3.5, "high": 4.0}, "intervals apart", True),
        ({"low": 0.1, "high": 0.9}, "intervals apart", True),
        (NO_NUMBERS, "supported → undecided, intervals apart", True),
        ({"name": "b"}, "not among the published", True),
    ],
)
def test_what_differs_is_told(changes: dict[str, Any], words: str, wrong: bool) -> None:
    lines, counts = compared([published(**changes)], [published()])
    assert words in "\n".join(lines) and bool(lines) == bool(words)
    assert (counts["contradictory"] > 0) == wrong
    assert sum(counts.values()) == 1 + ("name" in changes)


def test_undefined_claims_agree_with_undefined_ones() -> None:
    lines, counts = compared([published(**NO_NUMBERS)], [published(**NO_NUMBERS)])
    assert (lines, counts["alike"]) == ([], 1)


def test_publishes_and_compares_by_command(tmp_path: Path, capsys: Capture) -> None:
    claims, folder = tmp_path / "claims.json", tmp_path / "published"
    command = [str(claims), "--published", str(folder)]

    def compare(status: int) -> str:
        with pytest.raises(SystemExit) as ended:
            agree.main(command)
        assert ended.value.code == status
        return capsys.readouterr().out

    with pytest.raises(SystemExit, match="build the book first"):
        agree.main(command)
    claims.write_text(json.dumps([said("a"), said("b")]))
    with pytest.raises(SystemExit, match="nothing is published with digits"):
        agree.main(command)
    agree.main([*command, "--publish"])
    kept = json.loads((folder / "digits.json").read_text())
    assert kept == agree.reduced([said("a"), said("b")])
    assert set(kept[0]) == {"name", "verdict", "mean", "low", "high", "n", "log"}
    capsys.readouterr()
    assert compare(0) == "digits: 2 alike, 0 different, 0 contradictory.\n"
    claims.write_text(json.dumps([said("a"), said("b", direction="above")]))
    words = compare(1)
    assert "✗ b                        supported → contradicted" in words
    assert "1 alike, 0 different, 1 contradictory." in words and "open an issue" in words
