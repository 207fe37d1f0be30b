"""Numbers pasted from one page into another: kept fresh, and each name given once."""

from typing import Any

from docutils import nodes
from myst_nb.ext.glue.roles import PasteTextRole  # type: ignore[import-untyped]
from myst_nb.ext.glue.utils import PendingGlueReference  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


class TextOfPage(PasteTextRole):  # type: ignore[misc]
    """The role `glue:text`, which also takes `page.md::name` without a format after it.

    myst-nb takes what follows the last colon for a format, and so loses the name.
    """

    text: str

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Paste the number."""
        page, separator, name = self.text.partition("::")
        if separator and ":" not in name:
            self.text = f"{page}::{name}:s"
        pasted_nodes: tuple[list[nodes.Node], list[nodes.system_message]] = super().run()
        return pasted_nodes


def sources_of(doctree: nodes.document) -> set[str]:
    """Pages from which a page pastes something."""
    return {str(reference.refdoc) for reference in doctree.findall(PendingGlueReference)}


def repeated(glued: dict[str, list[str]]) -> dict[str, list[str]]:
    """Names that more than one page gives to a number, with these pages."""
    pages: dict[str, list[str]] = {}
    for page in sorted(glued):
        for name in glued[page]:
            pages.setdefault(name, []).append(page)
    return {name: where for name, where in pages.items() if len(where) > 1}


def note_sources(app: Sphinx, doctree: nodes.document) -> None:
    """Remember from which pages a page pastes, and that it was read in this build."""
    env: Any = app.env
    env.metadata[env.docname]["pasted"] = sources_of(doctree)  # Sphinx forgets it with the page
    env.book_read = getattr(env, "book_read", set()) | {env.docname}


def find_affected(app: Sphinx, env: Any) -> list[str]:
    """Pages to write again because a page they paste from was read again."""
    glued = {page: data.get("glue", []) for page, data in getattr(env, "nb_metadata", {}).items()}
    for name, pages in repeated(glued).items():
        logger.warning("the glued name %r is used by %s", name, " and ".join(pages))
    read: set[str] = getattr(env, "book_read", set())
    env.book_read = set()
    return [page for page, data in env.metadata.items() if data.get("pasted", set()) & read]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("myst_nb")
    app.setup_extension("bookext.evidence.spoken")
    app.setup_extension("bookext.pages.units")
    app.add_role_to_domain("glue", "text", TextOfPage(), override=True)
    app.connect("doctree-read", note_sources)
    app.connect("env-updated", find_affected)
    return {"parallel_read_safe": False, "parallel_write_safe": True, "env_version": 2}
