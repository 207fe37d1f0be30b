"""Figures without caption or alternative text stop a build."""

from __future__ import annotations

from pathlib import Path

from tests.book.tiny_book import described, drawn, make_book

ALT = {"alt": "A line that rises."}
CAPTION = {"name": "fig-line", "caption": "A line."}


def test_figure_with_alternative_text_and_caption_passes(tmp_path: Path) -> None:
    pages = {"good.ipynb": drawn({"image": ALT, "figure": CAPTION})}
    built = make_book(tmp_path, pages, mode="off").build()
    assert built.returncode == 0, built.stderr
    html = (tmp_path / "_build/html/good.html").read_text()
    assert 'alt="A line that rises."' in html
    assert "<figcaption>" in html


def test_incomplete_figures_of_all_pages_stop_the_build(tmp_path: Path) -> None:
    pages = {
        "good.ipynb": drawn({"image": ALT, "figure": CAPTION}),
        "told.ipynb": described("A dot.", "*Figure 1. A dot.*"),
        "mute.ipynb": described(" ", "*Figure 1. A dot.*"),
        "bare.ipynb": described("A dot.", "Another subject."),
        "last.ipynb": described("A dot."),
        "no_alt.ipynb": drawn({"figure": {"name": "fig-mute", "caption": "A line."}}),
        "blank_alt.ipynb": drawn({"image": {"alt": " "}, "figure": {"caption": "A line."}}),
        "no_caption.ipynb": drawn({"image": ALT, "figure": {"name": "fig-bare"}}),
        "no_figure.ipynb": drawn({"image": ALT}),
        "hand.md": "# By hand\n\n![](dot.png)\n",
        "raw.md": '# Raw\n\n<div><img src="dot.png"></div>\n',
    }
    book = make_book(tmp_path, pages, mode="off")
    book.write("dot.png", b"")
    for _ in range(2):  # the second build must not pass because nothing changed
        built = book.build()
        assert built.returncode != 0
        report = {
            Path(line.split(":")[0]).name: line
            for line in built.stderr.splitlines()
            if ": no " in line
        }
        assert set(report) == set(pages) - {"good.ipynb", "told.ipynb"}
        assert "figure 'fig-mute': no alternative text" in report["no_alt.ipynb"]
        for page in ("blank_alt.ipynb", "mute.ipynb", "hand.md", "raw.md"):
            assert report[page].endswith(": no alternative text")
        for page in ("no_figure.ipynb", "bare.ipynb", "last.ipynb"):
            assert report[page].endswith(": no caption")
        assert "figure 'fig-bare': no caption" in report["no_caption.ipynb"]
        assert "Traceback" not in built.stderr
