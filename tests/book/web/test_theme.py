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
