"""Pages with cells of code are read as myst-nb reads them, and named where that fails."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from myst_nb.core.config import NbParserConfig
from myst_parser.config.main import MdParserConfig

from book._ext.bookext.execution.chapters import code_of_chapters
from tests.book.tiny_book import chapter

PAGE = chapter("---\nmystnb: {image: {alt: a}}\n---\nprint(1)", "%time\nx = 2")


def reader(folder: Path, *names: str) -> Any:
    """As much of Sphinx's environment as reading needs."""
    return SimpleNamespace(
        found_docs=set(names), doc2path=lambda name: str(folder / f"{name}.md"),
        myst_config=MdParserConfig(), mystnb_config=NbParserConfig(),
    )  # fmt: skip


def test_the_code_of_chapters_follows_their_text(tmp_path: Path) -> None:
    for name, text in (("a", PAGE), ("b", PAGE), ("words", "# No code\n")):
        (tmp_path / f"{name}.md").write_text(text)
    env = reader(tmp_path, "a", "b", "words")
    code = "print(1)\n\nx = 2"
    assert code_of_chapters(env) == {"a": code, "b": code}
    (tmp_path / "a.md").write_text(PAGE.replace("x = 2", "x = 3"))
    (tmp_path / "words.md").write_text(PAGE)
    env.found_docs.discard("b")
    assert code_of_chapters(env) == {"a": "print(1)\n\nx = 3", "words": code}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("name: python3,", "name: python3: x,", r"expected ',' or '}'"),
        ("file_format", "expected_seconds: soon\nfile_format", "'soon'"),
        ("Some words", "\udcff", "can't decode byte 0xff"),
        ("mystnb: {", "mystnb: {{", "Code cell 1"),
    ],
)
def test_a_page_that_cannot_be_read_is_named(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    page = tmp_path / "index.md"
    page.write_bytes(PAGE.replace(right, wrong).encode(errors="surrogateescape"))
    with pytest.raises(SystemExit, match="A page cannot be read") as ended:
        code_of_chapters(reader(tmp_path, "index"))
    assert f"{page}: " in str(ended.value) and message in str(ended.value)
