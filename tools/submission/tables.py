"""Markdown tables, with the roles in their cells rewritten."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

from tools.submission.errors import Place
from tools.submission.roles import Inline

RULES = {"": "---", "left": ":---", "right": "---:", "center": ":---:"}


def table_end(tokens: Sequence[Token], start: int) -> int:
    """Return the position of the token that closes the table opened at `start`."""
    return next(
        position for position in range(start, len(tokens)) if tokens[position].type == "table_close"
    )


def table_lines(tokens: Sequence[Token], start: int, inline: Inline, place: Place) -> list[str]:
    """Return the table's lines; a pipe inside a cell is escaped again."""
    rows: list[list[str]] = []
    rules: list[str] = []
    for token in tokens[start : table_end(tokens, start)]:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            rules.append(RULES[str(token.attrs.get("style", "")).removeprefix("text-align:")])
        elif token.type == "inline":
            where = place.down(len(rows) - 1 + (len(rows) > 1))
            rows[-1].append(inline.convert(token, where).replace("|", r"\|"))
    rows.insert(1, rules)
    return [f"| {' | '.join(row)} |" for row in rows]
