"""Intervals as a screen reader should say them: ``1.13 ± 0.28`` as "1.13, from 0.85 to 1.41".

The words are an attribute, which a style sheet writes out of sight: so they are neither found nor
copied, and are no text of notebooks.
"""

import re
from decimal import Decimal
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SIGNS = {"+": "plus ", "\N{MINUS SIGN}": "minus ", "×": "times "}
_NUMBER = rf"[{''.join(SIGNS)}]?\d+(?:\.\d+)?"
SHORT = re.compile(rf"({_NUMBER})\xa0(?:±\xa0({_NUMBER})|\[({_NUMBER}),\xa0({_NUMBER})\])")
_CARD = re.compile(r'class="bn-(claim|line)')
_TEXT = re.compile(r"(?<=>)[^<]+(?=<)")


class interval(nodes.inline):
    """The short form of an interval, with its ``words``."""


def words(found: re.Match[str]) -> str:
    """What to say for a match of `SHORT`; the ends of ± are those of the numbers shown."""
    mean, half, low, high = found.groups()
    if half:
        middle = Decimal(mean.replace("\N{MINUS SIGN}", "-"))
        low, high = (
            str(end).replace("-", "\N{MINUS SIGN}")
            for end in (middle - Decimal(half), middle + Decimal(half))
        )
    mean, low, high = (SIGNS.get(n[0], n[0]) + n[1:] for n in (mean, low, high))
    return f"{mean}, from {low} to {high}"


def marked(text: str) -> list[nodes.Node]:
    """The text with its intervals as nodes of their own."""
    parts: list[nodes.Node] = []
    end = 0
    for found in SHORT.finditer(text):
        parts += [nodes.Text(text[end : found.start()]), interval("", found[0], words=words(found))]
        end = found.end()
    return [*parts, nodes.Text(text[end:])]


def in_html(html: str) -> str:
    """HTML with the intervals in its text marked, not those in attributes."""
    return _TEXT.sub(
        lambda text: SHORT.sub(lambda found: span(found[0], words(found)), text[0]), html
    )


def span(short: str, said: str) -> str:
    """The HTML of an interval: its short form is for the eye alone."""
    hidden = f'<span aria-hidden="true">{short}</span>'
    return f'<span class="bn-interval" data-words="{said}">{hidden}</span>'


class Speak(SphinxPostTransform):
    """Marks the intervals of a page after numbers were pasted, at 5, and cards made, at 8."""

    default_priority = 9
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Mark them."""
        for text in list(self.document.findall(nodes.Text)):
            literal = isinstance(text.parent, nodes.literal | nodes.FixedTextElement | nodes.math)
            if not literal and SHORT.search(text):
                text.parent.replace(text, marked(text))
        for raw in list(self.document.findall(nodes.raw)):
            if _CARD.search(raw.astext()):
                raw.replace_self(nodes.raw("", in_html(raw.astext()), **raw.attributes))


def visit(writer: Any, node: interval) -> None:
    """Write the interval."""
    writer.body.append(span(node.astext(), node["words"]))
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_node(interval, html=(visit, None))
    app.add_post_transform(Speak)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
