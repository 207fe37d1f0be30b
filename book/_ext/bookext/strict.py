"""Makes a build that failed on warnings fail again until they are gone."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx


def forget_failure(app: Sphinx, exception: Exception | None) -> None:
    """Have every page read again after a failure.

    Sphinx warns of a page only when it reads it, so a second build would pass in silence.
    """
    if app.keep_going and app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("build-finished", forget_failure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
