"""Reading directives: which are understood, their arguments, options and body."""

from __future__ import annotations

from dataclasses import dataclass

from docutils.parsers.rst import Directive
from docutils.parsers.rst.directives import admonitions
from docutils.parsers.rst.directives.tables import RSTTable
from docutils.parsers.rst.states import MarkupError
from markdown_it.token import Token
from myst_parser.parsers.directives import parse_directive_text
from sphinx.directives.code import LiteralInclude
from sphinx.directives.patches import MathDirective

from tools.submission.errors import Place, SubmissionError

ADMONITIONS: dict[str, type[Directive]] = {
    "admonition": admonitions.Admonition,
    "attention": admonitions.Attention,
    "caution": admonitions.Caution,
    "danger": admonitions.Danger,
    "hint": admonitions.Hint,
    "important": admonitions.Important,
    "note": admonitions.Note,
    "tip": admonitions.Tip,
    "warning": admonitions.Warning,
}
KNOWN: dict[str, type[Directive]] = {
    **ADMONITIONS,
    "literalinclude": LiteralInclude,
    "math": MathDirective,
    "table": RSTTable,
}
# What decides how a listing looks in the book, and nothing in a code cell.
LISTING_STYLE = frozenset(
    {"caption", "class", "dedent", "emphasize-lines", "language", "linenos", "lineno-match", "name"}
)


@dataclass(frozen=True)
class Call:
    """A directive as written: its body starts at `place`."""

    name: str
    argument: str
    options: dict[str, object]
    body: str
    place: Place


def is_directive(token: Token) -> bool:
    """Tell whether a fence is a directive and not a block of code."""
    return token.type in {"fence", "colon_fence"} and token.info.strip().startswith("{")


def directive_name(token: Token) -> str:
    """Return what stands between the braces."""
    return token.info.strip()[1:].partition("}")[0]


def read_directive(token: Token, place: Place) -> Call:
    """Read a directive at a place; raises SubmissionError when it is not one of KNOWN."""
    name, argument = directive_name(token), token.info.partition("}")[2]
    if name not in KNOWN:
        raise SubmissionError(
            place,
            f"the directive {{{name}}} is not understood",
            f"use one of {', '.join(sorted(KNOWN))}; a figure is a code cell, "
            "and a table a Markdown table",
        )
    try:
        result = parse_directive_text(KNOWN[name], argument.strip(), token.content)
    except MarkupError as error:
        raise SubmissionError(
            place, f"{{{name}}}: {error}", "see the directive's description"
        ) from error
    if result.warnings:
        raise SubmissionError(
            place,
            f"{{{name}}}: {result.warnings[0].msg}",
            "correct the directive's first lines",
        )
    return Call(
        name,
        " ".join(result.arguments),
        result.options,
        "\n".join(result.body),
        place.down(1 + result.body_offset),
    )
