"""Chapters as the assembler sees them: a sequence of segments, cut at cells and headings."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from myst_nb.core.read import read_myst_markdown_notebook  # type: ignore[import-untyped]

from tools.submission.errors import Place, SubmissionError
from tools.submission.names import bound_names
from tools.submission.outline import Selection
from tools.submission.parser import configuration
from tools.submission.targets import Target, figure_target, markdown_targets, plain


@dataclass(frozen=True, eq=False)
class Segment:
    """A code cell, or Markdown up to the next cell or heading.

    `level` and `title` are those of the heading that the Markdown starts with, 0 without one.
    """

    chapter: str
    place: Place
    kind: str
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)
    level: int = 0
    title: str = ""
    targets: tuple[Target, ...] = ()

    @cached_property
    def tree(self) -> ast.Module:
        """The code; raises SubmissionError when it is not plain Python."""
        try:
            return ast.parse(self.source)
        except SyntaxError as error:
            raise SubmissionError(
                self.place.down((error.lineno or 1) - 1),
                f"the code cell is not plain Python: {error.msg}",
                "correct it, and do without magics (`%...`, `!...`)",
            ) from error

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the code binds at its top level."""
        return frozenset(bound_names(self.tree))

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.metadata.get("tags", ()))

    def section_labels(self) -> list[str]:
        return [target.label for target in self.targets if target.kind == "section"]


@dataclass(frozen=True, eq=False)
class Chapter:
    """A chapter: its name (`theory/concept`), title and segments."""

    name: str
    title: str
    segments: tuple[Segment, ...]

    def code(self) -> tuple[Segment, ...]:
        return tuple(segment for segment in self.segments if segment.kind == "code")

    def select(self, selection: Selection) -> tuple[Segment, ...]:
        """Return the segments of a section with its subsections, or of the whole chapter.

        Sections whose label ends in `-exercises` or `-explore` are for readers of the book and are
        left out.
        """
        chosen = set(range(len(self.segments)))
        if selection.section is not None:
            chosen = self._section(selection.section)
        for label in (*selection.without, *self._for_the_book()):
            chosen -= self._section(label)
        return tuple(self.segments[index] for index in sorted(chosen))

    def _for_the_book(self) -> list[str]:
        labels = (label for segment in self.segments for label in segment.section_labels())
        return [label for label in labels if label.endswith(("-exercises", "-explore"))]

    def _section(self, label: str) -> set[int]:
        found = [
            index
            for index, segment in enumerate(self.segments)
            if segment.level and label.lower() in segment.section_labels()
        ]
        if not found:
            known = [name for segment in self.segments for name in segment.section_labels()]
            raise SubmissionError(
                f"outline, {self.name}",
                f"the chapter has no section with the label {label!r}",
                f"use one of: {', '.join(known) or 'none is labelled'}",
            )
        start = found[0]
        end = start + 1
        while end < len(self.segments):
            if 0 < self.segments[end].level <= self.segments[start].level:
                break
            end += 1
        return set(range(start, end))


def read_chapter(book: Path, name: str, parser: MarkdownIt) -> Chapter:
    """Read `book/NAME.md`; raises SubmissionError when there is no such file."""
    path = book / f"{name}.md"
    if not path.is_file():
        raise SubmissionError(
            f"{name}.md", "there is no such chapter", "correct the outline, or write the chapter"
        )
    notebook = read_myst_markdown_notebook(
        path.read_text(encoding="utf-8"), configuration(), add_source_map=True
    )
    segments: list[Segment] = []
    for cell, line in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        place = Place(f"{name}.md", line + 1)
        if cell.cell_type == "code":
            figure = figure_target(cell.metadata, name)
            segments.append(
                Segment(
                    name,
                    place,
                    "code",
                    cell.source,
                    dict(cell.metadata),
                    targets=(figure,) if figure else (),
                )
            )
        elif cell.cell_type == "markdown":
            segments += _cut_at_headings(parser, name, place, cell.source)
        else:
            raise SubmissionError(place, "a raw cell", "use Markdown or a code cell")
    titles = [segment.title for segment in segments if segment.level]
    return Chapter(name, titles[0] if titles else name, tuple(segments))


def _cut_at_headings(parser: MarkdownIt, chapter: str, place: Place, text: str) -> list[Segment]:
    starts = {0: (0, "")}
    label_line: int | None = None
    tokens = parser.parse(text)
    for position, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        if token.type == "myst_target":
            label_line = token.map[0] if label_line is None else label_line
            continue
        if token.type == "heading_open":
            line = token.map[0] if label_line is None else label_line
            starts[line] = (int(token.tag[1:]), plain(tokens[position + 1]))
        label_line = None
    lines = text.splitlines()
    segments = []
    ends = [*sorted(starts)[1:], len(lines)]
    for start, end in zip(sorted(starts), ends, strict=True):
        source = "\n".join(lines[start:end])
        where = place.down(start)
        if source.strip():
            targets = tuple(markdown_targets(parser, source, chapter, where))
            segments.append(
                Segment(chapter, where, "markdown", source, {}, *starts[start], targets)
            )
    return segments
