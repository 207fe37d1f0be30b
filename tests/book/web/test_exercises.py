"""Exercises with their solutions in one box."""

from __future__ import annotations

from bs4 import BeautifulSoup

from book._ext.bookext.web.exercises import boxed

EXERCISE = """<div class="exercise admonition" id="ex-{n}">

<p class="admonition-title">
<span class="caption-number">Exercise 7.{n} </span> ({kind}: {title})</p>
<section id="exercise-content">
<p>A task (with brackets).</p>
</section>
</div>
"""
SOLUTION = """<div class="solution dropdown admonition" id="sol-{n}">

<p class="admonition-title">Solution to<a class="reference" href="#ex-{n}"> Exercise</a></p>
<section id="solution-content">
<div class="cell"><div class="cell_input">code</div></div><p>An answer.</p>
</section>
</div>
"""


def test_each_exercise_ends_with_its_own_solution() -> None:
    kinds = [("★☆☆ concept", "A <em>title</em> (of two)"), ("★★★ code", "Another")]
    parts = [
        EXERCISE.format(n=n, kind=kind, title=title) + SOLUTION.format(n=n)
        for n, (kind, title) in enumerate(kinds)
    ]
    found = BeautifulSoup(boxed(f"<main>{''.join(parts)}<p>After.</p></main>"), "html.parser")
    boxes = found.select("main > div.exercise")
    assert [str(box["id"]) for box in boxes] == ["ex-0", "ex-1"]
    assert found.select_one("main > p:last-child") is not None
    for n, box in enumerate(boxes):
        title, kind = box.select_one(".admonition-title"), box.select_one(".exercise-kind")
        assert title is not None and kind is not None
        assert kind.get_text() == ["concept ★☆☆", "code ★★★"][n]
        kind.extract()
        words = ["Exercise 7.0 A title (of two)", "Exercise 7.1 Another"][n]
        assert " ".join(title.get_text().split()) == words
        fold = box.find_all(recursive=False)[-1]
        assert (fold.name, fold["id"]) == ("details", f"sol-{n}")
        assert [child.name for child in fold.find_all(recursive=False)] == ["summary", "div", "p"]
        assert not box.select("section, [class~=dropdown]")


def test_an_exercise_without_a_solution_stays_as_it_is() -> None:
    alone = EXERCISE.format(n=1, kind="★☆☆ concept", title="Alone")
    assert boxed(alone) == alone


def test_a_stub_between_task_and_solution_is_in_the_box() -> None:
    stub = '<div class="cell tag_stub">def f(x): ...</div><p>A slip.</p>'
    first, second = (EXERCISE.format(n=n, kind="★☆☆ code", title="Two") for n in (1, 2))
    page = boxed(f"<main>{first}{stub}{second}{stub}{SOLUTION.format(n=2)}</main>")
    found = BeautifulSoup(page, "html.parser")
    alone, box = found.select("main > div.exercise")
    assert alone.select_one(".exercise-kind") is None
    assert [tag.name for tag in box.find_all(recursive=False)] == ["p", "p", "div", "p", "details"]
    other = f"<main>{first}{stub}{SOLUTION.format(n=2)}</main>"
    assert boxed(other) == other
