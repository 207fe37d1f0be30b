"""What the search of the site knows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import ROOT

FILES = {
    "conf.py": f"import sys\nsys.path[:0] = [{str(ROOT / 'book/_ext')!r}]\n"
    'extensions = ["bookext.pages.searching"]\nbibtex_bibfiles = []\nhtml_theme = "basic"\n',
    "index.md": "# A\n\n```{toctree}\nwords\nb\n```\n",
    "words.md": "# Words\n\n```{glossary}\nmomentum\n  What a new value weighs.\n```\n",
    "b.md": "# B\n\nSee {term}`momentum`.\n",
}


def test_terms_stay_known_when_another_page_changes(tmp_path: Path) -> None:
    """Sphinx forgets them: it notes terms after it has stored what it knows of pages."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    terms = []
    for more in ("", "More.", ""):
        (tmp_path / "b.md").write_text(FILES["b.md"] + more)
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "out"]
        subprocess.run(command, cwd=tmp_path, check=True)
        index = (tmp_path / "out/searchindex.js").read_text()
        terms.append([*json.loads(index[index.index("(") + 1 : -1])["indexentries"]])
    assert terms == [["momentum"]] * 3
