"""What a cross reference reads as in the notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.submission.chapters import Chapter, Segment
from tools.submission.errors import Place, SubmissionError
from tools.submission.targets import NUMBERED, Target


@dataclass(frozen=True)
class References:
    """All labels of the book, and the numbers of those in the notebook (0: not numbered)."""

    targets: Mapping[str, Target]
    numbers: Mapping[str, int]
    titles: Mapping[str, str]
    anchors: Mapping[str, str]

    @classmethod
    def collect(cls, book: Iterable[Chapter], selected: Iterable[Segment]) -> References:
        """Number the selected segments' labels in order; raises for a label defined twice."""
        targets: dict[str, Target] = {}
        titles = {}
        for chapter in book:
            titles[chapter.name] = chapter.title
            for segment in chapter.segments:
                for target in segment.targets:
                    if target.label in targets:
                        raise SubmissionError(
                            segment.place,
                            f"the label {target.label!r} is also defined in "
                            f"{targets[target.label].chapter}.md",
                            "give one of them another name",
                        )
                    targets[target.label] = target
        numbers: dict[str, int] = {}
        anchors: dict[str, str] = {}
        counts = dict.fromkeys(NUMBERED, 0)
        for segment in selected:
            for target in segment.targets:
                if target.kind in counts:
                    counts[target.kind] += 1
                numbers[target.label] = counts.get(target.kind, 0)
            if segment.level == 1 and segment.section_labels():
                anchors[segment.chapter] = segment.section_labels()[0]
        return cls(targets, numbers, titles, anchors)

    def refer(self, label: str, text: str, place: Place) -> str:
        """Return `{ref}`: a link with a text, or with the title of what it points to."""
        target = self._find(label, place)
        if not text:
            text = target.title or (
                f"{NUMBERED[target.kind]} {self.numbers.get(target.label, '')}".strip()
                if target.kind in NUMBERED
                else ""
            )
        if not text:
            raise SubmissionError(
                place, f"{label!r} has no title", f"write the text: {{ref}}`text <{label}>`"
            )
        return self._link(target, text)

    def number(self, label: str, text: str, place: Place) -> str:
        """Return `{numref}`: `Figure 3`, or a text with %s or {number} filled in."""
        target = self._find(label, place)
        if target.kind not in NUMBERED:
            return self.refer(label, "" if "%s" in text or "{" in text else text, place)
        if target.label not in self.numbers:
            kind = NUMBERED[target.kind].lower()
            article = "an" if kind[0] in "aeiou" else "a"
            return f"{article} {kind} of {self._elsewhere(target)}"
        number = str(self.numbers[target.label])
        name = (text or f"{NUMBERED[target.kind]} %s").replace("%s", number)
        return self._link(target, name.replace("{number}", number).replace("{name}", ""))

    def equation(self, label: str, place: Place) -> str:
        """Return `{eq}`: `(3)`, a link."""
        target = self._find(label, place)
        if target.label not in self.numbers:
            return f"an equation of {self._elsewhere(target)}"
        return self._link(target, f"({self.numbers[target.label]})")

    def document(self, chapter: str, text: str, place: Place) -> str:
        """Return `{doc}`: a link where the notebook has the chapter's start, else its title."""
        if chapter not in self.titles:
            raise SubmissionError(
                place, f"there is no chapter {chapter!r}", "name a file under book/, without .md"
            )
        if chapter in self.anchors:
            return f"[{text or self.titles[chapter]}](#{self.anchors[chapter]})"
        return f"{text} (*{self.titles[chapter]}*, in the book)" if text else self._book(chapter)

    def _find(self, label: str, place: Place) -> Target:
        if label.lower() not in self.targets:
            raise SubmissionError(
                place, f"nothing has the label {label!r}", f"define it: ({label})=, or correct it"
            )
        return self.targets[label.lower()]

    def _link(self, target: Target, text: str) -> str:
        if target.label in self.numbers:
            return f"[{text}](#{target.label})"
        return f"{text} ({self._elsewhere(target)})"

    def _elsewhere(self, target: Target) -> str:
        return self._book(target.chapter)

    def _book(self, chapter: str) -> str:
        return f"*{self.titles[chapter]}* in the book"
