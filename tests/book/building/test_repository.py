"""Addresses of the book, which its surroundings know."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from book._ext.bookext.building import repository as extension
from book._ext.bookext.building.repository import set_address, write_address


@pytest.mark.parametrize(
    ("repository", "site"),
    [
        ("Ada/bn-book", "https://ada.github.io/bn-book/"),
        ("Ada/ada.github.io", "https://ada.github.io/"),
    ],
)
def test_address_comes_from_the_environment(repository: str, site: str) -> None:
    config = SimpleNamespace(html_theme_options={"repository_url": "x"}, html_baseurl="y")
    set_address(config, {})  # type: ignore[arg-type]
    assert (config.html_theme_options["repository_url"], config.html_baseurl) == ("x", "y")
    variables = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": repository}
    set_address(config, variables)  # type: ignore[arg-type]
    assert config.html_theme_options["repository_url"] == f"https://github.com/{repository}"
    assert config.html_baseurl == site
    badge = ["x https://example.org/OWNER/batch-normalization-measured/blob y"]
    write_address(badge, {})
    assert "/OWNER/" in badge[0]
    write_address(badge, variables)
    assert badge == [f"x https://example.org/{repository}/blob y"]


@pytest.mark.parametrize("owner", ["OWNER", "ada"])
def test_a_placeholder_in_addresses_is_said_once(
    monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        extension, "logger", SimpleNamespace(info=lambda text, *_: said.append(text))
    )
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    extension.use_address(None, SimpleNamespace(html_baseurl=f"https://{owner}.github.io/b/"))  # type: ignore[arg-type]
    assert len(said) == (owner == "OWNER")
