"""Roles and inline formulas, written as plain Markdown."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from markdown_it.token import Token

from tools.submission.bibliography import Bibliography
from tools.submission.errors import Place, SubmissionError
from tools.submission.maths import expand
from tools.submission.references import References

PLAIN = {
    "code_inline",
    "em_close",
    "em_open",
    "hardbreak",
    "html_inline",
    "link_close",
    "softbreak",
    "strong_close",
    "strong_open",
    "text",
    "text_special",
}
REMEDY = "use one of glue:text, cite:p, cite:t, ref, numref, eq, term, doc"


@dataclass(frozen=True)
class Inline:
    """Rewrites the content of paragraphs, headings and table cells."""

    references: References
    bibliography: Bibliography
    macros: Mapping[str, object]

    def convert(self, token: Token, place: Place) -> str:
        """Return the token's source with roles and formulas replaced.

        Raises SubmissionError for a construct that a notebook cannot show.
        """
        source, end, parts = token.content, 0, []
        for child in token.children or ():
            if child.type in {"myst_role", "math_inline"}:
                start, stop = child.meta["span"]
                where = place.down(source.count("\n", 0, start))
                if child.type == "math_inline":
                    replacement = expand(source[start:stop], self.macros, where)
                else:
                    replacement = self._role(child.meta["name"], child.content, where)
                parts += [source[end:start], replacement]
                end = stop
            elif child.type == "link_open":
                self._check_link(str(child.attrs.get("href", "")), place)
            elif child.type not in PLAIN:
                raise SubmissionError(
                    place,
                    f"the inline construct `{child.type}` is not understood",
                    "write it as plain text, emphasis, code, a formula or a role",
                )
        return "".join([*parts, source[end:]])

    def _role(self, name: str, content: str, place: Place) -> str:
        text, target = _text_and_target(content)
        match name:
            case "glue:text":
                # The names are unique in the book: which page (`page::name`) does not matter.
                return f"⟦{content.strip().rpartition('::')[2]}⟧"
            case "cite:p" | "cite:t":
                return self.bibliography.cite(content, name == "cite:t", place)
            case "ref":
                return self.references.refer(target, text, place)
            case "numref":
                return self.references.number(target, text, place)
            case "eq":
                return self.references.equation(target, place)
            case "doc":
                return self.references.document(_document(target, place), text, place)
            case "term":
                return text or target
        raise SubmissionError(place, f"the role {{{name}}} is not understood", REMEDY)

    def _check_link(self, href: str, place: Place) -> None:
        if href.startswith("#"):
            self.references.refer(href[1:], "text", place)
        elif not re.match(r"[a-z][a-z+.-]*:", href):
            raise SubmissionError(
                place,
                f"the link to {href!r} leads out of the notebook",
                "use {doc} or {ref} for the book's own pages, or a whole address",
            )


def _text_and_target(content: str) -> tuple[str, str]:
    match = re.fullmatch(r"(?s)(.*?)\s*<([^<>]+)>\s*", content)
    return (match[1], match[2]) if match else ("", content.strip())


def _document(target: str, place: Place) -> str:
    """Return the chapter's name, from a path relative to the page or to the project."""
    path = target.removesuffix(".md")
    if path.startswith("/"):
        return path.removeprefix("/").removeprefix("book/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(place.file), path))
