"""Compare the claims of a build with the published ones: python -m tools.agree.

Exit status 1 where a claim came out on the other side, or where its intervals do not overlap.
With --publish the build's claims become the published ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "book" / "published"
BUILT = ROOT / "_build" / "html" / "claims.json"
SIDES = {"supported": 1, "contradicted": -1}
SEND = (
    "You are welcome to report it: open an issue at the book's repository with these lines, your "
    "processor and the output of `pip freeze`."
)


def reduced(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is published of each claim: name, verdict, and its interval with the number of runs."""
    kept = ("mean", "low", "high", "n", "log")
    return [
        {"name": claim["name"], "verdict": claim["verdict"]}
        | {key: claim["evidence"][key] for key in kept}
        for claim in claims
    ]


def difference(here: dict[str, Any], there: dict[str, Any]) -> tuple[str, bool]:
    """In what a claim differs from the published one, if it does; whether that is contradictory.

    Opposite verdicts do, and intervals that do not overlap; an undecided one that is decided
    elsewhere does not.
    """
    if None in (here["mean"], there["mean"]):
        apart = (here["mean"] is None) != (there["mean"] is None)
    else:
        apart = here["low"] > there["high"] or there["low"] > here["high"]
    opposite = SIDES.get(here["verdict"], 0) * SIDES.get(there["verdict"], 0) < 0
    words = [f"{there['verdict']} → {here['verdict']}"] * (here["verdict"] != there["verdict"])
    words += ["intervals apart"] * apart
    return ", ".join(words), apart or opposite


def compared(
    here: list[dict[str, Any]], there: list[dict[str, Any]]
) -> tuple[list[str], dict[str, int]]:
    """A line for each claim that differs, and how many agree, differ and contradict."""
    published = {claim["name"]: claim for claim in there}
    lines, counts = [], {"alike": 0, "different": 0, "contradictory": 0}
    for claim in here:
        if claim["name"] not in published:
            words, wrong = "is not among the published claims", True
        else:
            words, wrong = difference(claim, published.pop(claim["name"]))
        counts["contradictory" if wrong else "different" if words else "alike"] += 1
        if words:
            lines.append(f"{'✗' if wrong else '·'} {claim['name']:<24} {words}")
    counts["contradictory"] += len(published)
    lines += [f"✗ {name:<24} is published, but not in this build" for name in sorted(published)]
    return lines, counts


def main(arguments: list[str] | None = None) -> None:
    """Read the command line; compare or publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path, nargs="?", default=BUILT, help="of a build")
    parser.add_argument("--published", type=Path, default=PUBLISHED, help="the folder")
    parser.add_argument("--publish", action="store_true")
    given = parser.parse_args(arguments)
    if not given.claims.is_file():
        sys.exit(f"{given.claims} is not there: build the book first (make book).")
    claims = json.loads(given.claims.read_text("utf-8"))
    data, here = claims[0]["dataset"], reduced(claims)
    path = given.published / f"{data}.json"
    if given.publish:
        path.parent.mkdir(exist_ok=True)
        rows = ",\n".join(json.dumps(claim, ensure_ascii=False) for claim in here)
        path.write_text(f"[\n{rows}\n]\n", "utf-8")
        print(f"{path}: {len(here)} claims")
        return
    if not path.is_file():
        sys.exit(f"{path} is not there: nothing is published with {data} to compare with.")
    lines, counts = compared(here, json.loads(path.read_text("utf-8")))
    print(*lines, sep="\n", end="\n" * bool(lines))
    print(f"{data}: " + ", ".join(f"{number} {word}" for word, number in counts.items()) + ".")
    if lines:
        print(SEND)
    sys.exit(counts["contradictory"] > 0)


if __name__ == "__main__":
    main()
