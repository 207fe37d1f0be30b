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


def test_tidy_sets_colours_before_scripts_and_without_them() -> None:
    html = (
        '<html lang="en" data-theme="auto">\n<head><meta name="viewport" content="a">\n'
        '<meta name="viewport" content="b" /><title>The book &#8212; The book</title>\n'
        'd.theme = localStorage.getItem("theme") || "auto";\n<meta name="viewport" content="c"/>'
        "</head>"
    )
    once = tidy(html)
    assert once == tidy(once)
    assert once.count("viewport") == 1 and 'content="a"' in once
    assert "<title>The book</title>" in once
    assert 'data-theme="light"' in once and '|| "auto"' not in once
    assert "<title>1 &#8212; The book</title>" in tidy("<title>1 &#8212; The book</title>")


def test_only_the_contents_of_a_page_are_watched_while_one_reads() -> None:
    body = '<body data-bs-spy="scroll" data-bs-target=".bd-toc-nav">'
    watched = tidy(f'{body}<nav id="pst-page-toc-nav" class="page-toc"></nav>')
    assert 'class="bd-toc-nav page-toc"' in watched and 'data-bs-spy="scroll"' in watched
    assert "data-bs-spy" not in tidy(f'{body}<a href="#play?lr=3">run</a>')
