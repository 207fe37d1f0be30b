"""One namespace for all chapters: each cell must find what its own chapter gives it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.submission.chapters import Segment
from tools.submission.errors import SubmissionError
from tools.submission.names import bound_names, imported_names, used_names


@dataclass(frozen=True)
class Namespace:
    """Checks cells; `common` maps what the notebook's set-up and library define to meanings."""

    common: Mapping[str, str]
    package: str

    def check(self, own: Mapping[str, Sequence[Segment]], placed: Sequence[Segment]) -> None:
        """Compare where names come from in the notebook and in the chapters' own order.

        Raises SubmissionError when a cell would find another chapter's value or none, or when
        it rebinds a name of the library.
        """
        for position, segment in enumerate(placed):
            self._check_shadowing(segment)
            chapter = own[segment.chapter]
            # What is left of a set-up cell stands first.
            before = chapter[: chapter.index(segment)] if segment in chapter else ()
            for name in sorted(self._needed(segment, before)):
                expected, found = _binder(before, name), _binder(placed[:position], name)
                if expected is None or self._same(expected, found, name):
                    continue
                origin = f"from {found.place}" if found else "from nowhere"
                raise SubmissionError(
                    segment.place,
                    f"the cell uses `{name}` from {expected.place}, "
                    f"but in the notebook it would come {origin}",
                    "let the outline take in the section that defines it, "
                    "or give the name to one chapter alone",
                )

    def _same(self, expected: Segment, found: Segment | None, name: str) -> bool:
        if found is None:
            return name in self.common
        if expected is found or (expected.chapter == found.chapter and "setup" in found.tags):
            return True
        # With no package to leave out, imports from the library count too.
        here, there = (imported_names(cell.tree, "").get(name) for cell in (expected, found))
        return here is not None and here == there

    def _check_shadowing(self, segment: Segment) -> None:
        tree = segment.tree
        imported = imported_names(tree, self.package)
        for name in sorted(segment.bound):
            meaning = self.common.get(name)
            if meaning is None or imported.get(name) == meaning or _ours(tree, name, self.package):
                continue
            raise SubmissionError(
                segment.place,
                f"the cell rebinds `{name}`, which is {meaning} in the notebook",
                "give the chapter's own thing another name",
            )

    def _needed(self, segment: Segment, before: Sequence[Segment]) -> set[str]:
        """Return the names a cell takes from others, also through functions that it calls."""
        own, needed = segment.bound, set[str]()
        waiting = used_names(segment.tree) - own
        while waiting:
            name = waiting.pop()
            needed.add(name)
            binder = _binder(before, name)
            if binder is None:
                continue
            for node in binder.tree.body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                    waiting |= used_names(ast.Module([node], [])) - needed - own
        return needed


def _binder(cells: Sequence[Segment], name: str) -> Segment | None:
    return next((cell for cell in reversed(cells) if name in cell.bound), None)


def _ours(tree: ast.Module, name: str, package: str) -> bool:
    """Tell whether the cell binds a name only by importing it from the library."""
    return not any(
        name in bound_names(ast.Module([node], []))
        for node in tree.body
        if not (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").split(".")[0] in {package, "myst_nb"}
        )
    )
