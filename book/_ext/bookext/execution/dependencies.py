"""What the outputs of a chapter depend on besides its own cells."""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("matplotlib", "numpy", "scikit-learn", "scipy", "torch", "torchvision")


def imported_names(source: str) -> Iterator[str]:
    """Dotted names a Python source imports, `from a import b` as `a` and `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def library_versions() -> list[str]:
    """Versions of Python and of the libraries that decide what a cell prints."""
    found = [f"python {sys.version}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return found


def mentioned(source: str, files: Iterable[Path]) -> list[str]:
    """The texts of the files that `source` names, which are stored results it reads."""
    return [path.read_text("utf-8") for path in files if path.name in source]


@dataclass(frozen=True)
class Package:
    """A Python package read as source; relative imports are not followed."""

    folder: Path

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Dotted name of every module, with its file."""
        found = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def imports(self) -> dict[str, list[str]]:
        """What each module imports; each is read once for all chapters."""
        return {
            name: list(imported_names(path.read_text("utf-8")))
            for name, path in self.modules.items()
        }

    def used_by(self, source: str) -> set[str]:
        """Modules of the package that run when `source` runs, the indirect ones included."""
        used: set[str] = set()
        waiting = list(imported_names(source))
        while waiting:
            parts = waiting.pop().split(".")
            for end in range(1, len(parts) + 1):
                name = ".".join(parts[:end])
                if name in self.modules and name not in used:
                    used.add(name)
                    waiting += self.imports[name]
        return used

    def key(self, source: str, constants: list[str]) -> str:
        """Hash (16 hex digits) of the modules `source` uses and of `constants`."""
        digest = hashlib.sha256()
        for text in constants:
            digest.update(text.encode() + b"\0")
        for name in sorted(self.used_by(source)):
            digest.update(name.encode() + b"\0" + self.modules[name].read_bytes() + b"\0")
        return digest.hexdigest()[:16]
