"""The scoreboard: claims in lines that unfold, to be sorted and chosen from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar, Self

import traitlets
from matplotlib.figure import Figure

from bnutils.evidence.cards import VERDICT_LOOKS
from bnutils.evidence.claims import Claim
from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS


class Scoreboard(Explorable):
    """Claims in lines, of which ``verdict``, ``kind``, ``chapter`` and ``words`` choose some.

    Empty, each of them leaves all. ``order`` is book, claim, source or verdict.
    """

    module: ClassVar[str] = "scoreboard"
    alt: ClassVar[str] = "How many of the claims have which verdict."

    claims = traitlets.List(traitlets.Dict()).tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    kind = traitlets.Unicode("").tag(sync=True)
    chapter = traitlets.Unicode("").tag(sync=True)
    order = traitlets.Enum(["book", "claim", "source", "verdict"], "book").tag(sync=True)
    words = traitlets.Unicode("").tag(sync=True)

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> Self:
        """The scoreboard of claims, in their order."""
        return cls(claims=[claim.to_dict() for claim in claims])

    def still(self) -> Figure:
        counts = Counter(claim["verdict"] for claim in self.claims)
        figure = Figure(figsize=(7.0, 1.8), layout="constrained")
        ax = figure.subplots()
        verdicts = [*VERDICT_LOOKS][::-1]
        bars = ax.barh(verdicts, [counts[v] for v in verdicts], color=COLOURS["neutral"])
        ax.bar_label(bars, padding=4)
        ax.set(xlabel="claims", xticks=[])
        return figure
