"""Putting rewritten text back where it stood: in lists and quotations."""

from __future__ import annotations

from markdown_it.token import Token


def indentation(token: Token, lines: list[str]) -> str:
    """Return what stands before a nested block on its first line: spaces or quotation marks."""
    assert token.map is not None
    first = lines[token.map[0]]
    marks = token.markup or "$$"
    prefix = first.partition(marks)[0]
    return prefix if not prefix.strip(" >") else " " * len(prefix)


def reindented(text: str, token: Token, lines: list[str]) -> list[str]:
    """Put what stood before each line of a paragraph (list marks, `>`) before its new lines."""
    assert token.map is not None
    start, stop = token.map
    old = token.content.split("\n")
    prefixes = [
        line.rstrip().removesuffix(content.rstrip())
        for line, content in zip(lines[start:stop], old, strict=False)
    ]
    new = text.split("\n")
    last = prefixes[-1] if len(prefixes) > 1 else " " * len(prefixes[0])
    prefixes += [last] * (len(new) - len(prefixes))
    return [prefix + line for prefix, line in zip(prefixes, new, strict=False)]
