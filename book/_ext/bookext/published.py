"""What the published site tells others: its addresses, its picture, its pages, and a missing page.

All follow from `html_baseurl`, which the extension `repository` sets.
"""

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlparse
from xml.sax.saxutils import escape as escape_xml

from sphinx.application import Sphinx
from sphinx.config import Config

PICTURE = "_static/social.png"
MISSING = """<h1>There is no such page</h1>
<p>The address names a page that this book does not have, perhaps because it moved.
Begin at the <a href="{home}">first page</a>, choose a chapter from the contents,
or <a href="{search}">search</a> for what you were looking for.</p>"""


def set_addresses(app: Sphinx, config: Config) -> None:
    """Derive the addresses that the extensions for previews elsewhere and for 404 ask for."""
    base = config.html_baseurl
    config.ogp_site_url = base
    config.ogp_image = urljoin(base, PICTURE)
    config.notfound_urls_prefix = urlparse(base).path or "/"
    links = {
        "home": escape(urljoin(base, "index.html")),
        "search": escape(urljoin(base, "search.html")),
    }
    config.notfound_context = {"title": "No such page", "body": MISSING.format(**links)}


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
    app.setup_extension("sphinxext.opengraph")
    app.setup_extension("notfound.extension")
    app.connect("config-inited", set_addresses, priority=200)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
