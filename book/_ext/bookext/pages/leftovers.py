"""Removes from the site what belongs to pages and figures that are no more."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDERS = ("_static/data", "_static/figures", "_static/narrow")  # whose files belong to figures
_OUTPUT = re.compile(r"[0-9a-f]{64}\.")


def files_of_figures(env: Any) -> dict[str, str]:
    """The files of figures in `FOLDERS`, and what each is a copy of, if any."""
    pages = (data.get("figure_files", {}) for data in env.metadata.values())
    return {name: source for files in pages for name, source in files.items()}


def gone(source: str, pages: set[str]) -> str | None:
    """The page that a file in `_sources` is of, where there is no such page any more."""
    name = source
    while "." in name.rpartition("/")[2]:
        name = name.rpartition(".")[0]
        if name in pages:
            return None
    return name


def remove(app: Sphinx, exception: Exception | None) -> None:
    """Remove pages with their sources, outputs and files of figures that no page has."""
    if exception is not None or app.builder.name != "html":
        return
    out, env = Path(app.outdir), app.env
    for path in [path for path in (out / "_sources").rglob("*") if path.is_file()]:
        page = gone(path.relative_to(out / "_sources").as_posix(), env.found_docs)
        if page is not None:
            path.unlink()
            (out / f"{page}.html").unlink(missing_ok=True)
    images = {name for _, name in env.images.values()}
    for path in (out / "_images").glob("*"):
        if _OUTPUT.match(path.name) and path.name not in images:
            path.unlink()
    files = {out / name for name in files_of_figures(env)}
    for folder in FOLDERS:
        for path in (out / folder).glob("*"):
            if path not in files:
                path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("build-finished", remove, priority=300)  # before others look at all pages
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
