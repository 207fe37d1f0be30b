"""What a link leads to, shown beside it: equations, terms, figures, references, sections.

sphinx-tippy makes the previews. Its scripts are part of the site here, and what it knows of the
pages is kept from one build to the next, for a page that is written anew refers to others.
"""

import pickle
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from .web_files import fetched, publish

SCRIPTS = (("popper", "popper.min.js"), ("tippy", "tippy-bundle.umd.min.js"))
CACHES = ("tippy_wiki_cache.json", "tippy_doi_cache.json", "tippy_rtd_cache.json")


def use_local_scripts(app: Sphinx, config: Config) -> None:
    """Have the pages load the scripts from the site; stop where they are missing."""
    for name, file in SCRIPTS:
        fetched(name, file)
    config.tippy_js = tuple(f"{name}/{file}" for name, file in SCRIPTS)


def kept(app: Sphinx) -> Path:
    """The file that holds what is known of the pages."""
    return Path(app.doctreedir) / "previews.pickle"


def recall(app: Sphinx) -> None:
    """Take over what the last build knew of pages that are still there."""
    if app.builder.name != "html" or not kept(app).is_file():
        return
    pages = pickle.loads(kept(app).read_bytes())
    known = {name: page for name, page in pages.items() if page["js_path"].is_file()}
    app.env.tippy_data = {"pages": known, "wiki_titles": set()}  # type: ignore[attr-defined]


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
    for name in CACHES:
        (Path(app.outdir) / name).unlink(missing_ok=True)
    kept(app).write_bytes(pickle.dumps(pages))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("sphinx_tippy")
    app.connect("config-inited", use_local_scripts)
    app.connect("builder-inited", recall)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
