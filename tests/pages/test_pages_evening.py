"""The short notebook run: in the book, with other seeds, and with nothing of this project."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.pages.built_book import Built, has_mnist, kept_build
from tests.pages.evening_outputs import NUMBER, check, printed, table, value
from tests.project.bare_environment import bare_environment, bare_variables
from tools.submission import hand_in

pytestmark = pytest.mark.slow
PACKAGES = ("torch", "torchvision", "numpy", "matplotlib", "ipykernel")
DATA = ["digits", "mnist"]
# Prints which of two packages there are, and what the set-up says without each of two data sets.
ATTEMPTS = """
import importlib.util, os, sys
print([importlib.util.find_spec(name) for name in ("bnutils", "sklearn")])
for os.environ["BNUTILS_DATASET"] in ("mnist", "letters"):
    try:
        exec(sys.argv[1], {})
    except RuntimeError as error:
        print("It says:", error)
"""


def built(dataset: str) -> Built:
    if dataset == "mnist" and not has_mnist():
        pytest.skip("MNIST is not here: `make data` fetches it, or BNUTILS_DATA names its folder")
    found = kept_build(dataset)
    assert found.status == 0, found.output[-4000:]
    return found


def evening(book: Built) -> NotebookNode:
    """The notebook of the page, with the outputs of the build."""
    return nbformat.read(book.html / "_sources" / "book" / "evening.ipynb", 4)


@pytest.mark.parametrize("dataset", DATA)
def test_the_page_agrees_with_its_numbers(dataset: str) -> None:
    check(printed(evening(built(dataset))))


@pytest.mark.parametrize("dataset", DATA)
def test_figures_are_pictures_with_words(dataset: str) -> None:
    cells = evening(built(dataset)).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert 7 <= len(pictures) <= 9
    assert all(len(o.metadata["image/png"]["alt"]) > 20 for o in pictures)
    images = built(dataset).soup("book/evening").select("article.bd-article div.cell_output img")
    assert [i["alt"] for i in images] == [o.metadata["image/png"]["alt"] for o in pictures]


def ends(words: str) -> tuple[float, float]:
    """The interval in a sentence or cell of the short notebook, or of a chapter."""
    if shown := re.search(rf"({NUMBER})\s±\s({NUMBER})", words):
        mean, half = map(value, shown.groups())
        return mean - half, mean + half
    sign = -1 if re.search(r"\b(lower|worse) by", words) else 1
    found = [sign * value(number) for number in re.findall(NUMBER, words)][1:3]
    return min(found), max(found)


def overlap(words: str, other: str) -> bool:
    """Whether the intervals in two texts overlap."""
    (low, high), (other_low, other_high) = ends(words), ends(other)
    return low <= other_high and other_low <= high


@pytest.mark.parametrize("dataset", DATA)
def test_main_results_overlap_with_those_of_the_long_chapters(dataset: str) -> None:
    book = built(dataset)
    texts = printed(evening(book))
    comparison = pasted(book, "implementation/comparison")
    for row, name in (("validation accuracy, %", "validation"), ("test accuracy, %", "test")):
        (words,) = [line[3] for line in table(texts, "mean of 5 seeds") if line[0] == row]
        assert overlap(words, comparison[f"cmp-{name}-accuracy"]), (words, name)
    sizes = pasted(book, "experiments/batch-size")
    apart = [
        (row[0], row[4], sizes[f"bs-difference-{row[0]}"])
        for row in table(texts, "batch size")[1:]
        if not overlap(row[4], sizes[f"bs-difference-{row[0]}"])
    ]
    assert apart == []


def pasted(book: Built, name: str) -> dict[str, str]:
    """The named numbers of a chapter, as text."""
    path = book.build_folder / "jupyter_execute" / "book" / f"{name}.glue.json"
    outputs = json.loads(path.read_text("utf-8"))
    return {
        key: output["data"]["text/plain"].strip("'").replace("\\xa0", " ")
        for key, output in outputs.items()
    }


def run_bare(folder: Path, data: str, monkeypatch: pytest.MonkeyPatch) -> NotebookNode:
    """Run the notebook to hand in with other settings, in an environment that has little.

    On MNIST it takes the first look that its set-up offers: the book has the whole run.
    """
    settings = {"SEED": 1000} | ({"EPOCHS": 1} if data == "mnist" else {})
    packages = (*PACKAGES, "scikit-learn") if data == "digits" else PACKAGES
    bare_environment(folder / "env", *packages)
    (folder / "empty").mkdir()
    for name, setting in bare_variables(folder / "env", BNUTILS_DATASET=data).items():
        monkeypatch.setenv(name, setting)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    notebook = hand_in("https://example.org/")
    (setup,) = (cell for cell in notebook.cells if re.search("^SEED = ", cell.source, re.M))
    for name, number in settings.items():
        setup.source, found = re.subn(
            f"^{name} = .*", f"{name} = {number}", setup.source, flags=re.M
        )
        assert found == 1
    client = NotebookClient(notebook, timeout=None, kernel_name="bare")
    client.execute(cwd=str(folder / "empty"))
    return notebook


@pytest.mark.parametrize("dataset", DATA)
def test_it_runs_with_other_seeds_where_nothing_of_the_project_is(
    dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dataset == "mnist" and not has_mnist():
        pytest.skip("MNIST is not here")
    notebook = run_bare(tmp_path, dataset, monkeypatch)
    check(printed(notebook))
    assert list((tmp_path / "empty").iterdir()) == []


def test_without_data_it_says_what_to_do(tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "env", *PACKAGES)
    variables = bare_variables(
        tmp_path / "env", BNUTILS_DATA=str(tmp_path / "none"), http_proxy="http://127.0.0.1:9",
        https_proxy="http://127.0.0.1:9",
    )  # fmt: skip
    cells = [
        c.source
        for c in hand_in("https://example.org/").cells
        if "setup" in c.metadata.get("tags", [])
    ]
    done = subprocess.run(
        [python, "-c", ATTEMPTS, "\n".join(cells)],
        env=variables, text=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    absent, *lines = done.stdout.splitlines()
    assert absent == "[None, None]", done.stderr
    messages = [line for line in lines if line.startswith("It says:")]
    for data, message in zip(("mnist", "letters"), messages, strict=True):
        assert f"{data} is neither in" in message
        assert "BNUTILS_DATA" in message and "digits" in message


def test_the_page_of_the_assignment_answers_each_question() -> None:
    page, notebook = (built("digits").soup(f"book/{name}") for name in ("assignment", "evening"))
    questions = page.select("article.bd-article dl > dt")
    assert len(questions) == 11
    for question in questions:
        number = question.get_text().split()[0]
        answer, links = question.find_next_siblings("dd")[:2]
        assert len(answer.get_text().split()) >= 15, number
        (anchor,) = [str(a["href"]).split("#")[1] for a in links.select("a[href^=evening]")]
        section = notebook.find(id=anchor)
        assert section is not None and number in section.get_text(), number
