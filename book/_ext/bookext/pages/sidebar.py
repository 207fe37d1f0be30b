"""The list of pages beside the text: its parts fold, that of the page is open."""

from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx


def folded(soup: BeautifulSoup) -> BeautifulSoup:
    """The theme's list with each part in a `<details>`, which needs no script.

    A list without a caption goes on in the part above it.
    """
    part: Tag | None = None
    found: list[Any] = [*soup.find_all(True, recursive=False)]
    for each in found:
        if "caption" in each.get("class", []):
            part = soup.new_tag("details", attrs={"class": "bn-part"})
            each.insert_before(part)
            summary = soup.new_tag("summary")
            summary.string = each.get_text()
            part.append(summary)
            each.decompose()
        elif part is not None:
            part.append(each.extract())
            if each.select_one(".current"):
                part["open"] = ""
    return soup


def fold(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Have the theme fold the list that it makes for the side bar."""
    make: Callable[..., Any] | None = context.get("generate_toctree_html")
    if make is not None:
        context["generate_toctree_html"] = lambda kind, **options: (
            folded(make(kind, **options)) if kind == "sidebar" else make(kind, **options)
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("html-page-context", fold, priority=600)  # after the theme's own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
