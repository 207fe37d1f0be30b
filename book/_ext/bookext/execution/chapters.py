"""Chapters as notebooks, read the way myst-nb reads them."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from myst_nb.core.read import (  # type: ignore[import-untyped]
    MystMetadataParsingError,
    create_nb_reader,
)
from nbformat import NotebookNode

from ..building.stop import stop

_FRONT = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True)
class Chapter:
    """A page with code cells."""

    name: str
    path: Path
    notebook: NotebookNode

    @property
    def code(self) -> str:
        """Source of all code cells, IPython's magics and shell lines left out."""
        lines = "\n".join(
            cell.source for cell in self.notebook.cells if cell.cell_type == "code"
        ).splitlines()
        return "\n".join("" if line.lstrip()[:1] in {"%", "!"} else line for line in lines)

    @property
    def expected_seconds(self) -> float | None:
        """The author's estimate, `expected_seconds` in the front matter."""
        value = self.notebook.metadata.get("expected_seconds")
        return None if value is None else float(value)

    def line(self, cell: int) -> int:
        """Line of the page on which the code cell with index `cell` begins, its fence."""
        return int(self.notebook.metadata.get("source_map", [0] * (cell + 1))[cell])


def read_chapter(env: Any, name: str) -> Chapter | None:
    """The page `name`, or None when it is not a notebook; stops where it cannot be read."""
    path = Path(env.doc2path(name))
    try:
        text = path.read_text("utf-8")
        if front := _FRONT.match(text):
            yaml.safe_load(f"\n{front[1]}")  # or the page would pass for one without code
        reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
        chapter = None if reader is None else Chapter(name, path, reader.read(text))
        if chapter is not None:
            chapter.expected_seconds  # noqa: B018
    except (MystMetadataParsingError, ValueError, yaml.YAMLError) as error:
        stop("A page cannot be read.", [f"{path}: {error}"])
    return chapter


def code_of_chapters(env: Any) -> dict[str, str]:
    """The code of each chapter by its name; only pages whose text has changed are read for it."""
    known: dict[str, tuple[str, str | None]] = getattr(env, "book_code", {})
    env.book_code = {}
    for name in sorted(env.found_docs):
        text = sha256(Path(env.doc2path(name)).read_bytes()).hexdigest()
        if known.get(name, ("",))[0] != text:
            chapter = read_chapter(env, name)
            known[name] = text, None if chapter is None else chapter.code
        env.book_code[name] = known[name]
    return {name: code for name, (_, code) in env.book_code.items() if code is not None}
