"""The role that links to the playground with settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bs4 import BeautifulSoup

from tests import ROOT

FILES = {
    "conf.py": f"import sys\nsys.path[:0] = [{str(ROOT / 'book/_ext')!r}]\n"
    'extensions = ["myst_parser", "bookext.pages.explorables"]\nhtml_theme = "basic"\n',
    "index.md": "# A\n```{toctree}\nbook/playground\nbook/theory/b\n```\n",
    "book/playground.md": "# P\n\n{live}`lr=3`\n",
    "book/theory/b.md": "# B\n\nSee {live}`three spirals <data=spirals&lr=1>`.\n",
}


def test_settings_are_linked_from_every_folder(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", ".", "out"]
    subprocess.run(command, cwd=tmp_path, check=True)
    found = {}
    for page in ("book/playground", "book/theory/b"):
        html = BeautifulSoup((tmp_path / f"out/{page}.html").read_text(), "html.parser")
        (link,) = html.select("a.bn-live")
        found[link.text] = link["href"]
    assert found == {
        "run this live ▸": "playground.html#play?lr=3",
        "three spirals ▸": "../playground.html#play?data=spirals&lr=1",
    }
