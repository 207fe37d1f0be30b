"""The registry of claims: what each said before the runs that judge it were trained."""

import tomllib
from datetime import date
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

from ..building.stop import stop
from .claim_outputs import claims_by_page

FILE = "book/claims.toml"
COMPARED = {  # of an entry and of its claim, with what an entry need not say
    "statement": "", "direction": "", "reference": None, "delta": None, "unit": "", "check": False,
    "selection": "", "evidence": "",
}  # fmt: skip
KEPT = {"registered", "headline", "first", "exploratory"}
ADVICE = (
    f"An entry of {FILE} holds what was said before the evidence seeds were trained. Take the "
    "chapter back to it; or, where the claim itself has to change, register it anew, on other "
    "seeds or as exploratory: python -m tools.register --update NAME."
)


def registry(env: Any) -> dict[str, dict[str, Any]] | None:
    """The entries by the names of their claims, None where the book has no registry."""
    path = Path(env.srcdir, FILE)
    try:
        return parsed(path.read_text("utf-8")) if path.is_file() else None
    except tomllib.TOMLDecodeError as error:
        stop("The registry of claims cannot be read.", [f"{path}: {error}"])


@cache
def parsed(text: str) -> dict[str, dict[str, Any]]:
    """The entries of a registry."""
    return tomllib.loads(text)


def stated(claim: dict[str, Any]) -> dict[str, Any]:
    """What a claim says of the fields that are compared."""
    seeds = {name: claim[f"{name}_seeds"] for name in ("selection", "evidence")}
    return {name: {**claim, **seeds}[name] for name in COMPARED}


def differences(claim: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    """Where a claim and its entry do not agree, and what is wrong with the entry itself."""
    found = [f"the entry has an unknown field {name!r}" for name in {*entry} - {*COMPARED} - KEPT]
    if not isinstance(entry.get("registered"), date):
        found.append("the entry lacks its date: registered = YYYY-MM-DD")
    for name, here in stated(claim).items():
        there = entry.get(name, COMPARED[name])
        if isinstance(here, int | float) and isinstance(there, int | float):
            same = isclose(here, there)
        else:
            same = here == there
        if not same:
            found.append(f"{name} is {here!r}, registered as {there!r}")
    return found


def compare(env: Any) -> None:
    """Stop the build where claims and registry differ; a book without registry is not compared."""
    entries = registry(env)
    if entries is None:
        return
    problems, names = [], set()
    for page, claims in sorted(claims_by_page(env).items()):
        for claim in claims:
            names.add(claim["name"])
            entry = entries.get(claim["name"])
            found = ["it is not registered"] if entry is None else differences(claim, entry)
            place = f"{env.doc2path(page)}:{claim['line']}: claim '{claim['name']}'"
            problems += [f"{place}: {problem}" for problem in found]
    problems += [f"{FILE}: [{name}] is no claim of any page" for name in sorted({*entries} - names)]
    if problems:
        stop("Claims differ from what was registered.", [*problems, ADVICE])


def told(env: Any, page: str) -> list[dict[str, Any]]:
    """The claims of a page with their ``page``, and what the registry says of them.

    That is the ``kind``, confirmed or exploratory (empty without a registry), ``why`` it explores,
    when it was ``registered``, whether it is a ``headline``, and its ``first`` verdict.
    """
    entries = registry(env)
    found = []
    for claim in claims_by_page(env).get(page, []):
        entry = (entries or {}).get(claim["name"], {})
        why = entry.get("exploratory", "")
        standing = {
            "kind": "" if entries is None else "exploratory" if why else "confirmed",
            "why": why,
            "registered": str(entry.get("registered", "")),
            "headline": entry.get("headline", False),
            "first": entry.get("first", {}).get(env.config.book_dataset, ""),
        }
        found.append({**claim, **standing, "page": page})
    return found


def changed(claim: dict[str, Any]) -> bool:
    """Whether the verdict is another one than on the seeds that explored."""
    return bool(claim["first"]) and claim["first"] != claim["verdict"]


def in_words(claim: dict[str, Any]) -> str:
    """What a card says of the standing of its claim; empty where there is no registry."""
    words = f"{claim['kind']}: {claim['why']}" if claim["why"] else str(claim["kind"])
    return words + (f"; {claim['first']} on the exploratory seeds" if changed(claim) else "")


def outdated(env: Any) -> list[str]:
    """Pages to write again since the registry has changed: those with claims."""
    now = repr(registry(env))
    before, env.book_registry = getattr(env, "book_registry", ""), now
    return [] if now == before else [*claims_by_page(env)]
