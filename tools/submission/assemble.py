"""From the outline and the chapters to the notebook, not yet executed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import yaml
from nbformat import NotebookNode

from tools.submission.bibliography import Bibliography
from tools.submission.body import Body
from tools.submission.cells import library_imports
from tools.submission.chapters import Chapter, Segment, read_chapter
from tools.submission.convert import Converter
from tools.submission.draft import Draft
from tools.submission.errors import SubmissionError
from tools.submission.library import Library
from tools.submission.library_cells import LibraryCells
from tools.submission.namespace import Namespace
from tools.submission.outline import Outline, Question
from tools.submission.parser import make_parser
from tools.submission.references import References
from tools.submission.roles import Inline
from tools.submission.setup_cells import merge


@dataclass(frozen=True)
class Project:
    """Where the sources are: the project's folder, its book, its library's name."""

    root: Path
    package: str = "bnutils"

    @property
    def book(self) -> Path:
        return self.root / "book"

    def macros(self) -> Mapping[str, object]:
        """Return the TeX macros that the book's configuration defines."""
        path = self.root / "_config.yml"
        config = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        sphinx = (config.get("sphinx") or {}).get("config") or {}
        macros: Mapping[str, object] = sphinx.get("book_macros") or {}
        return macros


def assemble(project: Project, outline: Outline, date: datetime.date) -> NotebookNode:
    """Assemble the notebook; raises SubmissionError for sources that do not fit."""
    parser = make_parser()
    names = sorted(
        path.relative_to(project.book).with_suffix("").as_posix()
        for path in project.book.rglob("*.md")
        if not path.relative_to(project.book).parts[0].startswith("_")
    )
    chapters = {name: read_chapter(project.book, name, parser) for name in names}
    chosen = {question: tuple(_select(chapters, question)) for question in outline.questions}
    selected = [segment for segments in chain(*chosen.values()) for segment in segments]
    _check_once(selected)
    used = [chapters[name] for name in dict.fromkeys(segment.chapter for segment in selected)]

    references = References.collect(chapters.values(), selected)
    bibliography = Bibliography(project.book / "references.bib")
    converter = Converter(parser, Inline(references, bibliography, project.macros()))
    library = Library(project.root, project.package)
    setup = merge(
        (cell for chapter in used for cell in chapter.code() if "setup" in cell.tags),
        project.package,
    )
    homes = {
        name: library.home(name, module)
        for chapter in used
        for cell in chapter.code()
        for name, module in library_imports(cell, project.package).items()
    }
    body = Body(LibraryCells(project.root, library, homes), converter, setup, outline.settings)
    draft = Draft()
    draft.markdown(_about(outline, date))
    body.start(draft, selected)
    for section in outline.sections:
        draft.apart(f"# {section.title}")
        for question in section.questions:
            draft.apart(f'<a id="{question.anchor}"></a>\n\n## {question.number} {question.title}')
            for segments in chosen[question]:
                body.answer(draft, segments)
    if bibliography.references():
        draft.apart(f"# References\n\n{bibliography.references()}")
    Namespace(body.common(), project.package).check(
        {chapter.name: chapter.code() for chapter in used}, body.placed
    )
    return draft.notebook({"date": date.isoformat(), "values": outline.values})


def _select(chapters: Mapping[str, Chapter], question: Question) -> Iterator[tuple[Segment, ...]]:
    for selection in question.sources:
        if selection.chapter not in chapters:
            raise SubmissionError(
                f"outline, {question.number}",
                f"there is no chapter {selection.chapter!r}",
                f"use one of: {', '.join(sorted(chapters))}",
            )
        segments = chapters[selection.chapter].select(selection)
        yield tuple(segment for segment in segments if "setup" not in segment.tags)


def _check_once(selected: list[Segment]) -> None:
    seen = set()
    for segment in selected:
        if segment in seen:
            raise SubmissionError(
                segment.place,
                "the outline takes this in twice",
                "leave it out in one place: `chapter#section -sec-label`",
            )
        seen.add(segment)


def _about(outline: Outline, date: datetime.date) -> str:
    lines = []
    for section in outline.sections:
        lines.append(f"- {section.title}")
        lines += [
            f"  - [{question.number} {question.title}](#{question.anchor})"
            for question in section.questions
        ]
    day = f"{date.day} {date:%B %Y}"
    about = outline.about.format(date=day, contents="\n".join(lines)).strip()
    return f"# {outline.title}\n\n{about}"
