"""What the outputs of a chapter depend on besides its own cells."""

import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("matplotlib", "numpy", "scikit-learn", "scipy", "torch", "torchvision")


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


def chapter_key(folder: Path, source: str, constants: list[str]) -> str:
    """Hash (16 hex digits) of constants and of what ``source`` uses of the package in ``folder``.

    That is the modules which run, and stored results it names.
    """
    from bnutils.sweeps.imports import Package, read_imports

    package = Package(folder)
    digest = hashlib.sha256()
    for text in (*constants, *mentioned(source, sorted(folder.rglob("*.json")))):
        digest.update(text.encode() + b"\0")
    for name, file in sorted(package.needed_for(read_imports(source).names).items()):
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
