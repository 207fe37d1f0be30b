"""How many decided findings stay where all of them are judged together."""

from collections.abc import Sequence
from typing import Any

LEVEL = 0.05
DECIDED = ("supported", "contradicted")


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


def in_words(findings: list[dict[str, Any]]) -> str:
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
