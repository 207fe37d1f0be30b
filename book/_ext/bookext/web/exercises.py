"""Exercises as one box each: kind and difficulty at the side, the solution folded as last line."""

import re
from typing import Any

from sphinx.application import Sphinx

_PAIR = re.compile(
    r'<div class="exercise admonition" id="(?P<id>[^"]*)">\s*'
    r'<p class="admonition-title">\s*(?P<number><span class="caption-number">[^<]*</span>)\s*'
    r"\((?P<stars>[★☆]+) (?P<kind>\w+): (?P<title>.*?)\)</p>\s*"
    r'<section id="exercise-content">(?P<task>.*?)</section>\s*</div>'
    r"(?P<between>(?:(?!<section|</section|exercise admonition).)*?)"  # a stub to write in
    r'<div class="solution dropdown admonition" id="(?P<solution>[^"]*)">\s*'
    r'<p class="admonition-title">[^<]*<a [^>]*href="#(?P=id)">.*?</p>\s*'
    r'<section id="solution-content">(?P<answer>.*?)</section>\s*</div>',
    re.DOTALL,
)
_BOX = (
    r'<div class="exercise admonition" id="\g<id>"><p class="admonition-title">\g<number>'
    r'\g<title> <span class="exercise-kind">\g<kind> \g<stars></span></p>\g<task>\g<between>'
    r'<details class="solution" id="\g<solution>"><summary>Solution</summary>\g<answer>'
    r"</details></div>"
)


def boxed(html: str) -> str:
    """The page with each exercise and the solution that follows it in one box."""
    return _PAIR.sub(_BOX, html)


def box(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Rewrite the text of one page."""
    if "body" in context:
        context["body"] = boxed(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("html-page-context", box, priority=400)  # before others read the page
    return {"parallel_read_safe": True, "parallel_write_safe": True}
