"""The notebook that is handed out runs as it is, and holds no line of a solution."""

from __future__ import annotations

import re

import pytest
import yaml
from nbclient import NotebookClient

from bnutils.practice.exercises.catalogue import KEYS, exercise
from book._ext.bookext.pages.launch import buttons
from tests import ROOT
from tests.practice.page import PAGE, cells
from tools.practice_notebook import handed_out


def text_of(kind):
    return "\n".join(cell.source for cell in handed_out().cells if cell.cell_type == kind)


def test_it_has_every_stub_check_and_hint_and_no_line_of_a_solution():
    code = text_of("code")
    for key, stub in cells("stub").items():
        assert stub in code
        assert f"check.{key}({exercise(key).answer}, seed=STUDENT)" in code
        assert f"# check.{key}.hint()" in code
    lines = {line.strip() for line in code.splitlines()}
    given = {line.strip() for stub in cells("stub").values() for line in stub.splitlines()}
    for key in KEYS:
        solved = {line.strip() for line in cells("solution")[key].splitlines()} - given
        imports = {line for line in solved if len(line) < 15}
        assert not (solved - imports) & lines, key


def test_its_words_are_in_common_markdown():
    words = text_of("markdown")
    assert len(re.findall(r"^### ★", words, re.M)) == len(KEYS)
    assert not re.search(r"\{\w[\w-]*\}|^:|\)=$|```", words, re.M)


def test_the_page_and_the_readme_open_it_where_publishing_puts_it():
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    links = {button["text"]: button["url"] for button in buttons(address, "book/practice/hand-in")}
    page = re.sub(r"\n", " ", PAGE.read_text("utf-8"))
    assert all(f"[{name}]({url})" in page for name, url in links.items())
    assert links["Colab"] in (ROOT / "README.md").read_text("utf-8")
    assert "opens on" not in text_of("markdown")


def test_points_and_minutes_are_those_of_the_exercises():
    words = text_of("markdown")
    tasks = [exercise(key) for key in KEYS]
    worth = [(str(task.points), str(task.minutes)) for task in tasks]
    assert re.findall(r"\*(\d+) points, (\d+)\s+minutes\*", words) == worth
    first, every = (sum(task.minutes for task in part) for part in (tasks[:5], tasks))
    assert re.findall(r"five make a layer in (\d+) minutes; all together take (\d+)", words) == [
        (str(first), str(every))
    ]
    assert f"give {sum(task.points for task in tasks)} points" in words


@pytest.mark.slow
def test_it_runs_as_it_is_handed_out():
    notebook = handed_out()
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    told = [
        output.data["text/markdown"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert len(told) == len(KEYS)
    assert all("(0 of" in text for text in told)
