"""Numbers that pages paste from others."""

from __future__ import annotations

from pathlib import Path

from tests.book.tiny_book import chapter, make_book


def test_unknown_and_repeated_glue_names_fail(tmp_path: Path) -> None:
    glued = 'from myst_nb import glue\nglue("x-share", "12 %", display=False)'
    pages = {
        "one.md": chapter(glued) + "\nIt is {glue:text}`x-share`, not {glue:text}`x-none`.\n",
        "two.md": chapter(glued) + "\nIt is {glue:text}`x-share`.\n",
    }
    book = make_book(tmp_path, pages)
    for _ in range(2):  # the second build must not pass because nothing changed
        built = book.build()
        assert built.returncode != 0
        assert "No key 'x-none' found in glue data" in built.stderr
        assert "the glued name 'x-share' is used by one and two" in built.stderr


def test_pasted_number_follows_its_source(tmp_path: Path) -> None:
    glued = 'from myst_nb import glue\nglue("x-share", "{}", display=False)'
    pages = {
        "one.md": chapter(glued.format("12 %")),
        "words.md": "# Words\n\nIt is {glue:text}`one.md::x-share`.\n",
    }
    book = make_book(tmp_path, pages)
    for share in ("12 %", "34 %"):
        book.write("one.md", chapter(glued.format(share)))
        built = book.build()
        assert built.returncode == 0, built.stderr
        assert (
            share.replace(" ", "\N{NO-BREAK SPACE}")
            in (book.build_folder / "html/words.html").read_text()
        )
