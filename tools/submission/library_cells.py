"""Cells with the library's code: folded where it is needed, open where a chapter shows it."""

from __future__ import annotations

import ast
import os.path
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath

from tools.submission.convert import Listing
from tools.submission.directives import LISTING_STYLE
from tools.submission.draft import Draft
from tools.submission.errors import SubmissionError
from tools.submission.library import Library, Piece
from tools.submission.names import used_names

HIDE = {"tags": ["hide-input"]}


@dataclass
class LibraryCells:
    """Writes the library's code into the draft; `homes` maps imported names to modules."""

    root: Path
    library: Library
    homes: Mapping[str, str]
    _shown: set[tuple[str, str]] = field(default_factory=set)

    def used(self, trees: Iterable[ast.Module]) -> list[str]:
        """Return the modules that define what the code uses."""
        names = {name for tree in trees for name in used_names(tree)}
        return sorted({self.homes[name] for name in names & self.homes.keys()})

    def add(self, draft: Draft, modules: Iterable[str]) -> None:
        """Write what the notebook does not have yet of modules and of what they need, folded."""
        self._write(draft, (piece for module in modules for piece in self.library.take(module)))

    def show(self, draft: Draft, listing: Listing) -> None:
        """Write the code that a chapter shows, or show it again as text where it ran before.

        Raises SubmissionError for options that a cell cannot follow.
        """
        call, module = listing.call, self.module(listing)
        thing = str(call.options.get("pyobject", ""))
        unknown = call.options.keys() - LISTING_STYLE - {"pyobject"}
        if unknown:
            raise SubmissionError(
                call.place,
                f"literalinclude with {', '.join(sorted(unknown))}",
                "choose what to show with :pyobject:",
            )
        take = self.library.take_until(module, thing) if thing else self.library.take(module)
        pieces = list(take)
        if pieces:
            self._write(draft, pieces, shown=module)
        elif (module, thing) in self._shown or not thing:
            draft.markdown(f"(The code of `{thing or module}` is shown above.)")
        else:
            source = self.library.listing(module, thing)
            file = call.argument.rpartition("../")[2].removeprefix("/")
            draft.markdown(f"```python\n{source}\n```\n\n*From `{file}`, which ran above.*")
        self._shown.add((module, thing))

    def module(self, listing: Listing) -> str:
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

    def _write(self, draft: Draft, pieces: Iterable[Piece], shown: str = "") -> None:
        for group, members in groupby(pieces, lambda piece: _group(piece, shown)):
            together = list(members)
            if group == shown:
                draft.code(together[0].source)
                continue
            draft.apart("\n".join(_lead(piece) for piece in together))
            draft.code("\n\n\n".join(piece.source for piece in together), HIDE)


def _group(piece: Piece, shown: str) -> str:
    """Return what may share a cell: the modules of a package, but for the one that is shown."""
    name = piece.module.name
    return name if name == shown else ".".join(name.split(".")[:2])


def _lead(piece: Piece) -> str:
    if not piece.first:
        return f"- The rest of `{piece.module.file}`"
    text = " ".join(piece.module.docstring.partition("\n\n")[0].split())
    return f"- `{piece.module.file}`: {text}".removesuffix(": ")
