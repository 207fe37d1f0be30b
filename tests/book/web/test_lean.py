"""The one style sheet of the site: what is used stays, in order, and nothing else."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from book._ext.bookext.web.icons import codes, subset
from book._ext.bookext.web.lean import merged, read, rewrite
from book._ext.bookext.web.purge import names_in_script, names_of_page, purged


def squeezed(css: str) -> str:
    return re.sub(r"\s", "", css)


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("p { margin: 0 }", "p{margin:0}"),
        (".used { margin: 0 } .unused { margin: 1px }", ".used{margin:0}"),
        (".used .unused { margin: 0 }", ""),
        (".unused, .used > a { margin: 0 }", ".used>a{margin:0}"),
        ("#place, #nowhere { margin: 0 }", "#place{margin:0}"),
        ("a:not(.unused) { margin: 0 }", "a:not(.unused){margin:0}"),
        ("@media print { .unused { margin: 0 } }", ""),
        ("@media print { .used { margin: 0 } }", "@mediaprint{.used{margin:0}}"),
        ("@font-face { font-family: F }", "@font-face{font-family:F}"),
        ("@keyframes k { from { top: 0 } to { top: 1px } }", "@keyframesk{from{top:0}to{top:1px}}"),
        ("/* words */ p { margin: 0 /* more */ }", "p{margin:0}"),
        ('[data-theme~="book"].used { top: 0.5px }', '[data-theme~="book"].used{top:0.5px}'),
    ],
)
def test_rules_that_can_be_met_are_kept(css: str, kept: str) -> None:
    assert squeezed(purged(css, {"used", "place"})) == kept


def test_names_come_from_elements_and_from_scripts() -> None:
    html = '<a class="one two-b" id=\'three\'>not</a><p CLASS="x">class="four"</p>'
    assert names_of_page(html) >= {"one", "two-b", "three", "four"}
    assert "not" not in names_of_page(html)
    assert names_in_script('e.classList.add("bs-tooltip-auto");') >= {"bs-tooltip-auto"}


def test_sheets_keep_the_order_of_every_page() -> None:
    assert merged([["a", "b", "e"], ["a", "c", "e"], ["a", "b", "d", "e"]]) in (
        ["a", "c", "b", "d", "e"],
        ["a", "b", "d", "c", "e"],
    )
    assert merged([]) == []


def test_addresses_are_seen_from_where_the_sheet_goes(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    (tmp_path / "basic.css").write_text("a { background: url(file.png) }")
    (tmp_path / "styles/theme.css").write_text(
        '@charset "UTF-8";@import "../basic.css";p { background: url("../vendor/x.png?v=1") }'
        "b { background: url(data:image/png;base64,AA) }"
    )
    assert squeezed(read(tmp_path, "styles/theme.css")) == (
        "a{background:url(file.png)}p{background:url(vendor/x.png?v=1)}"
        "b{background:url(data:image/png;base64,AA)}"
    )


def test_a_page_loads_one_sheet_where_its_first_was() -> None:
    html = (
        '<link rel="preload" as="script" href="../_static/x.js" />\n'
        '<link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />\n'
        '<meta name="a">\n'
        '<link rel="stylesheet" type="text/css" href="../_static/book.css?v=2" />\n'
    )
    lean = rewrite(html, "abc")
    assert re.findall(r'href="([^"]+)"', lean) == ["../_static/x.js", "../_static/site.css?v=abc"]
    assert lean.index("site.css") < lean.index("<meta")
    assert rewrite(lean, "abc").count("site.css") == 1


def test_icon_fonts_hold_the_icons_of_the_sheet_alone() -> None:
    import pydata_sphinx_theme

    fonts = Path(pydata_sphinx_theme.__file__).parent.rglob("fa-solid-900.ttf")
    font = next(fonts).read_bytes()
    css = '.fa-arrow-up{--fa:"\\f062"}.fa-plus::before{content:"\\+"}.fa-x{--fa:"\uf00d"}'
    assert codes('.fa-arrow-up{--fa:"\\f062"}.fa-x{content:"\uf00d"}') == {0xF062, 0xF00D}
    small = subset(font, codes(css))
    held = TTFont(io.BytesIO(small)).getBestCmap()
    assert {0xF062, 0xF00D} <= set(held) and len(held) <= 4
    assert len(small) < 3000 < len(font)
