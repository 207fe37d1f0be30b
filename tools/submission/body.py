"""Putting segments, library code and captions into the draft, in order."""

from __future__ import annotations

import ast
import os.path
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tools.submission.cells import without_library_imports
from tools.submission.chapters import Segment
from tools.submission.convert import Converter, Listing
from tools.submission.directives import LISTING_STYLE
from tools.submission.draft import Draft
from tools.submission.errors import SubmissionError
from tools.submission.library import Library, Piece
from tools.submission.names import bound_names, imported_names, used_names
from tools.submission.outline import Question
from tools.submission.setup_cells import Setup

GLUE = '''glued = {}


def glue(name, value, display=True):
    """Record a number that the text quotes."""
    glued[name] = value'''
TOP = 3  # the level of the highest heading inside an answer
HIDE = {"tags": ["hide-input"]}


@dataclass
class Body:
    """Writes answers; remembers which library code and which cells the notebook has so far."""

    root: Path
    library: Library
    converter: Converter
    setup: Setup
    homes: Mapping[str, str]
    placed: list[Segment] = field(default_factory=list)
    _shown: set[tuple[str, str]] = field(default_factory=set)

    def start(self, draft: Draft, selected: Sequence[Segment]) -> None:
        """Write the set-up: imports, `glue`, and the modules that no chapter shows."""
        shown = {
            self._module(part)
            for segment in selected
            if segment.kind == "markdown"
            for part in self._parts(segment, 0)
            if isinstance(part, Listing)
        }
        trees = [ast.parse("\n".join(self.setup.statements)), *_trees(selected)]
        self.library.require([*self._modules_used(trees), *sorted(shown)])
        draft.markdown(
            "# Set-up\n\nThe imports, and the helpers that the answers use: data, training, "
            "statistics, figures. Their code is folded; nothing below needs it to be read.",
            joined=False,
        )
        imports = ["from __future__ import annotations", "", *self.setup.imports]
        draft.code("\n".join(imports), HIDE)
        draft.code(GLUE, HIDE)
        for module in self.library.ordered(frozenset(shown)):
            self._add(draft, self.library.take(module))
        self._require(draft, trees[:1])
        if self.setup.statements:
            draft.code("\n".join(self.setup.statements), HIDE)

    def answer(self, draft: Draft, question: Question, segments: Sequence[Segment]) -> None:
        """Write the segments that answer a question."""
        highest = min((segment.level for segment in segments if segment.level), default=1)
        for segment in segments:
            if segment.kind == "code":
                self._code(draft, segment)
                continue
            for part in self._parts(segment, TOP - highest):
                if isinstance(part, Listing):
                    self._listing(draft, part)
                else:
                    draft.markdown(part)

    def common(self) -> dict[str, str]:
        """Map what the set-up and the library define to what it stands for."""
        imported = imported_names(ast.parse("\n".join(self.setup.imports)), "")
        bound = {
            name: "shared"
            for line in self.setup.statements
            for name in bound_names(ast.parse(line))
        }
        own = {"glue": "the recorder of numbers", "glued": "what `glue` recorded"}
        return bound | own | imported | self.library.names()

    def _parts(self, segment: Segment, deeper: int) -> list[str | Listing]:
        return self.converter.parts(segment.source, segment.place, deeper)

    def _code(self, draft: Draft, segment: Segment) -> None:
        rest = self.setup.rest.get(segment.chapter)
        if rest and all(cell.chapter != segment.chapter for cell in self.placed):
            cell = Segment(segment.chapter, segment.place, "code", rest, {"tags": ["setup"]})
            self._require(draft, [cell.tree])
            draft.code(rest, cell.metadata)
            self.placed.append(cell)
        self._require(draft, [segment.tree])
        self.placed.append(segment)
        source = without_library_imports(segment, self.library.package)
        if source:
            draft.code(source, segment.metadata)
        figure = segment.metadata.get("mystnb", {}).get("figure", {})
        if figure.get("caption"):
            label = str(figure.get("name", "")).lower()
            number = self.converter.inline.references.numbers.get(label)
            name = f'<a id="{label}"></a>**Figure {number}.** ' if number else ""
            caption = self.converter.text(figure["caption"], segment.place)
            draft.markdown(f"{name}{caption}", joined=False)

    def _listing(self, draft: Draft, listing: Listing) -> None:
        call, module = listing.call, self._module(listing)
        thing = str(call.options.get("pyobject", ""))
        unknown = call.options.keys() - LISTING_STYLE - {"pyobject"}
        if unknown:
            raise SubmissionError(
                call.place,
                f"literalinclude with {', '.join(sorted(unknown))}",
                "choose what to show with :pyobject:",
            )
        pieces = list(
            self.library.take_until(module, thing) if thing else self.library.take(module)
        )
        if pieces:
            self._add(draft, pieces, shown=module)
        elif (module, thing) in self._shown or not thing:
            draft.markdown(f"(The code of `{thing or module}` is shown above.)")
        else:
            draft.markdown(f"```python\n{self.library.listing(module, thing)}\n```")
        self._shown.add((module, thing))

    def _add(self, draft: Draft, pieces: Iterable[Piece], shown: str = "") -> None:
        for piece in pieces:
            if piece.module.name == shown:
                draft.code(piece.source)
                continue
            rest = "" if piece.first else "The rest of "
            text = piece.module.docstring.partition("\n\n")[0] if piece.first else ""
            lead = f"{rest}`{piece.module.file}`{':' if text else '.'} {text}".strip()
            draft.markdown(lead, joined=False)
            draft.code(piece.source, HIDE)

    def _require(self, draft: Draft, trees: Iterable[ast.Module]) -> None:
        for module in self._modules_used(trees):
            self._add(draft, self.library.take(module))

    def _modules_used(self, trees: Iterable[ast.Module]) -> list[str]:
        used = {name for tree in trees for name in used_names(tree)}
        return sorted({self.homes[name] for name in used & self.homes.keys()})

    def _module(self, listing: Listing) -> str:
        """Return the module that a listing shows; raises for a file outside the library."""
        path, place = listing.call.argument, listing.call.place
        folder = PurePosixPath("book", place.file).parent
        file = path[1:] if path.startswith("/") else os.path.normpath(folder / path)
        parts = PurePosixPath(file).with_suffix("").parts
        if parts[0] != self.library.package or not (self.root / file).is_file():
            raise SubmissionError(
                place,
                f"{path!r} is not a file of {self.library.package}",
                f"show a module of {self.library.package}/, relative to the chapter",
            )
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _trees(segments: Iterable[Segment]) -> list[ast.Module]:
    return [segment.tree for segment in segments if segment.kind == "code"]
