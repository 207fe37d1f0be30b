"""What a link leads to, shown beside it: equations, terms, figures, references, sections.

sphinx-tippy makes the previews. Its scripts are part of the site here, and what it knows of the
pages is kept from one build to the next, for a page that is written anew refers to others.
"""

import pickle
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import sphinx_tippy  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.config import Config

from ..web.web_files import fetched, publish

_SOURCE = re.compile(r"<source [^>]*>")  # of a picture, whose address is not made to fit
SCRIPTS = (("popper", "popper.min.js"), ("tippy", "tippy-bundle.umd.min.js"))
OWN = "previews.js"  # in book/_assets
_ID = re.compile(r' id="[^"]*"')


def use_local_scripts(app: Sphinx, config: Config) -> None:
    """Have the pages load the scripts from the site; stop where they are missing."""
    for name, file in SCRIPTS:
        fetched(name, file)
    config.tippy_js = tuple(f"{name}/{file}" for name, file in SCRIPTS)


def kept(app: Sphinx) -> Path:
    """The file that holds what is known of the pages."""
    return Path(app.doctreedir) / "previews.pickle"


def recall(app: Sphinx) -> None:
    """Take over what the last build knew of pages that are still there, and not in a copy."""
    if app.builder.name != "html" or not kept(app).is_file():
        return
    pages = pickle.loads(kept(app).read_bytes())
    known = {
        name: page
        for name, page in pages.items()
        if page["js_path"].is_relative_to(app.outdir) and page["js_path"].is_file()
    }
    app.env.tippy_data = {"pages": known, "wiki_titles": set()}  # type: ignore[attr-defined]


def collect(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Have sphinx-tippy read a page, or take what is known of it where its text is the same."""
    if not doctree:
        return
    pages = sphinx_tippy.get_tippy_data(app)["pages"]
    text = sha256(context["body"].encode()).hexdigest()
    if pages.get(page, {}).get("text") != text:
        seen = context | {"body": _SOURCE.sub("", context["body"])}
        sphinx_tippy.collect_tips(app, page, template, seen, doctree)
        pages[page] |= {"text": text, "new": True}
        tips = pages[page]["id_to_html"]
        for name, html in tips.items():  # a term and its explanation stand in a list of them
            if html.startswith("<dt"):
                tips[name] = f"<dl>{_ID.sub('', html)}</dl>"
        app.add_js_file(OWN, loading_method="defer")
        return
    own = pages[page]["js_path"].relative_to(Path(app.outdir, "_static")).as_posix()
    for script in (*app.config.tippy_js, OWN, own):
        app.add_js_file(script, loading_method="defer")


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the previews of pages that are new, or that lead to such a page."""
    if exception is not None or app.builder.name != "html":
        return
    pages = sphinx_tippy.get_tippy_data(app)["pages"]
    new = {name for name, page in pages.items() if page.pop("new", False)}
    for name, page in pages.items():
        if name in new or new & {other for other, _ in page["refs_in_page"]}:
            sphinx_tippy.write_tippy_props_page(app, name, {}, {}, {})


def take_over(app: Sphinx) -> None:
    """Put `collect` and `write` in the place of sphinx-tippy's own, which do all pages anew."""
    own = {sphinx_tippy.collect_tips, sphinx_tippy.write_tippy_js}
    for event in ("html-page-context", "build-finished"):
        for listener in list(app.events.listeners[event]):
            if listener.handler in own:
                app.disconnect(listener.id)
    app.connect("html-page-context", collect, priority=450)
    app.connect("build-finished", write)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Publish the scripts, drop those of pages' earlier versions, and keep what is known."""
    if exception is not None or app.builder.name != "html":
        return
    for name, file in SCRIPTS:
        publish(app, name, file)
    found = getattr(app.env, "tippy_data", {"pages": {}})["pages"]
    pages = {name: page for name, page in found.items() if name in app.env.found_docs}
    wanted = {page["js_path"] for page in pages.values()}
    for path in (Path(app.outdir) / "_static" / "tippy").rglob("*.*.js"):
        if path not in wanted and path.name != SCRIPTS[1][1]:
            path.unlink()
    kept(app).write_bytes(pickle.dumps(pages))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("sphinx_tippy")
    take_over(app)
    app.connect("config-inited", use_local_scripts)
    app.connect("builder-inited", recall)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
