"""What a piece of Markdown can be referred to by: sections, formulas, figures, tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.submission.directives import (
    ADMONITIONS,
    KNOWN,
    directive_name,
    is_directive,
    read_directive,
)
from tools.submission.errors import Place

NUMBERED = {"equation": "Equation", "figure": "Figure", "table": "Table"}


@dataclass(frozen=True)
class Target:
    """A label: its kind (section, equation, figure, table, place), chapter and title."""

    label: str
    kind: str
    chapter: str
    title: str = ""


def markdown_targets(parser: MarkdownIt, text: str, chapter: str, place: Place) -> Iterator[Target]:
    """Yield the labels of a text in order, those inside admonitions too."""
    waiting: list[str] = []
    tokens = parser.parse(text)
    for position, token in enumerate(tokens):
        if token.type == "myst_target":
            waiting.append(token.content.lower())
            continue
        if token.type == "heading_open":
            title = plain(tokens[position + 1])
            yield from (Target(label, "section", chapter, title) for label in waiting)
        else:
            yield from (Target(label, "place", chapter) for label in waiting)
        waiting = []
        if token.type == "math_block_label":
            yield Target(token.info.lower(), "equation", chapter)
        elif is_directive(token) and directive_name(token) in KNOWN:
            yield from _directive_targets(parser, token, chapter, place)
    yield from (Target(label, "place", chapter) for label in waiting)


def _directive_targets(
    parser: MarkdownIt, token: Token, chapter: str, place: Place
) -> Iterator[Target]:
    assert token.map is not None
    call = read_directive(token, place.down(token.map[0]))
    label = call.options.get("label") or call.options.get("name")
    if call.name in ADMONITIONS or call.name == "table":
        if label:
            kind = "table" if call.name == "table" else "place"
            yield Target(str(label).lower(), kind, chapter, call.argument)
        yield from markdown_targets(parser, call.body, chapter, call.place)
    elif call.name == "math" and label:
        yield Target(str(label).lower(), "equation", chapter)


def figure_target(metadata: dict[str, Any], chapter: str) -> Target | None:
    """Return the label that a code cell gives its figure, if it has one."""
    figure = metadata.get("mystnb", {}).get("figure", {})
    if not figure.get("name"):
        return None
    return Target(figure["name"].lower(), "figure", chapter)


def plain(inline: Token) -> str:
    """Return the source of a heading, formulas and code included, without its roles' names."""
    parts = []
    for child in inline.children or ():
        match child.type:
            case "math_inline":
                parts.append(f"${child.content}$")
            case "code_inline":
                parts.append(f"`{child.content}`")
            case "text" | "text_special":
                parts.append(child.content)
            case "softbreak":
                parts.append(" ")
            case "myst_role":
                parts.append(child.content.partition("<")[0].strip())
    return "".join(parts)
