"""What the published site tells others: its addresses, its picture, its pages, and a missing page.

All follow from `html_baseurl`, which the extension `repository` sets.
"""

import re
import sys
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlparse
from xml.sax.saxutils import escape as escape_xml

from sphinx.application import Sphinx
from sphinx.config import Config

PICTURE = "_static/social.png"
MISSING = """<h1>There is no such page</h1>
<p>The address names a page that this book does not have, perhaps because it moved.
Begin at the <a href="/index.html">first page</a>, choose a chapter from the contents,
or <a href="/search.html">search</a> for what you were looking for.</p>"""
# A host shows the page under every address that it does not have, and the book may lie in any of
# its folders: the nearest one above that address in which the book's list of words is.
BASE = """<head>
<base href="{prefix}">
<script>
const served = location.protocol !== "file:";
if (!served) document.querySelector("base").removeAttribute("href");
for (let at = served && location.pathname; at; ) {{
  at = at.slice(0, at.lastIndexOf("/"));
  const asked = new XMLHttpRequest();
  asked.open("HEAD", `${{at}}/searchindex.js`, false);
  asked.send();
  if (asked.status === 200) {{ document.querySelector("base").href = `${{at}}/`; break; }}
}}
addEventListener("DOMContentLoaded", () => {{
  for (const link of document.querySelectorAll('a[href^="#"]'))
    link.href = location.pathname + link.hash;
}});
</script>"""


def set_addresses(app: Sphinx, config: Config) -> None:
    """Derive the addresses that the extensions for previews elsewhere and for 404 ask for."""
    base = config.html_baseurl
    config.ogp_site_url = base
    config.ogp_image = urljoin(base, PICTURE)
    config.notfound_urls_prefix = "/"
    config.notfound_context = {"title": "No such page", "body": MISSING}


def free_missing_page(app: Sphinx, exception: Exception | None) -> None:
    """Have the page for missing ones find the others from wherever it is shown."""
    path = Path(app.outdir) / "404.html"
    if exception is not None or not path.is_file():
        return
    html = path.read_text("utf-8")
    if "<base " not in html:  # as it is where nothing changed
        prefix = escape(urlparse(app.config.html_baseurl).path or "/")
        html = re.sub(r'\b(href|src|action)="/(?!/)', r'\1="', html)
        path.write_text(html.replace("<head>", BASE.format(prefix=prefix), 1), "utf-8")


def sitemap(base: str, pages: list[str]) -> str:
    """The sitemap of pages by their names; see sitemaps.org."""
    addresses = [escape_xml(urljoin(base, f"{name}.html")) for name in sorted(pages)]
    rows = "".join(f"<url><loc>{address}</loc></url>\n" for address in addresses)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """Name every page, not only those that this build wrote, as sphinx-sitemap would."""
    if exception is None and app.builder.name == "html":
        base = app.config.html_baseurl
        text = sitemap(base, list(app.env.found_docs))
        (Path(app.outdir) / "sitemap.xml").write_text(text, "utf-8")
        robots = f"User-agent: *\nAllow: /\nSitemap: {urljoin(base, 'sitemap.xml')}\n"
        (Path(app.outdir) / "robots.txt").write_text(robots, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    cards: Any = ModuleType("sphinxext.opengraph._social_cards")
    cards.DEFAULT_SOCIAL_CONFIG, cards.create_social_card = {}, None
    sys.modules.setdefault(cards.__name__, cards)  # to draw them it loads Matplotlib; none is drawn
    app.setup_extension("sphinxext.opengraph")
    app.setup_extension("notfound.extension")
    app.connect("config-inited", set_addresses, priority=200)
    app.connect("build-finished", write_sitemap)
    app.connect("build-finished", free_missing_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
