"""A reader's number beside the book's: do the intervals overlap, and what explains it if not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np

from bnutils.evidence.intervals import Interval
from bnutils.evidence.numerals import measured, written
from bnutils.evidence.spans import in_short, interval_spec
from bnutils.evidence.stats import mean_interval

SECONDS = 20  # for an address to answer
BUILT = Path("_build", "html", "claims.json")


@dataclass(frozen=True)
class Comparison:
    """Whether a reader's number agrees with a claim of the book; shown as Markdown."""

    agrees: bool
    lines: tuple[str, ...]

    def _repr_markdown_(self) -> str:
        first, *others = self.lines
        return "\n".join([first, "", *(f"- {line}" for line in others)]) + "\n"

    def __str__(self) -> str:
        return self._repr_markdown_().replace("**", "")


def number(
    name: str, mine: float | Sequence[float], claims: str | Path | None = None
) -> Comparison:
    """Compare ``mine``, one number or one per run, with the claim ``name`` of the book.

    A longer name that holds the words of one claim stands for it, as cmp-test-accuracy does.
    ``claims`` is the address of the book, with https://, or the path of its pages: claims.json
    stands beside them. By default it is the environment variable BNUTILS_CLAIMS, or the last
    build. Raises FileNotFoundError where there is none, URLError where an address gives nothing,
    LookupError for a name that is not in it, ValueError where ``mine`` holds no finite number.
    """
    claim = _claim(name, str(claims or os.environ.get("BNUTILS_CLAIMS", "")))
    book = _interval(claim["evidence"])
    own = _own(mine)
    spec, unit = interval_spec(book, claim["reference"]), claim["unit"]
    agrees = own.low <= book.high and book.low <= own.high
    found = measured(written(own.mean, spec), unit) + ", one number"
    if own.n > 1:
        found = in_short(own, spec, unit)
    head = f"**{claim['quantity']}**: " + ("they agree" if agrees else "they do not agree")
    theirs = in_short(book, spec, unit)
    lines = [head, f"Yours: {found}.", f"The book's: {theirs}, on {claim['data']}."]
    if agrees and own.n < 2:
        lines.append("One number shows no spread: with three runs or more there is an interval.")
    if not agrees:
        lines += _explanations(claim, own, book)
    return Comparison(agrees, tuple(lines))


def _explanations(claim: dict[str, Any], own: Interval, book: Interval) -> Iterator[str]:
    """What commonly explains a number that does not agree, the certain first."""
    for factor, words in ((100, "it is a share, and the book has %"), (-1, "the sign is reversed")):
        if book.low <= factor * own.mean <= book.high:
            yield f"{factor:g} times yours lies in the interval: {words}."
    if book.log and book.low * own.mean <= 1 <= book.high * own.mean:
        yield "The reciprocal lies in the interval: the arms are exchanged."
    if own.n < 3:
        yield "One run is no mean: average over three seeds or more."
    yield f"Another data set, or another part of it: here {claim['data']}."
    yield f"Another setting: here {claim['setting']}."
    if claim["chosen_on"]:
        yield "Another learning rate: here each arm has its own, chosen on other seeds."


def _own(mine: float | Sequence[float]) -> Interval:
    runs = np.atleast_1d(np.asarray(mine, dtype=float))
    if not runs.size or not np.isfinite(runs).all():
        raise ValueError(f"expected one number, or one a run, got {mine}")
    if runs.size > 1:
        return mean_interval(runs)
    value = float(runs[0])
    return Interval(value, value, value, (value,))


def _interval(evidence: dict[str, Any]) -> Interval:
    low, mean, high = (evidence[key] for key in ("low", "mean", "high"))
    if mean is None:
        raise LookupError("the book's number is undefined: a run of it diverged")
    return Interval(mean, low, high, tuple(evidence["runs"]), log=bool(evidence["log"]))


def _claim(name: str, given: str) -> dict[str, Any]:
    claims = {claim["name"]: claim for claim in json.loads(_text(given))}
    words = set(name.split("-"))
    within = [key for key in claims if set(key.split("-")) <= words]
    if name not in claims and len(within) == 1:  # cmp-test-accuracy is cmp-accuracy
        name = within[0]
    if name not in claims:
        close = get_close_matches(name, claims, n=5)
        alike = [key for key in claims if key.split("-")[0] == name.split("-")[0]]
        some = (
            f"the nearest are {', '.join(close)}"
            if close
            else f"it has {', '.join(alike or claims)}"
        )
        raise LookupError(f"claims.json has no claim {name!r}; {some}")
    found: dict[str, Any] = claims[name]
    return found


def _text(given: str) -> str:
    if given and not given.endswith(".json"):
        given = f"{given.rstrip('/')}/claims.json"
    if given.startswith(("https://", "http://")):
        with urlopen(given, timeout=SECONDS) as response:
            return str(response.read().decode("utf-8"))
    return _file(given).read_text("utf-8")


def _file(given: str) -> Path:
    folders = [Path.cwd(), *Path.cwd().parents]
    places = [Path(given)] if given else [folder / BUILT for folder in folders]
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(
        f"there is no {places[0]}\n"
        "  Expected: claims.json, which stands beside the pages of the book\n"
        "  What to do: give the address of the book, as one must in Colab,\n"
        '    check.number(NAME, mine, claims="https://…")\n'
        "  or set BNUTILS_CLAIMS to it, or build the book"
    )
