"""Quick questions of the core chapters: short, with an answer that explains each wrong option."""

import re

import pytest

from tests import ROOT

CHAPTERS = [
    "theory/concept", "theory/working-principle", "theory/benefits", "theory/backward",
    "implementation/from-scratch", "implementation/mistakes", "implementation/comparison",
    "experiments/batch-size", "limitations/small-batches", "limitations/summary",
]  # fmt: skip
QUESTION = re.compile(
    r"^(?P<out>`{4}|:{4})\{admonition\} Quick question\n:class: quick\n(?P<asked>.*?)\n\n"
    r"(?P<in>`{3}|:{3})\{dropdown\} Answer\n(?P<answer>.*?)\n(?P=in)\n(?P=out)$",
    re.MULTILINE | re.DOTALL,
)


def questions(chapter: str) -> list[dict[str, str]]:
    text = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
    found = [match.groupdict() for match in QUESTION.finditer(text)]
    assert len(found) == text.count("Quick question"), "one of them has another form"
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_core_chapter_asks_and_explains_each_wrong_option(chapter: str) -> None:
    found = questions(chapter)
    assert 2 <= len(found) <= 4
    for question in found:
        assert re.findall(r"\*\*([A-C])\*\* ", question["asked"]) == ["A", "B", "C"], question
        right = re.match(r"\*\*([A-C])\*\*", question["answer"])
        assert right, question
        for other in {"A", "B", "C"} - {right[1]}:
            assert re.search(rf"\*{other}\*", question["answer"]), question
        assert len(" ".join([question["asked"], question["answer"]]).split()) < 90


def test_the_right_option_is_not_always_the_same() -> None:
    letters = [q["answer"][2] for chapter in CHAPTERS for q in questions(chapter)]
    assert all(len(letters) / 6 < letters.count(letter) < len(letters) / 1.7 for letter in "ABC")
