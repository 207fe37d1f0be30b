"""Register claims before their evidence is trained: python -m tools.register CLAIMS.JSON.

Writes an entry into book/claims.toml for each claim of a built claims.json that has none. What is
there stays, but for the entries named with --update, whose hand-written fields are kept. Where the
build tried the book on other seeds, as 900-907, --seeds 900 100 registers 100-107 in their place.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from book._ext.bookext.evidence.registry import COMPARED, FILE, KEPT, stated

ROOT = Path(__file__).resolve().parent.parent
OLD_WORDS = {"not supported": "contradicted", "inconclusive": "undecided"}
_ENTRY = re.compile(r"^\[([a-z0-9-]+)\]\n(?:(?!^\[).*\n?)*", re.MULTILINE)


def value(found: Any) -> str:
    """A value as TOML."""
    if isinstance(found, dict):
        return f"{{ {', '.join(f'{key} = {value(each)}' for key, each in found.items())} }}"
    if isinstance(found, date):
        return found.isoformat()
    return json.dumps(found, ensure_ascii=False)


def entry(claim: dict[str, Any], kept: dict[str, Any], first: dict[str, str], day: date) -> str:
    """The text of an entry: what the claim says, and what it cannot know."""
    fields = {name: said for name, said in stated(claim).items() if said != COMPARED[name]}
    fields["registered"] = day
    if first:
        fields["first"] = first
    fields |= {name: kept[name] for name in sorted(KEPT - {"registered"}) if name in kept}
    lines = (f"{name} = {value(found)}" for name, found in fields.items())
    return "\n".join([f"[{claim['name']}]", *lines]) + "\n"


def on_seeds(claim: dict[str, Any], pilot: int, final: int) -> dict[str, Any]:
    """The claim with its evidence from the seeds from ``final`` on, if it is from ``pilot`` on."""

    def moved(found: re.Match[str]) -> str:
        seed = int(found[0])
        return str(seed - pilot + final if seed >= pilot else seed)

    return {**claim, "evidence_seeds": re.sub(r"\d+", moved, claim["evidence_seeds"])}


def verdicts(paths: Iterable[Path]) -> dict[str, dict[str, str]]:
    """The verdicts of earlier builds, by claim and data set, in today's words."""
    found: dict[str, dict[str, str]] = {}
    for path in paths:
        for claim in json.loads(path.read_text("utf-8")):
            word = OLD_WORDS.get(claim["verdict"], claim["verdict"])
            found.setdefault(claim["name"], {})[claim["dataset"]] = word
    return found


def registered(
    text: str, claims: Iterable[dict[str, Any]], first: dict[str, dict[str, str]],
    update: Iterable[str], day: date,
) -> str:  # fmt: skip
    """The registry with entries for claims that lack one, and new ones for those to update."""
    entries = tomllib.loads(text)
    for claim in claims:
        name = claim["name"]
        if name in entries and name not in update:
            continue
        new = entry(claim, entries.get(name, {}), first.get(name, {}), day)
        old = next((found[0] for found in _ENTRY.finditer(text) if found[1] == name), None)
        text = text.replace(old, new + "\n" * old.endswith("\n\n")) if old else f"{text}\n{new}"
    return text.lstrip("\n")


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, write the registry and say what has no claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path, help="the claims.json of a build")
    parser.add_argument("--registry", type=Path, default=ROOT / FILE)
    parser.add_argument("--first", type=Path, nargs="*", default=[], help="claims.json before")
    parser.add_argument("--update", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--seeds", type=int, nargs=2, default=[0, 0], metavar=("PILOT", "FINAL"))
    given = parser.parse_args(arguments)
    built = json.loads(given.claims.read_text("utf-8"))
    claims = [on_seeds(claim, *given.seeds) for claim in built]
    text = given.registry.read_text("utf-8") if given.registry.is_file() else ""
    names = {claim["name"] for claim in claims}
    if unknown := sorted(set(given.update) - names):
        sys.exit(f"{given.claims} has no claim {', '.join(unknown)}.")
    new = registered(text, claims, verdicts(given.first), given.update, date.today())
    given.registry.write_text(new, "utf-8")
    entries = tomllib.loads(new)
    print(
        f"{given.registry}: {len(entries)} entries, {len(entries) - len(tomllib.loads(text))} new"
    )
    if gone := sorted({*entries} - names):
        print(f"No page states {', '.join(gone)}: take the entries out.")


if __name__ == "__main__":
    main()
