"""The experiment in the README runs as it stands there, and its badges open the first notebook."""

import re
import subprocess
import sys

import yaml

from book._ext.bookext.pages.launch import buttons
from tests import ROOT


def test_the_experiment_runs_and_ends_in_a_verdict(tmp_path, monkeypatch):
    monkeypatch.setenv("BNUTILS_JOBS", "1")
    monkeypatch.setenv("BNUTILS_LIVE", "0")
    monkeypatch.setenv("BNUTILS_RUNS", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    command = [sys.executable, "-W", "error", "-c", code]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "±" in found.stdout and "points" in found.stdout
    # Three seeds chose from three rates or more in each arm, eight others measured.
    assert len(list(tmp_path.rglob("*.npz"))) >= 2 * (3 * 3 + 8)


def test_the_badges_open_the_first_notebook_and_come_from_here():
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    text = (ROOT / "README.md").read_text()
    badges = re.findall(r"\[!\[Open on (\w+)\]\((\S+)\)\]\((\S+)\)", text)
    expected = buttons(address, "book/intro")
    assert [(name, url) for name, _, url in badges] == [(b["text"], b["url"]) for b in expected]
    for name, picture, _ in badges:
        assert f">Open on {name}</title>" in (ROOT / picture).read_text()
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(pictures) > 3 and all((ROOT / picture).is_file() for picture in pictures)
