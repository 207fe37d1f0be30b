"""The set-up and the answers, written into the draft in order."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.submission.cells import without_library_imports
from tools.submission.chapters import Segment
from tools.submission.convert import Converter, Listing
from tools.submission.draft import Draft
from tools.submission.library_cells import HIDE, LibraryCells
from tools.submission.names import bound_names, imported_names
from tools.submission.setup_cells import Setup

SETUP = """# Set-up

The imports, and the helpers that the answers use: data, training, statistics, figures. Their code
is folded; nothing below needs it to be read."""
GLUE = '''glued = {}


def glue(name, value, display=True):
    """Record a number that the text quotes."""
    glued[name] = value'''
TOP = 3  # the level of the highest heading inside an answer


@dataclass
class Body:
    """Writes answers; `placed` are the chapters' cells that the notebook has so far."""

    cells: LibraryCells
    converter: Converter
    setup: Setup
    settings: tuple[str, ...]
    placed: list[Segment] = field(default_factory=list)

    def start(self, draft: Draft, selected: Sequence[Segment]) -> None:
        """Write the set-up: imports, `glue`, and the modules that no chapter shows."""
        library = self.cells.library
        statements = ast.parse("\n".join(self.setup.statements))
        first = self.cells.used([statements])
        library.require(first)
        # What a chapter shows waits for its chapter, unless something needs it before.
        shown: set[str] = set()
        early = {name for module in first for name in library.closure(module)}
        for segment in selected:
            if segment.kind == "code":
                used = self.cells.used([segment.tree])
                library.require(used)
                needed = {name for module in used for name in library.closure(module)}
                early |= needed - shown
            else:
                listings = [part for part in self._parts(segment, 0) if isinstance(part, Listing)]
                shown |= {self.cells.module(listing) for listing in listings}
                library.require(sorted(shown))
        draft.apart(SETUP, folded=True)
        draft.code("\n".join(["from __future__ import annotations", "", *self.setup.imports]), HIDE)
        draft.code(GLUE, HIDE)
        # Packages first, so that their modules stay together.
        helpers = {*first, *library.ordered(frozenset(shown - early))}
        self.cells.add(draft, sorted(helpers, key=lambda name: (-name.count("."), name)))
        lines = [*self.setup.statements, *self.settings]
        if lines:
            draft.code("\n".join(lines), HIDE)

    def answer(self, draft: Draft, segments: Sequence[Segment]) -> None:
        """Write a source of an answer; its highest heading goes to the level TOP."""
        highest = min((segment.level for segment in segments if segment.level), default=1)
        for segment in segments:
            if segment.kind == "code":
                self._code(draft, segment)
                continue
            for index, part in enumerate(self._parts(segment, TOP - highest)):
                if isinstance(part, Listing):
                    self.cells.show(draft, part)
                elif segment.level and index == 0:
                    draft.apart(part)
                else:
                    draft.markdown(part)

    def common(self) -> dict[str, str]:
        """Map what the set-up and the library define to what it stands for."""
        imported = imported_names(ast.parse("\n".join(self.setup.imports)), "")
        bound = dict.fromkeys(bound_names(ast.parse("\n".join(self.setup.statements))), "shared")
        own = {"glue": "the recorder of numbers", "glued": "what `glue` recorded"}
        return bound | own | imported | self.cells.library.names()

    def _parts(self, segment: Segment, deeper: int) -> list[str | Listing]:
        return self.converter.parts(segment.source, segment.place, deeper)

    def _code(self, draft: Draft, segment: Segment) -> None:
        rest = self.setup.rest.get(segment.chapter)
        if rest and all(cell.chapter != segment.chapter for cell in self.placed):
            metadata = {"tags": ["setup"]}
            self._place(draft, Segment(segment.chapter, segment.place, "code", rest, metadata))
        self._place(draft, segment)
        figure = segment.metadata.get("mystnb", {}).get("figure", {})
        if figure.get("caption"):
            label = str(figure.get("name", "")).lower()
            number = self.converter.inline.references.numbers.get(label)
            name = f'<a id="{label}"></a>**Figure {number}.** ' if number else ""
            draft.apart(name + self.converter.text(figure["caption"], segment.place))

    def _place(self, draft: Draft, segment: Segment) -> None:
        self.cells.add(draft, self.cells.used([segment.tree]))
        self.placed.append(segment)
        source = without_library_imports(segment, self.cells.library.package)
        if source:
            draft.code(source, segment.metadata)
