"""What a check answers: Markdown in a notebook, text where it is printed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

TELLS = ("symptom", "name", "all")


@dataclass(frozen=True)
class Report:
    """``status`` is right, slips, empty, changed, raised, shape or unknown.

    ``found`` are the keys of the slips, ``points`` what the answer earns of ``of``. ``says`` are
    the sentences that are shown, ``symptom`` what is shown in their place where the environment
    variable BN_TELL is "symptom"; with "name" no page is named.
    """

    title: str
    status: str
    points: float
    of: float
    says: tuple[str, ...]
    found: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    symptom: tuple[str, ...] = field(default=())

    @property
    def right(self) -> bool:
        return self.status == "right"

    def _repr_markdown_(self) -> str:
        tell = os.environ.get("BN_TELL", "all")
        if tell not in TELLS:
            raise ValueError(f"BN_TELL is {tell!r}; expected {', '.join(TELLS)}")
        hidden = tell == "symptom" and bool(self.symptom)
        lines = [f"**{self.title}**: {self.headline}", ""]
        lines += [f"- {text}" for text in (self.symptom if hidden else self.says)]
        if tell == "all" and self.see:
            lines.append(f"- In the book: {', '.join(f'`{place}`' for place in self.see)}")
        return "\n".join(lines).rstrip() + "\n"

    @property
    def headline(self) -> str:
        words = {
            "right": "right", "slips": "not yet", "empty": "nothing written yet",
            "changed": "it changes its input", "raised": "it raises an error",
            "shape": "not the values that were asked for", "unknown": "not recognized",
        }  # fmt: skip
        return f"{words[self.status]} ({self.points:g} of {self.of:g} points)"

    def __str__(self) -> str:
        return self._repr_markdown_().replace("**", "").replace("`", "")
