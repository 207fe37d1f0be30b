"""Last touches to pages."""

from __future__ import annotations

from book._ext.bookext.web.theme import tidy


def test_tidy_changes_nothing_twice() -> None:
    html = (
        '<head><!-- So that users can add custom icons -->\n  <script src="../_static/scripts/'
        'fontawesome.js?digest=1"></script><script src="x.js"></script></head>'
        '<button class="btn search-button-field" title="Search" aria-label="Search">'
        '<summary aria-label="Toggle hidden content">Show</summary>'
    )
    once = tidy(html)
    assert once == tidy(once)
    assert "fontawesome" not in once and "x.js" in once and "aria-label" not in once


def test_what_is_said_twice_is_said_once() -> None:
    first, second = ('<meta name="viewport" content="width=device-width"/>' for _ in "ab")
    html = f"<head>{first}\n<title>A, B &#8212; A, B</title>{second}</head>"
    assert tidy(html) == f"<head><title>A, B</title>{second}</head>"
    assert tidy("<title>A &#8212; A, B</title>") == "<title>A &#8212; A, B</title>"
