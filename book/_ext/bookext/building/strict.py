"""Makes a build that failed on warnings fail again until they are gone, and fail early."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from .stop import stop


def forget_failure(app: Sphinx, exception: Exception | None) -> None:
    """Have every page read again after a failure.

    Sphinx warns of a page only when it reads it, so a second build would pass in silence.
    """
    if app.keep_going and app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def check_contents(app: Sphinx, env: Any, *_: set[str]) -> list[str]:
    """Stop before chapters run where the table of contents names pages that are not there."""
    named = getattr(app.config, "external_site_map", {})
    if missing := sorted(set(named) - env.found_docs):
        stop("_toc.yml names pages that are not there, or are excluded.", missing)
    return []


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("env-get-outdated", check_contents, priority=100)
    app.connect("build-finished", forget_failure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
