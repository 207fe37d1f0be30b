"""The notebook to hand in and its source: what stands in them, and how they are made."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import NotebookNode

from tests.pages.evening_outputs import page
from tools.submission import ROOT, hand_in, main, site_address

SITE = "https://somebody.github.io/book/"
QUESTIONS = [
    *(f"Q1.{n}" for n in range(1, 4)), *(f"Q2.{n}" for n in range(1, 7)), "Q3.1", "Q3.2",
]  # fmt: skip
OWN_WORDS = ["Q1.1", "Q1.3", "Q2.6", "Q3.2"]


@pytest.fixture(scope="module")
def notebook() -> NotebookNode:
    return hand_in(SITE)


def sources(notebook: NotebookNode, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_questions_stand_in_their_order(notebook: NotebookNode) -> None:
    text = "\n".join(sources(notebook, "markdown"))
    assert re.findall(r"^### (Q\d\.\d) ", text, re.M) == QUESTIONS
    assert len(re.findall(r"^> (?!✎)", text, re.M)) == len(QUESTIONS)
    marked = [
        re.findall(r"^### (Q\d\.\d)", text[: found.start()], re.M)[-1]
        for found in re.finditer("^> ✎", text, re.M)
    ]
    assert marked == OWN_WORDS
    first = notebook.cells[0].source
    assert first.startswith("# Batch normalization in one evening")
    assert all(part in first for part in ("Name:", "Date:", "What was found", "Sources:", "Colab"))


def test_it_is_small(notebook: NotebookNode) -> None:
    code, text = sources(notebook, "code"), sources(notebook, "markdown")
    assert 45 <= len(notebook.cells) <= 60
    assert 250 <= sum(len(source.splitlines()) for source in code) <= 350
    assert max(len(source.splitlines()) for source in code) <= 40
    assert 2500 <= sum(len(source.split()) for source in text) <= 3500
    hidden = [
        cell.metadata for cell in notebook.cells if re.search("hide|remove", str(cell.metadata))
    ]
    assert hidden == []


def test_its_text_is_common_markdown_without_results(notebook: NotebookNode) -> None:
    for source in [cell.source for cell in page().cells if cell.cell_type == "markdown"]:
        assert not re.search(r"^(:::|```)|\{[a-z:]+\}`|^\([a-z-]+\)=|<br|\\begin", source, re.M)
        words = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)", "", source, flags=re.S)
        results = re.findall(r"[\d.]+ (?:points|%)", words)
        assert set(results) <= {"95 %"}, source


def test_links_lead_to_the_site(notebook: NotebookNode) -> None:
    links = [
        link
        for text in sources(notebook, "markdown")
        for link in re.findall(r"\]\(([^)]*)\)", text)
    ]
    assert len(links) > 15 and all(link.startswith("https://") for link in links)
    own = [link.removeprefix(SITE) for link in links if link.startswith(SITE)]
    assert "_static/colab.svg" in own and "book/theory/backward.html" in own
    for link in own:
        there = link.replace("_static/", "book/_assets/").replace(".html", ".md")
        assert (ROOT / there).is_file(), link


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("theory/why.md", "book/theory/why.html"),
        ("experiments/bounds.md#sec-x", "book/experiments/bounds.html#sec-x"),
        ("_assets/colab.svg", "_static/colab.svg"),
    ],
)
def test_addresses(target: str, address: str) -> None:
    assert site_address(target, SITE) == SITE + address


@pytest.mark.parametrize("target", ["theory/why", "data.csv", "../README.txt"])
def test_a_link_that_is_no_page_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="expected a page"):
        site_address(target, SITE)


def test_the_badge_opens_the_notebook_that_is_there() -> None:
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    repository = address.removeprefix("https://github.com/")
    opened = rf"https://colab\.research\.google\.com/github/{repository}/blob/main/([\w/.]+)"
    for path in ("README.md", "book/evening.md"):
        found = re.findall(opened, (ROOT / path).read_text("utf-8"))
        assert found and all((ROOT / name).is_file() for name in found), path


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("2026-07-12", "12_July_Batch_Normalization"),
        ("2024-02-29", "29_February_Batch_Normalization"),
        ("2027-01-05", "05_January_Batch_Normalization"),
    ],
)
def test_the_scaffold_has_questions_and_no_answer(tmp_path: Path, date: str, name: str) -> None:
    assert main(["--date", date, "--scaffold", "--folder", str(tmp_path)]) == 0
    scaffold = nbformat.read(tmp_path / f"{name}_Scaffold.ipynb", 4)
    nbformat.validate(scaffold)
    text = "\n".join(sources(scaffold, "markdown"))
    assert re.findall(r"^### (Q\d\.\d) ", text, re.M) == QUESTIONS
    assert text.count("*Your answer.*") == len(QUESTIONS) and text.count("✎") == len(OWN_WORDS)
    code = [source for source in sources(scaffold, "code") if source]
    full = hand_in(SITE)
    assert code == [c.source for c in full.cells if "setup" in c.metadata.get("tags", [])]
    assert "class BatchNorm" not in "\n".join(code)
    assert len(text.split()) < 400


@pytest.mark.parametrize("date", ["12 July", "2026-02-30", "2026-7-12", "tomorrow"])
def test_what_is_no_date_is_refused(date: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--date", date])
    assert stopped.value.code == 2
    assert f"{date!r} is no date: expected YYYY-MM-DD" in capsys.readouterr().err


def test_the_committed_notebook_is_made_of_the_page_as_it_is() -> None:
    path = ROOT / "submission" / "12_July_Batch_Normalization.ipynb"
    site = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    committed = nbformat.read(path, 4)
    nbformat.validate(committed)
    wanted = [(cell.cell_type, cell.source) for cell in hand_in(site).cells]
    assert [(cell.cell_type, cell.source) for cell in committed.cells] == wanted
    assert path.stat().st_size < 500_000
    assert all(cell.execution_count for cell in committed.cells if cell.cell_type == "code")
