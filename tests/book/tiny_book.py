"""Makes small books that use this book's extensions, and builds them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests import ROOT
from tests.waiting import PATIENCE

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
CONF = """
import sys
sys.path.insert(0, {extensions!r})
extensions = ["myst_nb", "bookext.execution.stale", "bookext.pages.figure_data",
              "bookext.pages.figures", "bookext.evidence.glue", "bookext.building.strict"]
nb_execution_mode = {mode!r}
nb_execution_timeout = 3600
nb_merge_streams = True
book_warm_kernels = {warm!r}
html_theme = "basic"
exclude_patterns = ["_build"]
"""
DATA = """
class DataError(RuntimeError):
    pass

def resolve(name="auto", folder=None):
    if name == "missing":
        raise DataError("the data set 'missing' is not in the folder data: run make data")
    return "digits" if name == "auto" else name
"""
FRONT = """---
kernelspec: {name: python3, display_name: Python 3, language: python}
file_format: mystnb
---

"""


@dataclass(frozen=True)
class Book:
    """A book in a folder of its own, with a package `bnutils` beside it."""

    folder: Path

    @property
    def build_folder(self) -> Path:
        return self.folder / "_build"

    def write(self, name: str, text: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def command(self) -> list[str]:
        out = str(self.build_folder / "html")
        doctrees = str(self.build_folder / ".doctrees")
        return [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-d", doctrees,
                str(self.folder), out]  # fmt: skip

    def build(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(), env=environment(**variables), capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what would choose data or colour messages."""
    hidden = {"BNUTILS_DATASET", "BNUTILS_DATA", "FORCE_COLOR"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "NO_COLOR": "1", **variables}


def make_book(folder: Path, pages: dict[str, str], mode: str = "cache", warm: bool = False) -> Book:
    """A book with the given pages (name with suffix, text) below its first page.

    Warm kernels load libraries that these pages do not need.
    """
    book = Book(folder)
    extensions = str(ROOT / "book" / "_ext")
    book.write("conf.py", CONF.format(extensions=extensions, mode=mode, warm=warm))
    book.write("bnutils/__init__.py", "")
    book.write("bnutils/data.py", DATA)
    for name in ("__init__.py", "imports.py"):
        book.write(f"bnutils/sweeps/{name}", (ROOT / "bnutils" / "sweeps" / name).read_bytes())
    names = "\n".join(name.rsplit(".", 1)[0] for name in pages)
    book.write("index.md", f"# Book\n\n```{{toctree}}\n{names}\n```\n")
    for name, text in pages.items():
        book.write(name, text)
    return book


def chapter(*cells: str) -> str:
    """A page with code cells."""
    blocks = [f"```{{code-cell}} python\n{cell}\n```" for cell in cells]
    return FRONT + "# A chapter\n\nSome words.\n\n" + "\n\n".join(blocks) + "\n"


def drawn(metadata: dict[str, object]) -> str:
    """A notebook whose one cell has drawn an image, with settings for myst-nb."""
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {
            "image/png": base64.b64encode(PIXEL).decode(),
            "text/plain": "<Figure>",
        },
    }
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# A chapter"},
        {
            "cell_type": "code",
            "metadata": {"mystnb": metadata} if metadata else {},
            "source": "plt.show()",
            "execution_count": 1,
            "outputs": [output],
        },
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": kernel}, "cells": cells}
    )


def described(alt: str, *below: str) -> str:
    """The notebook of `drawn`, whose output holds the alternative text, with text below it."""
    notebook = json.loads(drawn({}))
    notebook["cells"][1]["outputs"][0]["metadata"] = {"image/png": {"alt": alt}}
    for source in below:
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": source})
    return json.dumps(notebook)
