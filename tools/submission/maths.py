"""Formulas in the form that Jupyter, GitHub and Colab all show."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tools.submission.errors import Place, SubmissionError


def expand(formula: str, macros: Mapping[str, object], place: Place) -> str:
    """Write out the book's own TeX macros, which a notebook does not know.

    Raises SubmissionError for a macro with arguments.
    """

    def written_out(match: re.Match[str]) -> str:
        definition = macros.get(match[1])
        if definition is None:
            return match[0]
        if not isinstance(definition, str):
            raise SubmissionError(
                place,
                f"the TeX macro \\{match[1]} takes arguments",
                "write it out: a notebook does not know the book's macros",
            )
        return f"{{{definition}}}"

    # Macros may use each other, one level deep.
    once = re.sub(r"\\([A-Za-z]+)", written_out, formula)
    return re.sub(r"\\([A-Za-z]+)", written_out, once)


def display(formula: str, label: str | None, number: int | None) -> str:
    """Return a displayed formula with an anchor and a number, as Sphinx would set it.

    Sphinx aligns the lines of a formula that breaks them outside an environment.
    """
    body = "\n".join(line for line in formula.strip().splitlines() if line.strip())
    if r"\\" in body and r"\begin{" not in body:
        body = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
    if label is None:
        return f"$$\n{body}\n$$"
    return f'<a id="{label}"></a>\n\n$$\n{body}\n\\tag{{{number}}}\n$$'
