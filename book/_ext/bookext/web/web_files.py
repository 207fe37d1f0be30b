"""The files of others that pages load, which `make setup` fetched (see tools/web_files.py)."""

import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

from ..building.stop import stop


def fetched(name: str, file: str) -> Path:
    """The folder of a package's files in this environment; stops the build where they are not."""
    folder = Path(sys.prefix) / "share" / "book-web" / name
    if not (folder / file).is_file():
        stop(
            f"The pages need {file}, which is missing.",
            [
                f"{folder} holds no {file}: run `make setup` or "
                "`python -m tools.web_files`, which fetch it."
            ],
        )
    return folder


def publish(app: Sphinx, name: str, file: str) -> None:
    """Put a package's files into the site."""
    target = Path(app.outdir) / "_static" / name
    shutil.copytree(fetched(name, file), target, dirs_exist_ok=True, ignore=lambda *_: ["VERSION"])
