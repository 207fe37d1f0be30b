"""Takes the address of the repository from the environment in GitHub Actions."""

import os
from collections.abc import Mapping
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)

PLACEHOLDER = "OWNER"  # in _config.yml, and in pages that are plain Markdown


def pages_address(server: str, repository: str) -> str | None:
    """Address of the site that GitHub Pages serves for `owner/name`, None on other servers."""
    if server.rstrip("/") != "https://github.com":
        return None
    owner, name = repository.split("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def set_address(config: Config, environment: Mapping[str, str]) -> None:
    """Replace the repository and the site's address where the environment knows better."""
    server, repository = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    if server and repository:
        config.html_theme_options["repository_url"] = f"{server.rstrip('/')}/{repository}"
        config.html_baseurl = pages_address(server, repository) or config.html_baseurl
        config.book_commit = environment.get("GITHUB_SHA", "")


def requirement(config: Config) -> str:
    """What pip installs the package from: the commit that is built, where that is known."""
    address = config.html_theme_options.get("repository_url", "")
    commit = f"@{config.book_commit}" if config.book_commit else ""
    return f"{config.book_package} @ git+{address}{commit}"


def write_address(source: list[str], environment: Mapping[str, str]) -> None:
    """Put the repository where a page written in plain Markdown can only say where it stands."""
    if repository := environment.get("GITHUB_REPOSITORY"):
        source[0] = source[0].replace(f"{PLACEHOLDER}/batch-normalization-measured", repository)


def use_address(app: Sphinx, config: Config) -> None:
    """Set the addresses, and say so where they are still those of nobody."""
    set_address(config, os.environ)
    if PLACEHOLDER in config.html_baseurl:
        logger.info(
            "Addresses in this build hold %s: _config.yml does not say yet where the book is "
            "published. GitHub Actions knows by itself.", PLACEHOLDER,
        )  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_config_value("book_commit", "", "", str)
    app.connect("config-inited", use_address, priority=100)
    app.connect("source-read", lambda _, __, source: write_address(source, os.environ))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
