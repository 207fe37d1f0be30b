"""Every chapter ends with exercises of several kinds, each with a solution."""

import re

import pytest
import yaml

from tests import ROOT

BOOK = ROOT / "book"
TITLE = re.compile(r"(★☆☆|★★☆|★★★) (concept|mathematics|code): .+")
EXERCISE = re.compile(r"^`{3,}\{exercise\} (.+)\n:label: (\S+)$", re.MULTILINE)
SOLUTION = re.compile(
    r"^`{3,}\{solution(?:-start)?\} (\S+)\n:label: (\S+)\n:class: dropdown$", re.MULTILINE
)


def numbered_chapters() -> list[str]:
    toc = yaml.safe_load((BOOK.parent / "_toc.yml").read_text())
    parts = [part for part in toc["parts"] if part.get("numbered")]
    return [chapter["file"] for part in parts for chapter in part["chapters"]]


@pytest.mark.parametrize("chapter", numbered_chapters())
def test_a_chapter_ends_with_graded_exercises_and_their_solutions(chapter: str) -> None:
    text = (BOOK.parent / f"{chapter}.md").read_text()
    parts = re.split(r"^\(sec-[a-z0-9-]+-exercises\)=\n## Exercises$", text, flags=re.MULTILINE)
    assert len(parts) == 2, f"{chapter} needs one section of exercises"
    assert not re.search(r"^#", re.sub(r"```.*?```", "", parts[1], flags=re.DOTALL), re.MULTILINE)
    exercises = EXERCISE.findall(parts[1])
    titles, labels = [title for title, _ in exercises], [label for _, label in exercises]
    assert len(exercises) >= 3
    assert all(TITLE.fullmatch(title) for title in titles), titles
    levels = [title.count("★") for title in titles]
    assert levels == sorted(levels), f"the easiest come first: {titles}"
    assert len({title.split()[1] for title in titles}) >= 2, f"of one kind only: {titles}"
    assert [of for of, _ in SOLUTION.findall(parts[1])] == labels


def test_solutions_with_code_hold_cells_that_are_executed() -> None:
    with_code = 0
    for path in BOOK.rglob("*.md"):
        for body in re.findall(r"\{solution-start\}(.*?)\{solution-end\}", path.read_text(), re.S):
            assert "```{code-cell}" in body, path.name
            with_code += 1
    assert with_code >= 20


def test_labels_are_unique() -> None:
    found = [
        label for path in BOOK.rglob("*.md") for _, label in EXERCISE.findall(path.read_text())
    ]
    assert len(found) == len(set(found))
