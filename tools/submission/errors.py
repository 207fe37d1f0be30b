"""The one exception of the assembler, which always names a place and a way out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A line of a source file, shown as `theory/concept.md:12`; `line` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def down(self, lines: int) -> Place:
        """Return the place so many lines further down."""
        return Place(self.file, self.line + lines)


class SubmissionError(Exception):
    """A source that cannot become part of the notebook: where, what, and what to do."""

    def __init__(self, place: Place | str, problem: str, remedy: str) -> None:
        super().__init__(f"{place}: {problem}\n  What to do: {remedy}")
