"""One style sheet for the whole site, of what its pages use, with icon fonts of what it shows.

The theme's sheets and fonts are ten times as large, and a page waits for each of them.
"""

import json
import posixpath
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from .icons import codes, subset
from .purge import names_in_script, names_of_page, purged

SHEET = "site.css"
NEVER = ("sphinx-thebe.css",)  # no page starts Thebe
OWN = ("book.css", "claims.css", "explorables.css")  # short, and for what scripts make
_LINK = re.compile(
    r'<link (?=[^>]*rel="stylesheet")[^>]*href="([^"]*?_static/)([^"?]+\.css)[^"]*"[^>]*>\n?'
)
_ADDRESS = re.compile(r"""url\(\s*["']?(?!data:|https?:|#)([^"')]+?)["']?\s*\)""")
_IMPORT = re.compile(r"""@import\s+["']([^"']+)["']\s*;""")
_ICON_FONT = re.compile(r"url\(([\w/.-]*/webfonts/fa-[\w-]+)\.woff2[^)]*\)(?:\s*format\([^)]*\))?")


def merged(lists: list[list[str]]) -> list[str]:
    """All names of some lists, each once, in an order that fits every list where one does."""
    order: list[str] = []
    for names in lists:
        place = 0
        for name in names:
            if name in order:
                place = order.index(name) + 1
            else:
                order.insert(place, name)
                place += 1
    return order


def read(static: Path, name: str) -> str:
    """A sheet with what it imports; its addresses are seen from the folder `static`."""
    folder = posixpath.dirname(name)

    def imported(match: re.Match[str]) -> str:
        return read(static, posixpath.normpath(posixpath.join(folder, match[1])))

    def moved(match: re.Match[str]) -> str:
        return f"url({posixpath.normpath(posixpath.join(folder, match[1]))})"

    text = (static / name).read_text("utf-8").replace('@charset "UTF-8";', "")
    before = _ADDRESS.sub(moved, _IMPORT.sub("", text))
    return "".join(imported(match) for match in _IMPORT.finditer(text)) + before


def lean_sheet(static: Path, sheets: list[str], names: set[str]) -> str:
    """The sheets as one: those of others without what cannot be used."""
    texts = ((name, read(static, name)) for name in sheets)
    return "\n".join(text if name in OWN else purged(text, names) for name, text in texts)


def with_own_icons(css: str, static: Path) -> str:
    """The sheet with icon fonts cut down to its icons, which are written beside the others."""
    wanted = codes(css)

    def cut(match: re.Match[str]) -> str:
        font = static / f"{match[1]}.ttf"
        small = subset(font.read_bytes(), wanted)
        font.with_suffix(".woff").write_bytes(small)
        return f'url({match[1]}.woff) format("woff")'

    css = re.sub(r",\s*url\([\w/.-]*/webfonts/[\w-]+\.ttf[^)]*\)(?:\s*format\([^)]*\))?", "", css)
    return _ICON_FONT.sub(cut, css)


def rewrite(html: str, version: str) -> str:
    """The page with one sheet where its first was."""
    first = _LINK.search(html)
    if first is None:
        return html
    link = f'<link rel="stylesheet" href="{first[1]}{SHEET}?v={version}" />\n'
    return html[: first.start()] + link + _LINK.sub("", html[first.start() :])


def make_lean(app: Sphinx, exception: Exception | None) -> None:
    """Write the sheet from all pages, and have the pages of this build load it."""
    if exception is not None or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    pages = {
        path: path.read_text("utf-8")
        for path in sorted(Path(app.outdir).rglob("*.html"))
        if static not in path.parents
    }
    known = Path(app.doctreedir) / "sheets.json"
    last = json.loads(known.read_text("utf-8")) if known.is_file() else {"sheets": []}
    lists = [last["sheets"]]
    lists += [[match[2] for match in _LINK.finditer(html)] for html in pages.values()]
    sheets = [name for name in merged(lists) if name not in (SHEET, *NEVER)]
    names = set().union(*map(names_of_page, pages.values()))
    for script in static.rglob("*.js"):
        if static / "tippy" in script.parents[1:]:
            continue  # previews show parts of pages, of which all names are known
        names |= names_in_script(script.read_text("utf-8"))
    made_of = sha256(json.dumps(sorted(names)).encode())
    for name in sheets:
        made_of.update((static / name).read_bytes())
    version = made_of.hexdigest()[:8]
    if last != {"sheets": sheets, "version": version} or not (static / SHEET).is_file():
        css = with_own_icons(lean_sheet(static, sheets, names), static)
        (static / SHEET).write_text(css, "utf-8")
        known.write_text(json.dumps({"sheets": sheets, "version": version}), "utf-8")
    for path, html in pages.items():
        lean = rewrite(html, version)
        if lean != html:
            path.write_text(lean, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension, which works on what all others have written."""
    app.connect("build-finished", make_lean, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
