"""Launch buttons: they open a notebook from the branch that publishing writes; how it begins."""

from typing import Any
from urllib.parse import urlparse

from sphinx.application import Sphinx
from sphinx.config import Config

from ..building.repository import requirement

BRANCH = "notebooks"
BINDER = "https://mybinder.org/v2/gh{repository}/{branch}?urlpath=lab/tree/{path}"
COLAB = "https://colab.research.google.com/github{repository}/blob/{branch}/{path}"
KAGGLE = (
    "https://kaggle.com/kernels/welcome?src=https://github.com{repository}/blob/{branch}/{path}"
)
PLACES = (
    ("Binder", BINDER, "_static/images/logo_binder.svg"),
    ("Colab", COLAB, "_static/images/logo_colab.png"),
    ("Kaggle", KAGGLE, "fab fa-kaggle"),
)
PREFACE = """*This notebook is [a page]({address}) of the book {book}, with the outputs of its \
published run (data: {data}). If you run it again, the outputs are yours, while the text keeps \
the numbers of that run. The next cell installs what is missing.*"""
SETUP = '''from importlib.util import find_spec

if find_spec("{package}") is None:
    %pip install --quiet "{requirement}"


def glue(name, value, display=True):
    """In the book this puts a number into the text, where it stands already."""
'''


def opening(config: Config, address: str) -> tuple[str, str]:
    """What the notebook of the page at an address begins with: words, and a cell of code."""
    words = PREFACE.format(address=address, book=config.html_title, data=config.book_dataset)
    return words, SETUP.format(package=config.book_package, requirement=requirement(config))


def buttons(repository: str, page: str) -> list[dict[str, str]]:
    """A button for each place that opens notebooks from GitHub."""
    values = {"repository": urlparse(repository).path, "branch": BRANCH, "path": f"{page}.ipynb"}
    return [
        {"type": "link", "text": name, "tooltip": f"Open the notebook on {name}", "icon": icon,
         "url": address.format(**values)}
        for name, address, icon in PLACES
    ]  # fmt: skip


def open_notebooks(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put these buttons in place of the theme's, which open the chapter's file on its branch."""
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            group["buttons"] = buttons(app.config.html_theme_options["repository_url"], page)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("html-page-context", open_notebooks, priority=600)  # after the theme's own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
