"""All claims in a few sentences, and how many stay where they are judged together."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from .registry import changed

LEVEL = 0.05
DECIDED = ("supported", "contradicted")
VERDICTS = (*DECIDED, "no relevant effect", "undecided")
IN_SHORT = dict(zip(VERDICTS, ("hold", "fail", "too small to matter", "open"), strict=True))


def benjamini_hochberg(p: Sequence[float]) -> float:
    """The largest of the p that pass a false-discovery rate of `LEVEL`; 0 where none does.

    Source: Benjamini and Hochberg (1995).
    """
    ranked = enumerate(sorted(p), 1)
    return max((each for rank, each in ranked if each <= LEVEL * rank / len(p)), default=0.0)


def holm(p: Sequence[float]) -> float:
    """The largest of the p that pass an error rate of `LEVEL` of them all; 0 where none does.

    Source: Holm (1979).
    """
    passed = 0.0
    for rank, each in enumerate(sorted(p)):
        if each > LEVEL / (len(p) - rank):
            break
        passed = each
    return passed


def together(findings: list[dict[str, Any]]) -> str:
    """How many of the decided findings pass; all with a p count among what is judged."""
    tested = [claim for claim in findings if claim["p"] is not None]
    decided = [claim for claim in tested if claim["verdict"] in DECIDED]
    p = [claim["p"] for claim in tested]
    rate, every = (
        sum(claim["p"] <= most for claim in decided) for most in (benjamini_hochberg(p), holm(p))
    )
    return (
        f"Judged together, {rate} of the {len(decided)} decided findings pass a false-discovery "
        f"rate of 5 % (Benjamini and Hochberg), and {every} an error rate of 5 % of all at once "
        "(Holm). Both take the p of Student’s t, because that of a sign-flip test with 8 runs, "
        "at least 1/128, is too coarse for so many findings."
    )


def summary(claims: list[dict[str, Any]]) -> str:
    """How many findings there are of each verdict: ``9 findings: 6 supported, 3 undecided``."""
    number = Counter(claim["verdict"] for claim in claims)
    parts = ", ".join(f"{number[verdict]} {verdict}" for verdict in VERDICTS if number[verdict])
    return f"{len(claims)} finding{'s' * (len(claims) != 1)}: {parts}"


def tally(claims: list[dict[str, Any]]) -> str:
    """All claims in one line: ``9 claims tested: 5 hold, 2 fail, 1 open; 1 check``."""
    found = Counter(claim["verdict"] for claim in claims if not claim["check"])
    parts = ", ".join(f"{found[verdict]} {IN_SHORT[verdict]}" for verdict in VERDICTS)
    checks = sum(claim["check"] for claim in claims)
    also = f"; {checks} check{'s' * (checks != 1)}" if checks else ""
    return f"{len(claims)} claims tested: {parts}{also}"


def counts(claims: list[dict[str, Any]]) -> list[str]:
    """How many claims there are of each verdict, and what becomes of them judged together."""
    if not claims:
        return ["No chapter states a claim yet."]
    from bnutils.evidence.cards import NAMES

    found = [claim for claim in claims if not claim["check"]]
    checks = [claim for claim in claims if claim["check"]]
    data = " and ".join(sorted({NAMES.get(claim["data"], claim["data"]) for claim in claims}))
    words = [f"Tested on {data}. {summary(found)}."]
    if checks:
        words[0] += f" Apart from them, {summary(checks).replace('finding', 'check')}."
    words.append(together(found))
    before = [claim for claim in found if claim["first"]]
    if before:
        moved = sum(map(changed, before))
        words.append(
            f"{len(before)} of the findings had been judged before, on seeds that explored; "
            f"{moved} of them {'has' if moved == 1 else 'have'} another verdict now."
        )
    return words
