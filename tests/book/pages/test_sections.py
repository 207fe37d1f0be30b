"""Sections that outputs name are links on pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bs4 import BeautifulSoup

from tests import ROOT

FILES = {
    "conf.py": f"import sys\nsys.path[:0] = [{str(ROOT / 'book/_ext')!r}]\n"
    'extensions = ["myst_parser", "bookext.pages.sections"]\nhtml_theme = "basic"\n',
    "index.md": "# A\n```{toctree}\nbook/theory/b\nbook/practice/c\n```\n",
    "book/theory/b.md": "(sec-b-two)=\n# Two *words*\n",
    "book/practice/c.md": "# C\n\nIn the book: `theory/b#sec-b-two`, `theory/b#other`.\n",
}


def build(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    for name, text in {**FILES, **changed}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", ".", "out"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_section_is_linked_by_its_title(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    page = BeautifulSoup((tmp_path / "out/book/practice/c.html").read_text(), "html.parser")
    words = page.select_one("section > p")
    assert words is not None and words.text == "In the book: Two words, theory/b#other."
    assert [link["href"] for link in words.select("a")] == ["../theory/b.html#sec-b-two"]


def test_a_section_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = build(tmp_path, **{"book/practice/c.md": "# C\n\n`theory/b#sec-b-three`\n"})
    assert done.returncode != 0 and "sec-b-three" in done.stderr
