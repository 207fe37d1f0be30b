"""Interactive figures on pages without a kernel: their modules in one script, where needed."""

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import ReferenceRole

PLAYGROUND = "book/playground"
STYLE = "explorables.css"
_FIGURE = re.compile(r'class="bn-explorable" data-module="([\w-]+)"')


def modules_of(body: str) -> list[str]:
    """Names of the modules that the figures of a page ask for."""
    return sorted(set(_FIGURE.findall(body)))


def script(names: list[str]) -> str:
    """A classic script that holds the modules as text and starts the figures of a page.

    Raises FileNotFoundError for a module that does not exist.
    """
    from bnutils.show.explorables.bundle import FOLDER, bundle

    sources = json.dumps({name: bundle(name) for name in names})
    return f"window.BN_MODULES = {sources};\n{(FOLDER / 'mount.js').read_text('utf-8')}"


def add_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load script and style on a page with figures; the script is the page's own."""
    names = modules_of(context.get("body", ""))
    if not names:
        return
    from bnutils.show.explorables.bundle import FOLDER

    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    name = f"explorables-{'-'.join(names)}.js"
    (static / name).write_text(script(names), "utf-8")
    (static / STYLE).write_text((FOLDER / STYLE).read_text("utf-8"), "utf-8")
    app.add_js_file(name, loading_method="defer")
    app.add_css_file(STYLE)


class Live(ReferenceRole):
    """{live}`words <data=spirals&depth=6&lr=1>`: a link to the playground with these settings."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        page = posixpath.relpath(PLAYGROUND, posixpath.dirname(self.env.docname))
        words = self.title if self.has_explicit_title else "run this live"
        address = f"{page}.html#play?{self.target}"
        link = nodes.reference(
            self.rawtext, f"{words} ▸", refuri=address, classes=["bn-live"], internal=True
        )
        return [link], []


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_role("live", Live())
    app.connect("html-page-context", add_assets, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
