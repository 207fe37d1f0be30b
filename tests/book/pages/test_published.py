"""What the site tells others, and the previews of what links lead to, tried on a small book."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from book._ext.bookext.pages.published import set_addresses, sitemap
from tests import ROOT
from tests.book.tiny_book import make_book
from tests.pages.served import served

CONF = f"""
extensions += ["bookext.pages.previews", "bookext.pages.published"]
html_baseurl = "https://example.org/a-book/"
ogp_social_cards = {{"enable": False}}
html_static_path = ["{ROOT / "book" / "_assets"}"]
tippy_enable_wikitips = tippy_enable_doitips = False
"""
ONE = """# The first

Some words about the first.

```{glossary}
moment
  The mean of a power.
```
"""
TWO = "# The second\n\nSee {term}`moment` in {doc}`one`. {word}\n"


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of two pages of which one changed since the first build: it alone is written anew."""
    folder = tmp_path_factory.mktemp("book")
    book = make_book(folder, {"one.md": ONE, "two.md": TWO.replace("{word}", "")}, mode="off")
    book.write("conf.py", (folder / "conf.py").read_text() + CONF)
    for word in ("", "Changed."):
        book.write("two.md", TWO.replace("{word}", word))
        built = book.build()
        assert built.returncode == 0, built.stderr
    return book.build_folder / "html"


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.mark.parametrize("page", ["index", "one", "two"])
def test_each_page_has_one_script_of_previews(html: Path, page: str) -> None:
    scripts = [
        str(tag["src"]).partition("?")[0] for tag in soup(html / f"{page}.html")("script", src=True)
    ]
    assert "_static/popper/popper.min.js" in scripts
    assert all(not name.startswith("http") for name in scripts)
    for name in scripts:
        assert (html / name).is_file()
    own = [name for name in scripts if name.startswith(f"_static/tippy/{page}.")]
    assert [html / name for name in own] == list(html.glob(f"_static/tippy/{page}.*.js"))
    assert len(own) == 1
    assert not list(html.glob("tippy_*_cache.json"))


def test_a_changed_page_previews_what_stands_on_others(html: Path) -> None:
    (script,) = html.glob("_static/tippy/two.*.js")
    assert "The mean of a power." in script.read_text("utf-8")
    assert "Some words about the first." in script.read_text("utf-8")


def test_the_sitemap_lists_all_pages(html: Path) -> None:
    listed = ElementTree.parse(html / "sitemap.xml")
    addresses = sorted(element.text or "" for element in listed.iter() if "loc" in element.tag)
    assert addresses == [f"https://example.org/a-book/{n}.html" for n in ("index", "one", "two")]


def test_pages_describe_themselves(html: Path) -> None:
    tags = soup(html / "one.html")("meta")
    told = {tag.get("property") or tag.get("name"): tag.get("content") for tag in tags}
    assert told["og:title"] == "The first"
    assert told["og:url"] == "https://example.org/a-book/one.html"
    assert told["og:image"] == "https://example.org/a-book/_static/social.png"
    assert str(told["description"]).startswith("Some words about the first.")


@pytest.mark.parametrize("folder", ["", "a-book/", "elsewhere/deep/"])
def test_a_missing_page_leads_back_wherever_the_book_is(
    html: Path, browser: Browser, tmp_path: Path, folder: str
) -> None:
    shutil.copytree(html, tmp_path / folder, dirs_exist_ok=True)
    with served(tmp_path) as host:
        if folder:  # hosts have one such page, of the book that is all they have
            shutil.copy(html / "404.html", tmp_path)
        page = browser.new_page()
        page.goto(f"{host}/{folder}no/such/page.html")
        links = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
        assert {f"{host}/{folder}index.html", f"{host}/{folder}search.html"} <= set(links)
        assert not [link for link in links if "example.org" in link]
        sheets = page.eval_on_selector_all(
            'link[rel="stylesheet"]', "links => links.map(link => link.sheet.cssRules.length)"
        )
        assert sheets and all(sheets)
        page.close()


def test_addresses_at_the_root_of_a_host() -> None:
    config = SimpleNamespace(html_baseurl="https://ada.github.io/")
    set_addresses(None, config)  # type: ignore[arg-type]
    assert urljoin(config.html_baseurl, "_static/social.png") == config.ogp_image


def test_a_sitemap_escapes() -> None:
    assert "<loc>https://a.org/x&amp;y.html</loc>" in sitemap("https://a.org/", ["x&y"])
