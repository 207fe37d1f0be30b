"""The library as far as the notebook needs it: which modules, in which order, shown where."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from textwrap import dedent

from tools.submission.errors import SubmissionError
from tools.submission.modules import Module, read_module


@dataclass(frozen=True)
class Piece:
    """Code from a module that goes into one cell; the first of its module or not."""

    module: Module
    source: str
    first: bool


class Library:
    """Hands out the library's code piece by piece, each statement once, after what it needs.

    Re-exports are followed: a name belongs to the module that defines it.
    """

    def __init__(self, root: Path, package: str) -> None:
        self.package = package
        self._read: Callable[[str], Module] = lambda name: read_module(root, package, name)
        self._modules: dict[str, Module] = {}
        self._given: dict[str, int] = {}

    def home(self, name: str, imported_from: str) -> str:
        """Return the module that defines a name imported from a module.

        Raises SubmissionError when it has no such name.
        """
        module = self._load(imported_from)
        if name in module.names:
            return module.name
        if name in module.needs:
            return self.home(name, module.needs[name])
        raise SubmissionError(
            module.file, f"it has no name {name!r}", f"import {name} from where it is defined"
        )

    def require(self, names: Iterable[str]) -> None:
        """Make modules, and what they need, part of the notebook; raises for clashing names."""
        for name in names:
            if name not in self._given:
                self._given[name] = 0
                self.require(self._needs(self._load(name)))
        self._check_clashes()

    def names(self) -> dict[str, str]:
        """Map every top-level name of the required modules to what it stands for."""
        found: dict[str, str] = {}
        for name in self._given:
            module = self._modules[name]
            found |= module.imports | dict.fromkeys(module.names, module.file)
        return found

    def ordered(self, without: frozenset[str] = frozenset()) -> list[str]:
        """Return the required modules, each after those it imports.

        Modules that depend on one of `without` are left out, and so are these.
        """
        try:
            order = self._sorted(early=False)
        except CycleError:  # imports inside functions may close a circle
            order = self._sorted(early=True)
        return [name for name in order if not self.closure(name) & without]

    def _sorted(self, early: bool) -> list[str]:
        # Sorted, as the order of a set changes from run to run.
        needed = {
            name: sorted(self._needs(self._modules[name], early) & self._given.keys())
            for name in sorted(self._given)
        }
        return list(TopologicalSorter(needed).static_order())

    def closure(self, name: str) -> frozenset[str]:
        """Return a module and all that it needs, directly or not."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += self._needs(self._load(current))
        return frozenset(found)

    def take(self, name: str) -> Iterator[Piece]:
        """Yield what is left of a module, after what is left of the modules it needs."""
        needed = self.closure(name)
        for module in self.ordered():
            if module in needed:
                yield from self._advance(module, len(self._modules[module].blocks))

    def take_until(self, name: str, thing: str) -> Iterator[Piece]:
        """Yield a module's code up to an object, and all that is left of what it needs.

        Yields nothing when the object was handed out before.
        """
        module = self._load(name)
        end = self._position(module, thing) + 1
        if end <= self._given[name]:
            return
        for other in sorted(self.closure(name) - {name}, key=self.ordered().index):
            yield from self._advance(other, len(self._modules[other].blocks))
        yield from self._advance(name, end)

    def listing(self, name: str, thing: str) -> str:
        """Return the source of an object or of one of its methods (`Class.method`)."""
        module = self._load(name)
        source = module.blocks[self._position(module, thing)].source.strip("\n")
        if "." not in thing:
            return source
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name == thing.rpartition(".")[2]:
                start = min([node.lineno, *(line.lineno for line in node.decorator_list)])
                return dedent("\n".join(source.splitlines()[start - 1 : node.end_lineno]))
        raise SubmissionError(module.file, f"there is no {thing}", "correct :pyobject:")

    def _position(self, module: Module, thing: str) -> int:
        for position, block in enumerate(module.blocks):
            if thing.partition(".")[0] in block.names:
                return position
        raise SubmissionError(module.file, f"there is no {thing}", "correct :pyobject:")

    def _advance(self, name: str, end: int) -> Iterator[Piece]:
        module, start = self._modules[name], self._given[name]
        if end > start:
            self._given[name] = end
            source = "\n".join(block.source for block in module.blocks[start:end])
            yield Piece(module, source.strip("\n"), start == 0)

    def _load(self, name: str) -> Module:
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _needs(self, module: Module, early: bool = False) -> set[str]:
        homes = {
            self.home(name, source)
            for name, source in module.needs.items()
            if not early or source in module.early
        }
        return homes - {module.name}

    def _check_clashes(self) -> None:
        seen: dict[str, tuple[str, str]] = {}
        for module in (self._modules[name] for name in sorted(self._given)):
            meanings = module.imports | dict.fromkeys(module.names, module.file)
            for name, meaning in meanings.items():
                other, before = seen.setdefault(name, (module.file, meaning))
                if before != meaning:
                    raise SubmissionError(
                        module.file,
                        f"`{name}` is {meaning} here and {before} in {other}; "
                        "the notebook has one namespace",
                        "rename one of them",
                    )
