"""Points the Colab button at the executed notebooks, since Colab cannot open Markdown."""

from typing import Any

from sphinx.application import Sphinx

BRANCH = "notebooks"


def colab_address(url: str, branch: str) -> str:
    """The same page as a notebook on the branch that holds the executed notebooks.

    `url`: .../github/<owner>/<name>/blob/<branch>/<page>.md
    """
    before, after = url.split("/blob/" + branch + "/", 1)
    return f"{before}/blob/{BRANCH}/{after.removesuffix('.md')}.ipynb"


def rewrite(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Rewrite the buttons of one page."""
    branch = app.config.html_theme_options.get("repository_branch", "main")
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = colab_address(button["url"], branch)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; it runs after the theme has made the buttons."""
    app.connect("html-page-context", rewrite, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
