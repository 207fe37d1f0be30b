"""The book's parts and chapters, as its contents give them, and what chapters say of themselves.

A chapter is a page of a numbered part. Its front matter has `level`, one of `LEVELS`, and
`needs`, the chapters that it builds on, as paths below the folder of the book.
"""

import json
from dataclasses import dataclass
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx

from ..building.stop import stop

LEVELS = {"core": "core", "deeper": "deeper: skip it at first reading", "practice": "practice"}
FOLDER = "book/"
HOW = """Give the chapter's front matter, above the kernelspec, both keys:
    level: core
    needs: [theory/concept]
The level is core, deeper (which one may skip at first reading) or practice; needs are the chapters
that it builds on, as paths below book/, and may be empty: needs: []."""


@dataclass(frozen=True)
class Part:
    """A part of the book with its pages; those of a numbered one are chapters."""

    caption: str
    pages: tuple[str, ...]
    numbered: bool


def parts(env: Any) -> list[Part]:
    """The parts in order, as `check` found them."""
    found: list[Part] = env.book_parts
    return found


def read_parts(env: Any) -> list[Part]:
    """The parts in the tree of the first page; one without a caption goes on in the one above."""
    found: list[Part] = []
    for tree in env.get_doctree(env.config.root_doc).findall(addnodes.toctree):
        caption = tree.get("caption") or (found[-1].caption if found else "")
        pages = tuple(page for _, page in tree["entries"])
        found.append(Part(caption, pages, bool(tree.get("numbered"))))
    return found


def chapters(env: Any) -> list[str]:
    """The numbered pages, in order."""
    return [page for part in parts(env) if part.numbered for page in part.pages]


def level(env: Any, page: str) -> str:
    """The level that a chapter gives itself."""
    return str(env.metadata[page]["level"])


def needs(env: Any, page: str) -> list[str]:
    """The pages that a chapter builds on."""
    said = str(env.metadata[page].get("needs", "[]"))
    names = json.loads(said) if said.startswith("[") else [said]
    return [f"{FOLDER}{name}" for name in names]


def problems(env: Any) -> list[str]:
    """What the front matter of chapters lacks or gets wrong."""
    known, found = chapters(env), []
    for page in known:
        said, path = env.metadata[page], env.doc2path(page)
        found += [f"{path}: it lacks {key!r}" for key in ("level", "needs") if key not in said]
        if said.get("level", "core") not in LEVELS:
            found.append(f"{path}: the level {said['level']!r} is none of {', '.join(LEVELS)}")
        found += [
            f"{path}: it needs {name.removeprefix(FOLDER)!r}, which is no chapter"
            for name in needs(env, page)
            if name not in known
        ]
    return found


def check(app: Sphinx, env: Any) -> None:
    """Note the parts; stop the build where chapters do not say what they are."""
    env.book_parts = read_parts(env)
    if found := problems(env):
        stop("Chapters do not say what they are.", ["\n".join(found), HOW])


def titled(env: Any, page: str) -> str:
    """Number and title of a chapter."""
    number = env.toc_secnumbers.get(page, {}).get("", ())
    return f"{'.'.join(map(str, number))}. {env.titles[page].astext()}".removeprefix(". ")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("env-updated", check, priority=100)  # before others use them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
