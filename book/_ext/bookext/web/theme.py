"""Last touches to the theme's pages: no needless scripts, and names that screen readers can use."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_FONT_AWESOME = re.compile(
    r"<!-- So that users can add custom icons -->"
    r'\s*<script src="[^"]*scripts/fontawesome\.js[^"]*"></script>'
)
_SEARCH_LABEL = re.compile(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"')
_LOGO = re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand logo")')
_EMPTY_HEAD = re.compile(r'<th( class="[^"]*")?>\s*(?:<p>\s*</p>)?\s*</th>')
_CITATION_ROLE = re.compile(
    r' role="(?:doc-biblioentry"|(?<=<div role=")list"(?= class="citation-list"))'
)
_SOURCE_LINK = re.compile(r'(<a href="[^"]*_sources/[^"]*")(?= target="_blank")')
_SEARCH_SCRIPT = re.compile(
    r'<script (?=src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*">)'
)
_VIEWPORT = re.compile(r'(?s)(<meta name="viewport"[^>]*>)(.*?</head>)')
_OTHER_VIEWPORT = re.compile(r'[ ]*<meta name="viewport"[^>]*>\n?')
_TWICE = re.compile(r"<title>(.+?) &#8212; \1</title>")
_THEME = 'localStorage.getItem("theme") || "auto"'
_CHOSEN = """localStorage.getItem("theme")
      || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")"""
_CONTENTS = 'class="page-toc"'
_SPY = ' data-bs-spy="scroll"'
_HEAD = re.compile(r"<head>(?!.*bn-from-disk)", re.DOTALL)
_FACES = """<head>
  <script>
    // Faces that are there before the first word move nothing. From a disk nothing is preloaded.
    if (location.protocol === "file:") document.documentElement.classList.add("bn-from-disk");
    else for (const name of ["inter", "inter-italic", "jetbrains-mono"])
      document.head.append(Object.assign(document.createElement("link"), {
        rel: "preload", as: "font", type: "font/woff2", crossOrigin: "",
        href: `${document.documentElement.dataset.content_root}_static/fonts/${name}.woff2`,
      }));
  </script>"""
_TOGGLE_LABEL = re.compile(r'(<summary) aria-label="Toggle hidden content"')


def tidy(html: str) -> str:
    """The same page without the icons' script (the style sheet draws them) and with true labels.

    A label that differs from the text it names is an accessibility fault, and so are a heading
    of a table without words, roles that do not fit what they hold, and a logo outside every
    landmark. A page's sources are downloaded, where a browser lets them be. The scripts of the
    search page wait for those they use, which wait for the page. Colours are set before the first
    word is shown, and without scripts too. The contents beside a page tell where its reader is.
    """
    html = _FONT_AWESOME.sub("", html)
    html = _SEARCH_LABEL.sub(r"\1", html)
    html = _TOGGLE_LABEL.sub(r"\1", html)
    html = _SEARCH_SCRIPT.sub('<script defer="defer" ', html)
    html = _EMPTY_HEAD.sub(r"<td\1></td>", html)
    html = _CITATION_ROLE.sub("", html)
    html = _SOURCE_LINK.sub(r"\1 download", html)
    html = _VIEWPORT.sub(lambda found: found[1] + _OTHER_VIEWPORT.sub("", found[2]), html, count=1)
    html = _TWICE.sub(r"<title>\1</title>", html)
    html = _HEAD.sub(_FACES, html, count=1)
    html = html.replace(' data-theme="auto">', ' data-theme="light">', 1).replace(_THEME, _CHOSEN)
    if _CONTENTS in html:  # the name by which what follows the reading looks for them
        html = html.replace(_CONTENTS, 'class="bd-toc-nav page-toc"', 1)
    else:  # it would take all links of the page for contents
        html = html.replace(_SPY, "", 1)
    return _LOGO.sub('<div class="sidebar-primary-item" role="navigation" aria-label="Home">', html)


def wanted_scripts(scripts: list[Any]) -> list[Any]:
    """Scripts of a page, each once, those of Thebe left out (no button of this book starts it)."""
    wanted: dict[tuple[str, str], Any] = {}
    for script in scripts:
        name, body = str(script.filename or ""), str(script.attributes.get("body") or "")
        if "thebe" not in f"{name} {body}".lower():
            wanted.setdefault((name, body), script)
    return list(wanted.values())


def wait_for_the_page(script: Any) -> None:
    """Run a script when the page is there, so that nobody waits for it to see the words.

    A line that uses what another script declares becomes a module: those wait as well, in order.
    """
    if script.filename:
        script.attributes.setdefault("defer", "defer")
    elif str(script.attributes.get("body") or "").startswith("DOCUMENTATION_OPTIONS"):
        script.attributes["type"] = "module"


def filter_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave out scripts of one page, and keep the others from holding it up."""
    if "script_files" in context:
        context["script_files"] = wanted_scripts(context["script_files"])
        for script in context["script_files"]:
            wait_for_the_page(script)


def tidy_pages(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the pages of a finished build, and drop the icons' script, the largest file."""
    if exception is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        path.unlink()
    for path in Path(app.outdir).rglob("*.html"):
        before = path.read_text("utf-8")
        after = tidy(before)
        if after != before:
            path.write_text(after, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.web.exercises")
    app.add_js_file("chrome.js", loading_method="defer")
    app.connect("html-page-context", filter_scripts, priority=900)
    app.connect("build-finished", tidy_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
