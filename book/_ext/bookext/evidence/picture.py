"""All findings of the book in one picture: a row for each, by chapter, or a dot, by part."""

from html import escape
from itertools import groupby
from typing import Any

from sphinx import addnodes
from sphinx.application import Sphinx

from .forest import LEGEND, Plot, effects, findings, place
from .multiplicity import tally

ROW, GAP, TITLE = 10, 6, 14  # pixels: of a finding, between chapters, of a title
DOT, WIDE = 11, 680  # pixels: of a dot, and of a picture in which no two lie upon each other
HINT = "Each mark leads to its card; the large ones are the headline findings."
UNREACHED = ' tabindex="-1"'  # by the keyboard: lines below, or a link, lead to the same cards


def parts(env: Any) -> dict[str, str]:
    """The part of the book to which each page belongs."""
    found, caption = {}, ""
    for tree in env.tocs[env.config.root_doc].findall(addnodes.toctree):
        caption = tree.get("caption") or caption
        found.update(dict.fromkeys(tree["includefiles"], caption))
    return found


def by_chapter(plot: Plot, claims: list[dict[str, Any]]) -> None:
    """A row for each finding below the title of its chapter, which a phone has room for there."""
    for page, group in groupby(claims, lambda claim: str(claim["page"])):
        rows = list(group)
        title = escape(plot.app.env.titles[page].astext())
        plot.drawn.append(
            f'<a href="{plot.link(page)}"{UNREACHED}><text y="{plot.y + 11}">{title}</text></a>'
        )
        plot.y += TITLE
        for index, claim in enumerate(rows):
            y = plot.y + ROW * index
            area = f'<rect y="{y}" width="100%" height="{ROW}" class="row"/>'
            plot.mark(claim, y + ROW / 2, area, UNREACHED)
        plot.y += ROW * len(rows) + GAP


def by_part(plot: Plot, claims: list[dict[str, Any]]) -> None:
    """A dot for each finding beside the name of its part; they stack where they would overlap."""
    part = parts(plot.app.env)
    for name, group in groupby(claims, lambda claim: part.get(str(claim["page"]), "")):
        ends: list[float] = []  # of the last dot of each line
        plot.drawn.append(f'<text class="part" y="{plot.y + 12}">{escape(name)}</text>')
        for claim in sorted(group, key=lambda claim: effects(claim)[0]):
            x = place(effects(claim)[0], plot.labels) / 100 * WIDE
            line = next((i for i, end in enumerate(ends) if end + DOT <= x), len(ends))
            ends[line : line + 1] = [x]
            plot.mark(claim, plot.y + DOT * (line + 0.5), "", UNREACHED)
        plot.y += max(DOT * len(ends), TITLE) + GAP


def picture(app: Sphinx, page: str, claims: list[dict[str, Any]], small: bool) -> str:
    """The findings among the claims for a page; empty where there is none."""
    found = findings(claims)
    if not found:
        return ""
    plot = Plot(app, page, 15 if small else 4)
    (by_part if small else by_chapter)(plot, found)
    return (
        f'<figure class="bn-findings bn-picture{" small" * small}">{plot.svg(tally(claims))}'
        f'<figcaption><p class="bn-legend">{LEGEND} {HINT}</p>'
        '<p class="bn-pointed" aria-hidden="true"></p></figcaption></figure>'
    )
