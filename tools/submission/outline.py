"""The outline of the notebook: which section of which chapter answers which question."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.submission.errors import Place, SubmissionError


@dataclass(frozen=True)
class Selection:
    """A chapter (`theory/concept`), or one of its sections, without some of their sections."""

    chapter: str
    section: str | None
    without: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Read `chapter`, `chapter#sec-label`, either followed by ` -sec-label` to leave out."""
        source, *without = text.split()
        chapter, _, section = source.partition("#")
        if not chapter or any(not word.startswith("-") for word in without):
            raise SubmissionError(
                "outline",
                f"the source {text!r} is not understood",
                "write `chapter`, `chapter#sec-label` or `chapter#sec-label -sec-left-out`",
            )
        return cls(chapter, section or None, tuple(word[1:] for word in without))


@dataclass(frozen=True)
class Question:
    """A question of the assignment and the sources that answer it, in order."""

    number: str
    title: str
    sources: tuple[Selection, ...]

    @property
    def anchor(self) -> str:
        return self.number.lower().replace(".", "-")


@dataclass(frozen=True)
class Section:
    """A group of questions under one heading."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Outline:
    """The whole notebook; `about` is Markdown with the fields {date} and {contents}.

    `settings` are lines of code that end the set-up, for what only the notebook needs.
    `values` maps names that `about` may show as ⟦name⟧ to expressions evaluated after the run.
    """

    title: str
    topic: str
    about: str
    settings: tuple[str, ...]
    values: dict[str, str]
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)


def read_outline(path: Path) -> Outline:
    """Read an outline; raises SubmissionError when a key is missing or unknown."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    place = Place(path.name, 1)
    try:
        return _outline(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise SubmissionError(
            place,
            f"the outline lacks or misplaces {error}",
            "it needs title, topic, about, settings, values and sections; a section needs title "
            "and questions; a question needs number, title and from",
        ) from error


def _sources(question: dict[str, Any]) -> tuple[Selection, ...]:
    if not question["from"]:
        raise SubmissionError(
            f"outline, {question['number']}", "nothing answers the question", "name a source"
        )
    return tuple(Selection.parse(source) for source in question["from"])


def _outline(content: dict[str, Any]) -> Outline:
    sections = tuple(
        Section(
            part["title"],
            tuple(
                Question(
                    str(question["number"]),
                    question["title"],
                    _sources(question),
                )
                for question in part["questions"]
            ),
        )
        for part in content["sections"]
    )
    return Outline(
        content["title"],
        content["topic"],
        content["about"],
        tuple(content["settings"]),
        content["values"],
        sections,
    )
